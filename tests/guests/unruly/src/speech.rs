//! Too much to say, and nothing good.

use std::io::{self, Write};

use horarium_sdk::prelude::*;

/// What to pour out.
#[args]
struct Flood {
    bytes: usize,
    /// Whether it is a single line that never ends, instead of lines of 80 bytes.
    #[serde(default)]
    one_line: bool,
    #[serde(default)]
    to: Stream,
}

/// Where to.
#[args]
#[derive(Default)]
#[serde(rename_all = "snake_case")]
enum Stream {
    #[default]
    Stdout,
    Stderr,
}

/// Writes much to a standard stream.
#[task]
fn flood(flood: Flood) -> Result<(), TaskError> {
    let mut stream: Box<dyn Write> = match flood.to {
        Stream::Stdout => Box::new(io::stdout().lock()),
        Stream::Stderr => Box::new(io::stderr().lock()),
    };
    let end = if flood.one_line { "x" } else { "\n" };
    // Built once, so that neither the guest's fuel nor its memory ends the flood.
    let lines = ("x".repeat(79) + end).repeat(200);
    let mut left = flood.bytes;
    while left > 0 {
        let now = left.min(lines.len());
        stream.write_all(&lines.as_bytes()[..now]).context("the stream is closed")?;
        left -= now;
    }
    stream.flush().context("the stream is closed")?;
    Ok(())
}

/// Texts that look like something else where they are printed as they are.
const FORGERIES: [&str; 8] = [
    // A colour, a cleared screen, a window title, and the clipboard.
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    // A line that overwrites itself, and one that pretends to be two.
    "failed\rsucceeded",
    "one\r\n2026-01-01T00:00:00Z ERROR two",
    // Text that is shown in another order, and a control character of Latin-1.
    "\u{202e}gnp.exe\u{202c} \u{2066}isolated\u{2069}",
    "\u{9b}31m nul \0 bell \x07 zero\u{200b}width",
];

/// Says forgeries wherever it can, and fails with them.
#[task]
fn escape() -> Result<(), TaskError> {
    for forgery in FORGERIES {
        println!("{forgery}");
        eprintln!("{forgery}");
        log::info!(target: forgery, "{forgery}");
        progress::note(forgery);
    }
    Err(TaskError::permanent(FORGERIES.join(" ")))
}

/// How much to log.
#[args]
struct Entries {
    entries: u64,
    /// How long each message is, at least.
    #[serde(default)]
    bytes: usize,
}

/// Logs many entries.
#[task]
fn log_many(Entries { entries, bytes }: Entries) {
    for entry in 0..entries {
        log::info!("{entry:0bytes$}");
    }
}
