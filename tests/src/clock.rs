//! A wall clock that jumps, while the monotonic one does not.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, SystemTime},
};

use crate::Workspace;

/// What a host sees on the wall. All others keep the real time.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
    aside: PathBuf,
}

impl Clock {
    /// A clock for hosts of this workspace; none where libfaketime is missing, which is
    /// then said.
    #[must_use]
    pub fn new(workspace: &Workspace) -> Option<Self> {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let library = folders
            .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
            .find(|library| library.is_file());
        let Some(library) = library else {
            eprintln!("skipped: no clock to set without libfaketime (apt-get install faketime)");
            return None;
        };
        let (file, aside) = (workspace.path("clock"), workspace.path("clock-aside"));
        let clock = Self { library, file, aside };
        Some(clock)
    }

    /// Sets it to so many seconds after 1970, from where it goes on.
    ///
    /// # Panics
    /// Where the real time is not to be believed.
    pub fn set(&self, second: i64) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.ok().as_ref().map(Duration::as_secs).and_then(|now| i64::try_from(now).ok());
        let ahead = second - now.expect("it is after 1970");
        fs::write(&self.aside, format!("{ahead:+}\n")).expect("the folder is ours");
        // In one step: the host reads it whenever it looks at the clock.
        fs::rename(&self.aside, &self.file).expect("the folder is ours");
    }

    pub(crate) fn hang_up(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }
}
