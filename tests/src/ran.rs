//! A process of the host that has ended.

use std::{fmt, process::Output};

use serde_json::Value;

/// What a process of the host has left behind.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What was run, for messages.
    pub what: String,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Ran {
    /// What is left of a process that was started in another way than by a workspace.
    ///
    /// # Panics
    /// Where the host panicked.
    #[must_use]
    pub fn new(what: String, output: &Output) -> Self {
        let ran = Self {
            what,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        ran.without_panic()
    }

    /// Whatever happens: a host never panics.
    fn without_panic(self) -> Self {
        assert!(!panicked(&self.stderr) && self.code != Some(101), "the host panicked: {self}");
        self
    }

    /// It ended with 0.
    #[track_caller]
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// It ended with 1.
    #[track_caller]
    #[must_use]
    pub fn failed(self) -> Self {
        assert_eq!(self.code, Some(1), "{self}");
        self
    }

    /// It did not like its command line: it ended with 2.
    #[track_caller]
    #[must_use]
    pub fn misused(self) -> Self {
        assert_eq!(self.code, Some(2), "{self}");
        self
    }

    /// Standard error has all of these, wherever its lines are broken.
    #[track_caller]
    #[must_use]
    pub fn says(self, texts: &[&str]) -> Self {
        let said = unwrapped(&self.stderr);
        for text in texts {
            assert!(said.contains(&unwrapped(text)), "it does not say {text:?}: {self}");
        }
        self
    }

    /// Standard output, one JSON document.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        self.stdout
            .parse()
            .unwrap_or_else(|reason| panic!("standard output is not JSON: {reason}: {self}"))
    }

    /// Standard output, one JSON document a line.
    #[track_caller]
    #[must_use]
    pub fn json_lines(&self) -> Vec<Value> {
        json_lines(&self.stdout)
    }
}

#[track_caller]
fn json_lines(text: &str) -> Vec<Value> {
    let line = |line: &str| line.parse().unwrap_or_else(|_| panic!("not JSON: {line:?}"));
    text.lines().map(line).collect()
}

/// One line with single blanks. Reports for people are broken into lines with a
/// bar in front.
fn unwrapped(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().filter(|word| *word != "│").collect();
    words.join(" ")
}

/// Whether this standard error has a panic of the host. A guest's words have a
/// time or a brace in front of them.
pub(crate) fn panicked(stderr: &str) -> bool {
    stderr.lines().any(|line| {
        let panic = line.starts_with("thread '") && line.contains("panicked at");
        panic
            || line.starts_with("note: run with `RUST_BACKTRACE")
            || line.starts_with("stack backtrace")
    })
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, code, stdout, stderr } = self;
        write!(f, "{what} ended with {code:?}\n── stdout\n{stdout}\n── stderr\n{stderr}")
    }
}
