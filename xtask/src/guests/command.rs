//! Runs other programs: bounded in time and in output, with errors that name
//! the command, its exit status and the last words on its stderr.

use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::capture::{Capture, Keep};

/// More than any command here prints; reaching it means that one runs wild.
const STDOUT_BYTES: usize = 64 << 20;
/// Kept from the end of stderr, where the reason for a failure stands.
const STDERR_BYTES: usize = 16 << 10;
const STDERR_LINES: usize = 12;
const COMMAND_CHARS: usize = 200;
const POLL: Duration = Duration::from_millis(5);

/// Runs `command` quietly and returns its stdout.
///
/// # Errors
/// If it cannot be started, fails, or takes longer than `limit`.
pub(super) fn run(command: &mut Command, limit: Duration) -> Result<String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(quiet(command), Some(limit))
}

/// Runs `command` quietly with its stdout going to `file`.
///
/// # Errors
/// If it cannot be started, fails, or takes longer than `limit`.
pub(super) fn run_into(command: &mut Command, file: File, limit: Duration) -> Result<()> {
    command.stdout(file).stderr(Stdio::piped());
    finish(quiet(command), Some(limit)).map(drop)
}

/// Runs `command` with its stderr shown as it comes; returns its stdout.
///
/// # Errors
/// If it cannot be started or fails.
pub(super) fn run_shown(command: &mut Command) -> Result<String> {
    command.stdout(Stdio::piped()).stderr(Stdio::inherit());
    finish(command, None)
}

/// A backtrace of a program that is not ours would push its reason for failing
/// out of the lines that are kept.
fn quiet(command: &mut Command) -> &mut Command {
    command.env("RUST_BACKTRACE", "0")
}

fn finish(command: &mut Command, limit: Option<Duration>) -> Result<String> {
    // Output is parsed, so it must not depend on the machine's language.
    command.env("LC_ALL", "C").stdin(Stdio::null());
    let shown = describe(command);
    let mut child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    let stdout = Capture::start(child.stdout.take(), Keep::Start(STDOUT_BYTES));
    let stderr = Capture::start(child.stderr.take(), Keep::End(STDERR_BYTES));

    let Some(status) = wait(&mut child, limit)? else {
        // What the child started may hold the pipes open: no join here.
        let last = last_lines(&stderr.so_far());
        bail!("`{shown}` was stopped after {} s{last}", limit.unwrap_or_default().as_secs());
    };
    let (output, last) = (stdout.whole(), last_lines(&stderr.whole()));
    if !status.success() {
        bail!("`{shown}` failed with {status}{last}");
    }
    if output.len() >= STDOUT_BYTES {
        bail!("`{shown}` printed more than {STDOUT_BYTES} bytes");
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// The exit status, or none if the child had to be killed at the limit.
fn wait(child: &mut Child, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
    let Some(limit) = limit else {
        return Ok(Some(child.wait()?));
    };
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

fn describe(command: &Command) -> String {
    let mut shown = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        shown.push(' ');
        shown.push_str(&argument.to_string_lossy());
    }
    if shown.chars().count() > COMMAND_CHARS {
        shown = shown.chars().take(COMMAND_CHARS).chain(['…']).collect();
    }
    shown
}

/// The end of a message: nothing, or a colon and the last lines of stderr.
fn last_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(STDERR_LINES)..];
    if last.is_empty() { String::new() } else { format!(":\n{}", last.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn stdout_is_returned_and_the_language_is_fixed() {
        let printed = run(&mut shell("echo $LC_ALL"), Duration::from_secs(10)).unwrap();
        assert_eq!(printed, "C\n");
    }

    #[test]
    fn a_failure_names_command_status_and_last_words() {
        let failed = run(&mut shell("echo no such mirror >&2; exit 7"), Duration::from_secs(10));
        let message = failed.unwrap_err().to_string();
        assert!(message.contains("`sh -c echo no such mirror"), "{message}");
        assert!(message.contains("exit status: 7:\nno such mirror"), "{message}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let failed = run(&mut Command::new("no-such-program"), Duration::from_secs(10));
        assert_eq!(failed.unwrap_err().to_string(), "cannot run `no-such-program`");
    }

    #[test]
    fn a_command_past_its_limit_is_stopped() {
        let failed = run(&mut shell("echo stuck >&2; exec sleep 600"), Duration::from_millis(200));
        let message = failed.unwrap_err().to_string();
        assert!(message.contains("was stopped after 0 s"), "{message}");
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let many: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let last = last_lines(many.as_bytes());
        assert!(last.starts_with(":\nline 88\n") && last.ends_with("line 99"), "{last}");
    }
}
