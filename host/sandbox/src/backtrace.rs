//! Where a guest was when it trapped.

use wasmtime::{Error, WasmBacktrace};

use horarium_core::text;

/// Frames that are kept.
const FRAMES: usize = 32;

/// The longest name of a function, in bytes.
const NAME: usize = 256;

/// Frames of the machinery that every panic passes through, above the line that
/// panicked: they tell nobody anything.
const MACHINERY: [&str; 8] = [
    "std::panicking",
    "core::panicking",
    "std::sys::",
    "rust_panic",
    "__rust",
    "abort",
    "std::process::abort",
    "panic_abort",
];

/// The guest's frames, innermost first, demangled.
pub(crate) fn of(error: &Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let names = backtrace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => {
            let name = format!("{:#}", rustc_demangle::demangle(name));
            text::escape(text::beginning(&name, NAME))
        }
        None => format!("function {}", frame.func_index()),
    });
    names.skip_while(|name| is_machinery(name)).take(FRAMES).collect()
}

fn is_machinery(name: &str) -> bool {
    MACHINERY.iter().any(|machinery| name.starts_with(machinery))
}
