//! `cargo xtask browser`: the page in a real browser.
//!
//! Chromium is the machine's own; Playwright drives it. Where one of them can't be had, that
//! is said, and nothing is tested.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{guests, python, steps};

const TEST: python::Test = python::Test {
    name: "browser",
    script: "tests/browser/page.py",
    needs: "tests/browser/requirements.txt",
};

/// What Chromium is called.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Runs the test; takes the README's pictures where they are wanted.
pub(crate) fn run(root: &Path, pictures: bool) -> Result<()> {
    let Some(chromium) = BROWSERS.into_iter().find_map(in_path) else {
        skipped("there is no Chromium here (apt-get install chromium)");
        return Ok(());
    };
    let Some(mut test) = TEST.command(root)? else {
        skipped("Playwright can not be installed here (python3, python3-venv and PyPI)");
        return Ok(());
    };
    guests::run(root, &["unruly".to_owned()])?;
    steps::cargo(root, &["build", "--workspace", "--bin", "horarium"])?;
    test.args(["--host", "target/debug/horarium"]);
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
