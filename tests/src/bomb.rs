//! WebAssembly that is made to keep the compiler busy.

use std::fmt::Write as _;

/// A component of such functions: in each of them every loop hands every local on to
/// the next one. A hundred loops and a thousand locals take the compiler several
/// seconds, whatever the machine.
///
/// # Panics
/// Never: the text is right.
#[must_use]
pub fn component(functions: usize, loops: usize, locals: usize) -> Vec<u8> {
    let functions = text(functions, loops, locals);
    compiled(&format!("(component (core module {functions}))"))
}

/// A program for WASI preview 1 that has such functions, and uses none.
///
/// # Panics
/// Never: the text is right.
#[must_use]
pub fn program(functions: usize, loops: usize, locals: usize) -> Vec<u8> {
    let functions = text(functions, loops, locals);
    compiled(&format!(
        "(module (memory (export \"memory\") 1) (func (export \"_start\")) {functions})"
    ))
}

fn compiled(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is right")
}

fn text(functions: usize, loops: usize, locals: usize) -> String {
    let mut body = format!("(local {})", "i64 ".repeat(locals));
    body += &"(loop ".repeat(loops);
    for local in 0..locals {
        let next = (local + 1) % locals;
        let _ =
            write!(body, "(local.set {local} (i64.add (local.get {local}) (local.get {next})))");
    }
    for turn in 0..loops {
        let _ = write!(body, "(br_if 0 (i64.eqz (local.get {}))))", turn % locals);
    }
    (0..functions).map(|number| format!("(func (export \"f{number}\") {body})")).collect()
}
