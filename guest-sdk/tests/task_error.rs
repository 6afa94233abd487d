//! Which failures are tried again, whatever they are wrapped in.

use std::{error::Error, fmt, fs, io, time::Duration};

use horarium_sdk::{
    TaskError,
    anyhow::{self, Context as _, anyhow},
};

const DELAY: Duration = Duration::from_secs(90);

/// A library's error that has another one as its source.
#[derive(Debug)]
struct Wrapper(TaskError);

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl Error for Wrapper {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn chain(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

#[test]
fn causes_are_texts_or_errors() {
    let io = || io::Error::other("no disk");
    assert_eq!(TaskError::retry("a text").to_string(), "a text");
    assert_eq!(TaskError::permanent(format!("{} texts", 2)).to_string(), "2 texts");
    assert_eq!(TaskError::retry_after(DELAY, io()).to_string(), "no disk");
    let missing = fs::read("no/such/file").map_err(TaskError::permanent);
    assert!(matches!(missing, Err(TaskError::Permanent(_))));
}

#[test]
fn the_whole_chain_is_kept_and_said_once() {
    let inner = anyhow!("no disk").context("write");
    let error = TaskError::permanent(inner);
    assert_eq!(error.to_string(), "write");
    assert_eq!(chain(error), "write: no disk");
}

#[test]
fn an_error_without_a_decision_is_tried_again() {
    assert!(matches!(anyhow!("whatever").into(), TaskError::Retry(_)));
}

#[test]
fn question_mark_keeps_the_decision_and_the_context() {
    fn inner() -> Result<(), TaskError> {
        Err(TaskError::retry_after(DELAY, "busy"))
    }
    fn outer() -> Result<(), TaskError> {
        inner().context("ask the server").context("rebuild")?;
        Ok(())
    }
    let error = outer().unwrap_err();
    assert!(matches!(error, TaskError::RetryAfter(DELAY, _)));
    assert_eq!(chain(error), "rebuild: ask the server: busy");
}

#[test]
fn a_decision_is_found_in_any_wrapping() {
    let as_source = anyhow::Error::new(Wrapper(TaskError::permanent("gone"))).context("rebuild");
    assert_eq!(chain(as_source.context("again")), "again: rebuild: wrapped: gone");
    let as_source = anyhow::Error::new(Wrapper(TaskError::permanent("gone")));
    assert!(matches!(as_source.into(), TaskError::Permanent(_)));

    let as_context = anyhow!("no disk").context(TaskError::permanent("give up"));
    assert!(matches!(as_context.into(), TaskError::Permanent(_)));
}

#[test]
fn the_outermost_decision_counts() {
    let error =
        anyhow::Error::new(TaskError::retry("inner")).context(TaskError::permanent("outer"));
    assert!(matches!(error.into(), TaskError::Permanent(_)));
}
