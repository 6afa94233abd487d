//! Python, for tests that are driven by what others have made: an environment for each,
//! below `target`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

/// What several of these tests share.
const SHARED: &str = "tests/python";

/// A test in Python.
pub(crate) struct Test {
    /// Its environment's folder below `target`.
    pub(crate) name: &'static str,
    /// The script.
    pub(crate) script: &'static str,
    /// What it needs of the Python Package Index, pinned.
    pub(crate) needs: &'static str,
}

impl Test {
    /// The test, ready to be given its words; none where what it needs can't be had here.
    pub(crate) fn command(&self, root: &Path) -> Result<Option<Command>> {
        let Some(python) = self.environment(root)? else { return Ok(None) };
        let mut test = Command::new(python);
        test.current_dir(root).arg(self.script).env("PYTHONPATH", root.join(SHARED));
        // It has no use for compiled files beside the scripts.
        test.env("PYTHONDONTWRITEBYTECODE", "1");
        Ok(Some(test))
    }

    /// A Python that has what the test needs.
    fn environment(&self, root: &Path) -> Result<Option<PathBuf>> {
        let place = root.join("target").join(self.name);
        let (python, stamp) = (place.join("bin/python"), place.join("installed.txt"));
        let needs = fs::read_to_string(root.join(self.needs))
            .with_context(|| format!("cannot read {}", self.needs))?;
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == needs) {
            return Ok(Some(python));
        }
        println!("{}: making a Python environment in {}", self.name, place.display());
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&place));
        let installed = made
            && succeeds(
                Command::new(&python)
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                    .arg("--requirement")
                    .arg(root.join(self.needs)),
            );
        if !installed {
            return Ok(None);
        }
        fs::write(&stamp, needs).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(Some(python))
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
