//! The child's side: one plugin is compiled, and the process ends.

use std::{
    any::Any,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::fd::{FromRawFd, OwnedFd, RawFd},
    panic::{AssertUnwindSafe, catch_unwind},
    process, thread,
};

use rustix::{
    io::Errno,
    process::{
        DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setpriority_process,
        setrlimit,
    },
};
use wasmtime::OutOfMemory;

use super::{
    census,
    wire::{self, Order, Reply},
};
use crate::{adapt, engine, load};

/// A low priority, though not the lowest: where guests keep every core busy, a
/// compilation gets a tenth of one, and not next to nothing.
const NICE: i32 = 10;

/// Killed before all others where the machine runs out of memory.
const FIRST_VICTIM: &str = "1000";

/// Compiles one plugin for the process that has started this one, by what it says
/// on standard input, and answers on standard output. For the `main` of a program
/// that a [`ChildCompiler`](super::ChildCompiler) names: nothing else must have
/// been done in the process, it is restricted for good.
///
/// # Errors
/// Where nobody is there to give the order or to take the answer.
pub fn compile_for_parent() -> io::Result<()> {
    close_inherited()?;
    let mut input = BufReader::new(io::stdin());
    let order: Order = wire::read(&mut input)?;
    let mut output = io::stdout().lock();
    let code = match restrict(&order) {
        Ok(()) => obey(&order, input)?,
        Err(reason) => Err(Reply::Unable { reason: reason.to_string() }),
    };
    match code {
        Ok(code) => {
            let length = u64::try_from(code.len()).unwrap_or(u64::MAX);
            output.write_all(&wire::line(&Reply::Compiled { length })?)?;
            output.write_all(&code)?;
        }
        Err(reply) => output.write_all(&wire::line(&reply)?)?,
    }
    output.flush()
}

/// Reads the plugin and compiles it.
fn obey(
    order: &Order,
    mut input: impl BufRead + Send + 'static,
) -> io::Result<Result<Vec<u8>, Reply>> {
    let mut wasm = Vec::new();
    input.by_ref().take(order.length).read_to_end(&mut wasm)?;
    if u64::try_from(wasm.len()).ok() != Some(order.length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    die_with_parent(input)?;
    // The hook would print to nobody.
    Ok(catch_unwind(AssertUnwindSafe(|| compile(order, &wasm)))
        .unwrap_or_else(|panic| Err(Reply::Panicked { reason: said(panic.as_ref()) })))
}

fn compile(order: &Order, wasm: &[u8]) -> Result<Vec<u8>, Reply> {
    let engine = engine::compiler(order.metering)
        .map_err(|reason| Reply::Unable { reason: reason.to_string() })?;
    if wire::fingerprint(&engine) != order.engine {
        return Err(Reply::OtherEngine);
    }
    let component = adapt::component(wasm).map_err(|reason| Reply::CoreModule { reason })?;
    census::check(&component).map_err(|reason| Reply::Excessive { reason })?;
    engine.precompile_component(&component).map_err(|reason| match is_out_of_memory(&reason) {
        true => Reply::OutOfMemory,
        false => Reply::Invalid { reason: load::shown(&reason) },
    })
}

fn is_out_of_memory(reason: &wasmtime::Error) -> bool {
    reason.is::<OutOfMemory>()
        || reason.downcast_ref() == Some(&Errno::NOMEM)
        || reason
            .downcast_ref::<io::Error>()
            .is_some_and(|reason| reason.kind() == io::ErrorKind::OutOfMemory)
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    load::shown_text(text)
}

/// Limits what this process may use, before it sees a byte of the plugin.
fn restrict(order: &Order) -> io::Result<()> {
    lower(Resource::Core, 0, 0)?;
    lower(Resource::As, order.memory, order.memory)?;
    // Told by a signal of its own, and killed where that is of no use.
    lower(Resource::Cpu, order.seconds, order.seconds.saturating_add(1))?;
    setpriority_process(None, NICE)?;
    // Only root may refuse it, and then the machine is set up so.
    let _ = fs::write("/proc/self/oom_score_adj", FIRST_VICTIM);
    // Where dumps go to a program, the limit of their size is not asked.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Sets a limit, below one that is there already.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit { current: Some(soft.min(most)), maximum: Some(hard.min(most)) };
    Ok(setrlimit(resource, limit)?)
}

/// The parent holds the other end for as long as it is interested, and nobody else
/// does. The kernel's own signal for that would come when the parent's thread
/// ends, not the parent.
fn die_with_parent(mut input: impl Read + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("parent".to_owned())
        .stack_size(64 << 10)
        .spawn(move || {
            // Whatever comes, more input or an error, is not for this process.
            let _ = input.read(&mut [0]);
            process::exit(1);
        })
        .map(drop)
}

/// Closes everything but the three standard streams: files that the host itself
/// was started with, and that are nobody's business here.
fn close_inherited() -> io::Result<()> {
    let listed = fs::read_dir("/proc/self/fd")?.flatten();
    let numbers = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    let strangers: Vec<_> = numbers.filter(|number| *number > 2).collect();
    for number in strangers {
        // The listing itself had one, which is closed by now.
        if fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok() {
            #[expect(unsafe_code, reason = "a descriptor that nobody here knows")]
            // SAFETY: it is open, and nothing in this process owns it: nothing has
            // been opened here yet.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
    Ok(())
}
