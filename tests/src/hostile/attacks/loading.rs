//! Files in the plugin directory.

use std::{
    fmt::Write as _,
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::Attack;
use crate::{
    built,
    dice::Dice,
    hostile::{
        Make,
        frame::{component, plain_and},
    },
};

pub(super) fn attacks() -> Vec<Attack> {
    [files(), features(), sizes(), descriptions()].concat()
}

fn files() -> Vec<Attack> {
    let whole = fs::read(built::plugin("tests/noop")).expect("it was built");
    let mut dice = Dice::new(17);
    let noise: Vec<u8> = (0..65_536).map(|_| dice.roll().to_le_bytes()[0]).collect();
    let headed = [b"\0asm\x0d\0\x01\0", &noise[..]].concat();
    let mut corrupted = whole.clone();
    for byte in &mut corrupted[64..96] {
        *byte ^= 0xff;
    }
    vec![
        Attack::file("empty", "an empty file", b"", "the file is empty"),
        Attack::file("script", "a script", b"#!/bin/sh\x1b[2J\n", "not WebAssembly"),
        Attack::file("noise", "64 KiB of noise behind a component's header", headed, "not a valid"),
        Attack::file("truncated", "half a plugin", &whole[..whole.len() / 2], "not a valid"),
        Attack::file("corrupted", "a plugin with bytes turned over", corrupted, "not a valid"),
        Attack::file("module", "a core module", b"\0asm\x01\0\0\0", "a core module"),
        Attack::made(
            "precompiled",
            "machine code that the host's own compiler has made",
            precompiled,
            "precompiled code is never loaded",
        ),
        Attack::changing(
            "swapped",
            "a file that is a plugin, half a plugin and noise in turns, many times a second",
            swapped,
        ),
        Attack::made("too-long", "a file of 64 MiB and one byte", too_long, "at most 67108864"),
        Attack::made("folder", "a folder", folder, "not a regular file"),
        Attack::made("pipe", "a pipe that nobody writes to", pipe, "not a regular file"),
        Attack::made("device", "a link to a device without end", device, "not a regular file"),
        Attack::file(
            "unknown-import",
            "a plugin that imports what no host has",
            plain_and(r#"(import "acme:bank/vault@1.0.0" (instance (export "open" (func))))"#),
            "acme:bank/vault@1.0.0",
        ),
    ]
}

/// What WebAssembly has and the host has switched off.
fn features() -> Vec<Attack> {
    let module = |text: &str| plain_and(&format!("(core module {text})"));
    vec![
        Attack::file(
            "memory64",
            "a memory with 64-bit addresses",
            module("(memory i64 1)"),
            "memory64",
        ),
        Attack::file(
            "threads",
            "a memory that is shared between threads",
            module("(memory 1 1 shared)"),
            "",
        ),
        Attack::file("gc", "garbage-collected types", module("(type (struct))"), "gc"),
        Attack::file(
            "exceptions",
            "exceptions",
            module("(tag $e) (func (throw $e))"),
            "exceptions",
        ),
        Attack::file("async", "asynchronous functions", plain_and("(type (func async))"), ""),
    ]
}

/// More of everything than anybody needs.
fn sizes() -> Vec<Attack> {
    let many = |count: usize, text: &str| text.repeat(count);
    let numbered = |count: usize, text: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut all, n| {
            let _ = write!(all, "{}", text(n));
            all
        })
    };
    vec![
        Attack::file(
            "instances",
            "1,000 instances of a module",
            plain_and(&format!(
                "(core module $n) {}",
                many(1_000, "(core instance (instantiate $n))")
            )),
            "instances",
        ),
        Attack::file(
            "memories",
            "a module with 100 memories",
            plain_and(&format!(
                "(core module $n {}) (core instance (instantiate $n))",
                many(100, "(memory 0)")
            )),
            "memories",
        ),
        Attack::file(
            "tables",
            "a module with 90 tables",
            plain_and(&format!(
                "(core module $n {}) (core instance (instantiate $n))",
                many(90, "(table 0 funcref)")
            )),
            "tables",
        ),
        Attack::file(
            "table-of-4-billion",
            "a table with 4 billion entries",
            plain_and(
                "(core module $n (table 4294967295 funcref)) (core instance (instantiate $n))",
            ),
            "",
        ),
        Attack::file(
            "memory-of-4-gib",
            "a memory of 4 GiB",
            plain_and("(core module $n (memory 65536)) (core instance (instantiate $n))"),
            "",
        ),
        Attack::file(
            "imports",
            "10,000 imports",
            plain_and(&numbered(10_000, &|n| format!("(import \"f{n}\" (func))"))),
            "",
        ),
        Attack::harmless(
            "exports",
            "100,000 exports",
            plain_and(&format!(
                "(core module (func $f) {})",
                numbered(100_000, &|n| format!("(export \"f{n}\" (func $f))"))
            )),
        ),
        Attack::harmless(
            "nested-components",
            "components in components, 1,000 deep",
            nested(1_000),
        ),
        Attack::file(
            "nested-types",
            "lists of lists, 10,000 deep",
            plain_and(&format!(
                "(type $t0 (list u8)) {}",
                numbered(10_000, &|n| format!("(type $t{} (list $t{n}))", n + 1))
            )),
            "",
        ),
        Attack::file(
            "wide-types",
            "a tuple of tuples that would be 2^40 values long",
            plain_and(&format!(
                "(type $t0 (tuple u8 u8)) {}",
                numbered(40, &|n| format!("(type $t{} (tuple $t{n} $t{n}))", n + 1))
            )),
            "",
        ),
        Attack::file(
            "locals",
            "a function with 50,001 local variables",
            plain_and(&format!("(core module (func (local {})))", many(50_001, "i64 "))),
            "too many locals",
        ),
        Attack::file(
            "data",
            "100,001 segments of data",
            plain_and(&format!("(core module (memory 1) {})", many(100_001, "(data \"\")"))),
            "",
        ),
    ]
}

