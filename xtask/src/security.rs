//! `cargo xtask security`: every attack of the hostile suite, measured alone, as a
//! table, and in `SECURITY.md` on request.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{bench, guests, steps};

/// Between these two lines of `SECURITY.md` stands what is written here.
const BEGIN: &str = "<!-- attacks: written by `cargo xtask security --record` -->";
const END: &str = "<!-- /attacks -->";

/// What the attacks, and the tests' compile cache, are made of.
const GUESTS: [&str; 6] = ["noop", "unruly", "hostile", "program", "fetcher", "prober"];

/// The longest outcome in the table, in characters.
const OUTCOME: usize = 72;

/// How the measurements were asked for.
pub(crate) struct Options {
    /// Only the attacks with this in their name.
    pub(crate) name: Option<String>,
    /// Write the table to `SECURITY.md`.
    pub(crate) record: bool,
}

/// Builds what is attacked, with our own crates optimised as in a release, and
/// attacks it.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    guests::run(root, &GUESTS.map(str::to_owned))?;
    steps::succeed(bench::optimised(root).args(["build", "--package", "horarium"]))?;
    steps::succeed(bench::optimised(root).args(["build", "--package", "e2e", "--bin", "hostile"]))?;
    let mut attack = Command::new(root.join("target/debug/hostile"));
    attack.current_dir(root).args(&options.name).stdout(Stdio::piped());
    let mut child = attack.spawn().context("cannot run the attacks")?;
    let output = child.stdout.take().context("the attacks have no output")?;
    let mut rows = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        let row: Value =
            serde_json::from_str(&line).with_context(|| format!("not a measurement: {line}"))?;
        println!("{}", shown(&row));
        rows.push(row);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("not everything was contained: the attacks ended with {status}");
    }
    if options.record { record(root, &rows) } else { Ok(()) }
}

fn shown(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let mut line = format!(
        "{:20} {:>7} ms {:>5} MiB {:>7} ms  {}",
        row["name"].as_str().unwrap_or("(none)"),
        row["contained_ms"].to_string(),
        row["peak_mib"].to_string(),
        row["p99_ms"].to_string(),
        text("outcome")
    );
    for broken in row["broken"].as_array().into_iter().flatten() {
        let _ = write!(line, "\n  ✘ {broken}");
    }
    line
}

fn record(root: &Path, rows: &[Value]) -> Result<()> {
    let path = root.join("SECURITY.md");
    let page =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = replaced(&page, &table(rows)).with_context(|| format!("in {}", path.display()))?;
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// The page with this between its markers.
fn replaced(page: &str, table: &str) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("there is no {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("there is no {END}"))?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

fn table(rows: &[Value]) -> String {
    let mut table = format!("Machine: {}\n\n", bench::machine());
    table.push_str(
        "| attack | what it tries | how it ended | after | host's peak | neighbour |\n\
         | --- | --- | --- | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let name = row["name"].as_str().map_or("*(none)*".to_owned(), |name| format!("`{name}`"));
        let after = millis(&row["contained_ms"]);
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {after} | {} MiB | {} |",
            cell(row["about"].as_str().unwrap_or("nobody attacks")),
            cell(row["outcome"].as_str().unwrap_or("–")),
            row["peak_mib"],
            millis(&row["p99_ms"])
        );
    }
    table
}

/// A length of time in a table's cell.
fn millis(value: &Value) -> String {
    value.as_f64().map_or("–".to_owned(), |ms| format!("{ms} ms"))
}

/// A text in a table's cell, cut where it is long.
fn cell(text: &str) -> String {
    let mut cell: String = text.chars().take(OUTCOME).collect();
    if cell.len() < text.len() {
        cell.push('…');
    }
    // A bar would end the cell, and `<` could begin a tag.
    cell.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_lies_between_the_markers_is_replaced() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let page = replaced(&page, "new\n").unwrap();
        assert_eq!(page, format!("before\n{BEGIN}\nnew\n{END}\nafter\n"));
        assert!(replaced("no markers", "new\n").is_err());
    }

    #[test]
    fn a_row_stays_a_row() {
        let row = json!({
            "name": "bars", "about": "a|b", "outcome": "trapped: <\\n>", "contained_ms": 1.5,
            "peak_mib": 30, "p99_ms": 2
        });
        let table = table(&[row]);
        let row = table.lines().last().unwrap();
        assert_eq!(row, r"| `bars` | a\|b | trapped: &lt;\\n> | 1.5 ms | 30 MiB | 2 ms |");
    }
}
