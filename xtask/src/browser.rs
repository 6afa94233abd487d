//! `cargo xtask browser`: the page in a real browser.
//!
//! Chromium is the machine's own; Playwright drives it, in a Python environment below
//! `target`. Where one of them can't be had, that is said, and nothing is tested.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{guests, steps};

/// The test, and what it needs.
const TEST: &str = "tests/browser/page.py";
const NEEDS: &str = "tests/browser/requirements.txt";

/// What Chromium is called.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Runs the test; takes the README's pictures where they are wanted.
pub(crate) fn run(root: &Path, pictures: bool) -> Result<()> {
    let Some(chromium) = BROWSERS.into_iter().find_map(in_path) else {
        skipped("there is no Chromium here (apt-get install chromium)");
        return Ok(());
    };
    let Some(python) = environment(root)? else { return Ok(()) };
    guests::run(root, &["unruly".to_owned()])?;
    steps::cargo(root, &["build", "--workspace", "--bin", "horarium"])?;
    let mut test = Command::new(python);
    test.current_dir(root).arg(TEST).args(["--host", "target/debug/horarium"]);
    test.args(["--plugins", "target/plugins/tests"]).arg("--chromium").arg(chromium);
    if pictures {
        test.args(["--pictures", "docs"]);
    }
    steps::succeed(&mut test)
}

fn skipped(why: &str) {
    println!("skipped: the page in a browser, since {why}");
}

/// A program's file.
fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// A Python that has what the test needs; none where it can't be had.
fn environment(root: &Path) -> Result<Option<PathBuf>> {
    let place = root.join("target/browser");
    let (python, stamp) = (place.join("bin/python"), place.join("installed.txt"));
    let needs = fs::read_to_string(root.join(NEEDS)).context("cannot read what it needs")?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == needs) {
        return Ok(Some(python));
    }
    println!("browser: making a Python environment in {}", place.display());
    let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&place));
    let installed = made
        && succeeds(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .arg("--requirement")
                .arg(root.join(NEEDS)),
        );
    if !installed {
        skipped("Playwright can not be installed here (python3, python3-venv and PyPI)");
        return Ok(None);
    }
    fs::write(&stamp, needs).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(Some(python))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
