//! Files in the plugin directory.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Attack, sizes};
use crate::{
    built,
    dice::Dice,
    hostile::{
        Make,
        frame::{plain_and, plugin},
    },
};

pub(super) fn attacks() -> Vec<Attack> {
    [files(), features(), sizes::attacks(), descriptions()].concat()
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
        Attack::file(
            "forged-import",
            "imports what has a name that clears the screen",
            plain_and(
                r#"(import "url=<https://x\1b[2J\0d\0aforged>" (instance (export "a" (func))))"#,
            ),
            "\\u{1b}[2J",
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

/// What a plugin says about itself when it is asked.
fn descriptions() -> Vec<Attack> {
    let says =
        |name: &'static str, about, complaint| Attack::file(name, about, plugin(name), complaint);
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
