//! Where a guest was when it trapped.

use std::fmt::{self, Write};

use horarium_core::text;
use wasmtime::{Error, WasmBacktrace};

/// Frames that are kept.
const FRAMES: usize = 32;

/// The longest name of a function, in bytes.
const NAME: usize = 256;

/// The longest name that is demangled, in bytes.
const MANGLED: usize = 1 << 10;

/// Frames of the machinery that every panic passes through, above the line that
/// panicked: they tell nobody anything.
const MACHINERY: [&str; 7] = [
    "std::panicking",
    "core::panicking",
    "std::sys::",
    "rust_panic",
    "__rust",
    "std::process::abort",
    "panic_abort",
];

/// The guest's frames, innermost first, demangled.
pub(crate) fn of(error: &Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let names = backtrace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => text::shown(&demangled(name), NAME),
        None => format!("function {}", frame.func_index()),
    });
    names.skip_while(|name| is_machinery(name)).take(FRAMES).collect()
}

/// A name as it was written. Names are a guest's: a short one can stand for a very
/// long one, and a long one can take the demangler for ever.
fn demangled(name: &str) -> String {
    if name.len() > MANGLED {
        return text::beginning(name, NAME).to_owned();
    }
    let mut short = Short(String::new());
    // An error means that there is more than is kept.
    let _ = write!(short, "{:#}", rustc_demangle::demangle(name));
    short.0
}

/// Takes the beginning of a text, and then refuses to listen.
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() > NAME { Err(fmt::Error) } else { Ok(()) }
    }
}

fn is_machinery(name: &str) -> bool {
    // The C library's, by its whole name.
    name == "abort" || MACHINERY.iter().any(|machinery| name.starts_with(machinery))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_were_written() {
        let legacy = "_ZN5guest7give_up17h0123456789abcdefE";
        assert_eq!(demangled(legacy), "guest::give_up");
        assert_eq!(demangled("_RNvCs1234_5guest7give_up"), "guest::give_up");
        assert_eq!(demangled("plain"), "plain");
    }

    #[test]
    fn a_name_that_stands_for_endless_ones_is_cut() {
        // Tuples of two of the tuple before, forty times over: 2^40 leaves.
        let mut name = "_RIC0TuuE".to_owned();
        let mut last = "_RIC0".len() - "_R".len();
        for _ in 0..40 {
            let here = name.len() - "_R".len();
            let reference = back_reference(last);
            name.push_str(&format!("T{reference}{reference}E"));
            last = here;
        }
        name.push('E');
        let shown = demangled(&name);
        assert!(shown.starts_with("::<((), ())") || shown.starts_with("<((), ())"), "{shown}");
        assert!(shown.len() < 2 * NAME, "{}", shown.len());
        let long = format!("_R{}", "Nv".repeat(100_000));
        assert_eq!(demangled(&long), long[..NAME]);
    }

    /// A reference to what stands at this place, in the mangling's base 62.
    fn back_reference(place: usize) -> String {
        const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        // 0 is written as nothing, and each other number as the one before it.
        let Some(mut rest) = place.checked_sub(1) else { return "B_".to_owned() };
        let mut digits = Vec::new();
        loop {
            digits.push(DIGITS[rest % 62]);
            rest /= 62;
            if rest == 0 {
                break;
            }
        }
        digits.reverse();
        format!("B{}_", String::from_utf8(digits).unwrap())
    }
}
