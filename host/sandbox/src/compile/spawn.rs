//! The parent's side: starts a child, gives it the plugin, and takes its answer.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use wasmtime::Engine;

use super::{
    ChildCompiler, CompileLimits,
    wire::{self, LINE, Order, Reply},
};
use crate::{engine::Metering, error::LoadError, load};

/// The most code that a plugin may become, in bytes: four times the longest plugin
/// file.
const LARGEST: u64 = 256 << 20;

/// How much longer than its computing time a child may take on a busy machine.
const STRETCH: u32 = 10;

/// Compiles in a child of its own.
pub(super) async fn compile(
    compiler: &ChildCompiler,
    engine: &Engine,
    metering: Metering,
    wasm: &[u8],
) -> Result<Vec<u8>, LoadError> {
    let limits = compiler.limits;
    let order = Order {
        metering,
        engine: wire::fingerprint(engine),
        seconds: seconds(limits.timeout),
        memory: limits.memory,
        length: u64::try_from(wasm.len()).unwrap_or(u64::MAX),
    };
    let mut child = start(compiler).map_err(|reason| {
        let program = compiler.program.display();
        LoadError::Compiler(format!("can't be started from {program}: {reason}"))
    })?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(LoadError::Compiler("has no standard streams".to_owned()));
    };
    let work = async {
        // Held open to the end: the child ends when it is closed. And where the
        // child does not listen, it has its reasons, and tells them.
        let _ = send(&mut stdin, &order, wasm).await;
        match answer(stdout).await {
            Ok(answer) => answer.into_code(&limits),
            Err(reason) => Err(no_answer(&mut child, &limits, reason).await),
        }
    };
    let deadline = limits.timeout.saturating_mul(STRETCH);
    tokio::time::timeout(deadline, work).await.unwrap_or(Err(LoadError::CompileStalled))
}

/// A child with nothing of the host's: no environment, no files, no terminal. It is
/// killed when it is dropped.
fn start(compiler: &ChildCompiler) -> io::Result<Child> {
    Command::new(&compiler.program)
        .args(&compiler.args)
        .env_clear()
        .envs(compiler.env.iter().map(|(name, value)| (name, value)))
        // A terminal's Ctrl-C is for the host, which says what is to end.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn send(stdin: &mut ChildStdin, order: &Order, wasm: &[u8]) -> io::Result<()> {
    stdin.write_all(&wire::line(order)?).await?;
    stdin.write_all(wasm).await?;
    stdin.flush().await
}

/// What a child has said, whole.
enum Answer {
    Code(Vec<u8>),
    TooMuchCode(u64),
    Other(Reply),
}

async fn answer(stdout: ChildStdout) -> io::Result<Answer> {
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    let longest = u64::try_from(LINE).unwrap_or(u64::MAX);
    (&mut stdout).take(longest).read_until(b'\n', &mut line).await?;
    match wire::parse(&line)? {
        Reply::Compiled { length } if length > LARGEST => Ok(Answer::TooMuchCode(length)),
        Reply::Compiled { length } => read_exactly(stdout, length).await.map(Answer::Code),
        other => Ok(Answer::Other(other)),
    }
}

async fn read_exactly(mut from: impl AsyncRead + Unpin, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    (&mut from).take(length).read_to_end(&mut bytes).await?;
    match u64::try_from(bytes.len()) == Ok(length) {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Answer {
    fn into_code(self, limits: &CompileLimits) -> Result<Vec<u8>, LoadError> {
        let reply = match self {
            Self::Code(code) => return Ok(code),
            Self::TooMuchCode(length) => {
                return Err(LoadError::TooMuchCode { length, limit: LARGEST });
            }
            Self::Other(reply) => reply,
        };
        // The child has read the plugin: its words are the plugin's.
        Err(match reply {
            Reply::Invalid { reason } => LoadError::Invalid(load::shown_text(&reason)),
            Reply::CoreModule { reason } => LoadError::CoreModule(load::shown_text(&reason)),
            Reply::Excessive { reason } => LoadError::Excessive(load::shown_text(&reason)),
            Reply::OutOfMemory => too_large(limits),
            Reply::OtherEngine => LoadError::OtherCompiler,
            Reply::Panicked { reason } => LoadError::CompilerPanicked(load::shown_text(&reason)),
            Reply::Unable { reason } => {
                LoadError::Compiler(format!("can't work: {}", load::shown_text(&reason)))
            }
            Reply::Compiled { .. } => LoadError::Compiler("contradicts itself".to_owned()),
        })
    }
}

/// Why a child has not said anything that makes sense.
async fn no_answer(child: &mut Child, limits: &CompileLimits, heard: io::Error) -> LoadError {
    if heard.kind() != io::ErrorKind::UnexpectedEof {
        return LoadError::Compiler(format!("made no sense: {heard}"));
    }
    match child.wait().await {
        Ok(status) => ended(status, limits),
        Err(reason) => LoadError::Compiler(format!("is lost: {reason}")),
    }
}

fn ended(status: ExitStatus, limits: &CompileLimits) -> LoadError {
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => too_slow(limits),
        // How a Rust program ends that gets no memory, or has no stack left.
        Some(signal) if signal == Signal::ABORT.as_raw() => crashed("SIGABRT", limits),
        Some(signal) if signal == Signal::SEGV.as_raw() => crashed("SIGSEGV", limits),
        Some(signal) => LoadError::Compiler(format!("was ended by signal {signal}")),
        None => LoadError::Compiler(format!("ended without an answer, with {status}")),
    }
}

fn too_slow(limits: &CompileLimits) -> LoadError {
    LoadError::CompileTime { limit: limits.timeout }
}

fn crashed(signal: &'static str, limits: &CompileLimits) -> LoadError {
    LoadError::CompileCrash { signal, memory: limits.memory }
}

fn too_large(limits: &CompileLimits) -> LoadError {
    LoadError::CompileMemory { limit: limits.memory }
}

/// As the kernel counts computing time: in whole seconds, at least one.
fn seconds(timeout: Duration) -> u64 {
    timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0)).max(1)
}
