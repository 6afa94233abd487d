//! Standard output and error: lines of the attempt's log.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use horarium_core::{
    log::{Level, Source},
    text,
};
use tokio::io::AsyncWrite;
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView},
    p2::{
        OutputStream, Pollable, StreamResult,
        bindings::cli::{stderr, stdout, terminal_output, terminal_stderr, terminal_stdout},
    },
};

use crate::{
    capture::{Entry, LINE},
    state::{SharedCapture, State},
};

/// Bytes that a guest may write at once.
const PERMIT: usize = 64 << 10;

/// Bytes of a line that are kept: a little less than a log line holds, so that
/// the note about the rest fits.
const KEPT: usize = LINE - 64;

/// Bytes of a last line that make it into a failure's message.
const LAST: usize = 1 << 10;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, stdout: &Lines, stderr: &Lines) {
    builder.stdout(stdout.clone()).stderr(stderr.clone());
}

/// A stream that is cut into lines.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Mutex<Buffer>>);

struct Buffer {
    capture: SharedCapture,
    source: Source,
    level: Level,
    line: Vec<u8>,
    /// The last line that had anything on it.
    last: Option<String>,
    /// Bytes of the current line that were not kept.
    beyond: usize,
}

/// Standard output and standard error for one attempt.
pub(crate) fn lines(capture: &SharedCapture) -> (Lines, Lines) {
    let stream = |source, level| {
        let capture = capture.clone();
        let (line, last) = (Vec::new(), None);
        Lines(Arc::new(Mutex::new(Buffer { capture, source, level, line, last, beyond: 0 })))
    };
    (stream(Source::Stdout, Level::Info), stream(Source::Stderr, Level::Warn))
}

impl Lines {
    /// Forgets what was said so far.
    pub(crate) fn renew(&self) {
        self.with(|buffer| {
            buffer.line.clear();
            buffer.beyond = 0;
            buffer.last = None;
        });
    }

    /// Ends a last line that has no line break.
    pub(crate) fn finish(&self) {
        self.with(|buffer| {
            if !buffer.line.is_empty() {
                buffer.end_line();
            }
        });
    }

    /// The beginning of the last line that says anything: programs end with the
    /// reason for their failure. It has no secrets any more.
    pub(crate) fn last(&self) -> Option<String> {
        self.with(|buffer| {
            // Before it is cut: half a secret is not found.
            let last = buffer.capture.redactor().redact(buffer.last.as_ref()?);
            Some(text::shown(last.trim(), LAST))
        })
    }

    fn write(&self, bytes: &[u8]) {
        self.with(|buffer| buffer.write(bytes));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Buffer) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Buffer {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (piece, ends) = match piece.strip_suffix(b"\n") {
                Some(piece) => (piece, true),
                None => (piece, false),
            };
            // Beyond what is kept, as much as it takes to know a secret that is cut.
            let most = KEPT + self.capture.redactor().margin();
            let room = most.saturating_sub(self.line.len()).min(piece.len());
            self.line.extend_from_slice(&piece[..room]);
            self.beyond += piece.len() - room;
            if ends {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let mut message = String::from_utf8_lossy(&line).into_owned();
        // A Windows line end is a line end.
        if message.ends_with('\r') {
            message.pop();
        }
        let beyond = std::mem::take(&mut self.beyond);
        let length = line.len() + beyond;
        if length > KEPT {
            // Before it is cut: half a secret is not found.
            let redactor = self.capture.redactor();
            let whole = match beyond {
                0 => redactor.redact(&message),
                _ => redactor.redact_cut(&message),
            };
            let mut kept = text::beginning(&whole, KEPT).to_owned();
            if beyond > 0 || kept.len() < whole.len() {
                kept.push_str(&format!(" … {} bytes more", length - KEPT));
            }
            message = kept;
        }
        // `Entry` splits at line breaks, and here there are none any more.
        let entry = Entry {
            level: self.level,
            source: self.source,
            target: "",
            message: &message,
            place: None,
        };
        self.capture.entry(&entry);
        if !message.trim().is_empty() {
            self.last = Some(message);
        }
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        Lines::write(self, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Lines {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Lines::write(&self, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