/// What a plugin says about itself when it is asked.
fn descriptions() -> Vec<Attack> {
    let says = |name: &'static str, about, complaint| {
        Attack::file(name, about, component(name), complaint)
    };
    vec![
        says("start-spins", "its start function never ends", "ended with"),
        says("start-traps", "its start function traps", "ended with trapped"),
        says("functions-spin", "never ends to say what functions it has", "ended with"),
        says("functions-trap", "traps when it is asked for its functions", "ended with trapped"),
        says("functions-none", "has no functions", "no task functions"),
        says("functions-many", "has 10,000 functions", "at most 256"),
        says("functions-endless", "has 4 billion functions", "ended with"),
        says("functions-twice", "has the same function twice", "is there twice"),
        says("functions-lie", "describes its arguments by what is no JSON", "not JSON"),
        says("functions-forge", "has a function whose name clears the screen", "can be shown"),
    ]
}

/// Components in components in a plugin. No parser of texts goes that deep.
fn nested(depth: usize) -> Vec<u8> {
    let within = |outer: &[u8], inner: &[u8]| {
        let mut bytes = outer.to_vec();
        // The section for a component, and its length in LEB128.
        bytes.push(4);
        let mut length = inner.len();
        while length > 0x7f {
            bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap_or_default());
        bytes.extend(inner);
        bytes
    };
    let empty = b"\0asm\x0d\0\x01\0";
    let inner = (0..depth).fold(empty.to_vec(), |inner, _| within(empty, &inner));
    within(&plain_and(""), &inner)
}

fn precompiled(path: &Path) {
    let entries = fs::read_dir(built::cache()).expect("the cache is ours");
    let entry = entries
        .map(|entry| entry.expect("the cache is ours").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
        .expect("guests were compiled");
    let entry = fs::read(entry).expect("the cache is ours");
    let code = entry.windows(4).position(|bytes| bytes == b"\x7fELF").expect("it has code");
    Make::Bytes(entry[code..].to_vec()).make(path);
}

fn too_long(path: &Path) {
    let aside = path.with_extension("aside");
    let file = File::create(&aside).expect("the folder is ours");
    // Long without taking any room.
    file.set_len((64 << 20) + 1).expect("the folder is ours");
    file.set_modified(SystemTime::UNIX_EPOCH).expect("the folder is ours");
    fs::rename(aside, path).expect("the folder is ours");
}

/// Written in place, so that no look at it is sure to see one content alone.
fn swapped(path: &Path) {
    let path = path.to_owned();
    let whole = fs::read(built::plugin("tests/noop")).expect("it was built");
    let end = Instant::now() + Duration::from_secs(4);
    thread::spawn(move || {
        while Instant::now() < end {
            for content in [&whole[..], &whole[..whole.len() / 2], b"noise"] {
                // The folder may be gone already. It looks as if it had been at rest.
                let _ = fs::write(&path, content);
                let file = File::options().write(true).open(&path);
                let _ = file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH));
            }
        }
    });
}

fn folder(path: &Path) {
    fs::create_dir(path).expect("the folder is ours");
}

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("the folder is ours");
}

fn device(path: &Path) {
    symlink("/dev/zero", path).expect("the folder is ours");
}
