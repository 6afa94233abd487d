//! `cargo xtask demo`: the examples, running, for somebody who sees Horarium for
//! the first time.

use std::{fs, io, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{guests, steps};

const CONFIG: &str = "examples/horarium.toml";

/// Where that keeps its history.
const DATA: &str = "../horarium-demo";

/// The manual example: the demo is who asks for it.
const MANUAL: &str = "checksum";

/// Builds everything, runs the host until Ctrl-C or for `length`, and shows the
/// history.
pub(crate) fn run(root: &Path, length: Option<&str>) -> Result<()> {
    guests::run(root, &[])?;
    steps::cargo(root, &["build", "--package", "horarium"])?;
    let horarium = root.join("target/debug/horarium");
    forget(&root.join(DATA))?;

    // Ctrl-C is for the host; the demo goes on and shows what there is to see.
    ctrlc::set_handler(|| {}).context("cannot listen for Ctrl-C")?;
    say(&format!(
        "the host runs {CONFIG}{}",
        length.map_or_else(|| "; Ctrl-C ends it".to_owned(), |length| format!(" for {length}"))
    ));
    let mut serve = Command::new(&horarium);
    serve.current_dir(root).args(["--config", CONFIG, "serve", "--trigger", MANUAL]);
    if let Some(length) = length {
        serve.args(["--for", length]);
    }
    steps::succeed(&mut serve)?;

    say("the history; `horarium runs RUN` and `horarium logs RUN` tell more");
    steps::succeed(
        Command::new(&horarium)
            .current_dir(root)
            .args(["--config", CONFIG, "runs", "--limit", "1000"]),
    )?;
    check(root, &horarium)
}

/// Every demo starts with an empty history; the compiled plugins are kept.
fn forget(data: &Path) -> Result<()> {
    for name in ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"] {
        let file = data.join(name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A demo in which nothing ran has failed, whatever its exit status.
fn check(root: &Path, horarium: &Path) -> Result<()> {
    let output = Command::new(horarium)
        .current_dir(root)
        .args(["--config", CONFIG, "runs", "--state", "succeeded", "--json"])
        .output()
        .context("cannot run the host")?;
    if output.stdout.trim_ascii() == b"[]" {
        bail!("no run succeeded");
    }
    Ok(())
}

fn say(text: &str) {
    eprintln!("\ndemo: {text}\n");
}
