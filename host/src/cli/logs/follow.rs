//! `horarium logs --follow`

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use horarium_core::{
    log::{Level, LogLine},
    run::RunId,
    text::escape,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Common, show};
use crate::{client::Followed, output, sse::Told};

/// Prints what a run logs until it is over.
pub(super) async fn follow(run: RunId, level: Level, common: &Common) -> Result<ExitCode> {
    let mut host = common.host().await.context(
        "a log is followed by asking its host; without --follow it is read from the history",
    )?;
    let path = format!("/api/v1/runs/{run}/log/events?level={level}");
    let printer =
        Printer { run, json: common.json, attempt: 0, terminal: io::stdout().is_terminal() };
    printer.all(host.follow(&path).await?).await
}

/// Prints events.
struct Printer {
    run: RunId,
    json: bool,
    /// The attempt that speaks.
    attempt: u64,
    terminal: bool,
}

impl Printer {
    async fn all(mut self, mut followed: Followed) -> Result<ExitCode> {
        while let Some(told) = followed.next().await? {
            if let Some(text) = self.text(&told)? {
                output::line(&text);
            }
            match told.name.as_str() {
                "end" => return Ok(ExitCode::SUCCESS),
                "trouble" => bail!("{}", escape(told.data["detail"].as_str().unwrap_or_default())),
                _ => {}
            }
        }
        bail!("the host has ended, and run {} is not over", self.run)
    }

    /// An event as it is printed; none where it is not.
    fn text(&mut self, told: &Told) -> Result<Option<String>> {
        let Told { name, data } = told;
        if let ("attempt", Some(attempt)) = (name.as_str(), data["attempt"].as_u64()) {
            self.attempt = attempt;
        }
        if self.json {
            // A line as without `--follow`, and everything else by its name.
            let value = json!({ "run": self.run, "attempt": self.attempt, name.as_str(): data });
            return Ok(Some(value.to_string()));
        }
        Ok(match name.as_str() {
            "line" => {
                let line = LogLine::deserialize(data).context("the host logs what is no line")?;
                Some(escape(&show(&line)))
            }
            "attempt" => Some(header(data)),
            // In a file it would be in the way.
            "progress" if self.terminal => Some(progress(data)),
            _ => None,
        })
    }
}

fn header(attempt: &Value) -> String {
    let verdict = attempt["verdict"].as_str().unwrap_or("running");
    let number = &attempt["attempt"];
    match attempt["error"].as_str() {
        Some(error) => format!("── attempt {number} · {verdict}: {}", escape(error)),
        None => format!("── attempt {number} · {verdict}"),
    }
}

fn progress(progress: &Value) -> String {
    let fraction = progress["fraction"].as_f64();
    let percent = fraction.map(|fraction| format!("{:.0} % ", fraction * 100.0));
    let note = progress["note"].as_str().unwrap_or_default();
    format!("   … {}{}", percent.unwrap_or_default(), escape(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: bool, terminal: bool) -> Vec<String> {
        let mut printer = Printer { run: RunId(7), json, attempt: 0, terminal };
        let line = json!({
            "at": "2026-01-01T00:00:00Z", "level": "info", "source": "stdout", "target": "",
            "message": "a\u{1b}[31mb", "lease": 1, "line": 1,
        });
        let all = [
            ("attempt", json!({ "attempt": 2, "lease": 2 })),
            ("line", line),
            ("progress", json!({ "fraction": 0.5, "note": "half\u{7}" })),
            ("attempt", json!({ "attempt": 2, "verdict": "failed", "error": "no\nmore" })),
            ("end", json!({ "run": 7 })),
        ];
        let told = all.map(|(name, data)| Told { name: name.to_owned(), data });
        told.iter().filter_map(|told| printer.text(told).unwrap()).collect()
    }

    #[test]
    fn people_get_lines_between_the_ends_of_an_attempt() {
        let texts = texts(false, true);
        assert_eq!(texts[0], "── attempt 2 · running");
        assert!(texts[1].ends_with("info  a\\u{1b}[31mb  (stdout)"), "{texts:?}");
        assert_eq!(texts[2], "   … 50 % half\\u{7}");
        assert_eq!(texts[3], "── attempt 2 · failed: no\\nmore");
        assert_eq!(texts.len(), 4);
    }

    #[test]
    fn a_file_gets_no_progress_and_a_program_gets_it_all() {
        assert_eq!(texts(false, false).len(), 3);
        let values: Vec<Value> = texts(true, false).iter().map(|it| it.parse().unwrap()).collect();
        assert_eq!(values.len(), 5);
        assert_eq!((&values[1]["run"], &values[1]["attempt"]), (&json!(7), &json!(2)));
        assert_eq!(values[1]["line"]["message"], "a\u{1b}[31mb");
        assert_eq!(values[2]["progress"]["fraction"], 0.5);
    }
}
