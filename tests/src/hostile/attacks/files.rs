//! A granted directory that may be written, and what lies beside it.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Attack, Task, hostile};

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        Attack::by(
            "escape",
            "leaves its directory by `..`, absolute paths, links soft and hard, renames",
            hostile("escape", &["succeeded"]).patient(),
        )
        .within(with_links),
        Attack::by_all(
            "link-race",
            "swaps a folder for a link to the outside while another run reads through it",
            vec![
                hostile("swap", &["timed_out"]),
                hostile("peek", &["timed_out"]),
                hostile("peek", &["timed_out"]),
            ],
        )
        .within(|_| {}),
        Attack::by_all(
            "pipes",
            "opens pipes that nobody else opens, for reading and for writing",
            vec![
                on("read", "pipe", &["timed_out", "failed"]),
                on("write", "pipe", &["timed_out", "failed"]),
            ],
        )
        .within(with_pipe),
        Attack::by_all(
            "devices",
            "reads a device without end, and one that nobody writes to",
            vec![
                on("read", "zero", &["out_of_memory", "timed_out", "failed", "succeeded"]),
                on("read", "tty", &["timed_out", "failed", "succeeded"]),
            ],
        )
        .within(with_devices),
        Attack::by(
            "files-leaked",
            "opens a file again and again, and never closes it",
            hostile("leak_files", &["trapped", "failed"]).patient(),
        )
        .within(|_| {}),
        Attack::by(
            "listings",
            "lists a folder of 20,000 files for ever",
            on("list", "many", &["timed_out"]),
        )
        .within(with_many_files),
        Attack::by(
            "listings-leaked",
            "lists a folder of 20,000 files again and again, and never closes the listing",
            on("leak_listings", "many", &["trapped", "failed", "out_of_memory"]).patient(),
        )
        .within(with_many_files),
        fill("fill", "writes to its folder until there is no room", "fill", "I/O error"),
        fill("fill-holes", "writes a byte to each MiB of a file", "fill_with_holes", "I/O error"),
        fill("fill-names", "makes empty files and folders", "fill_with_names", "Quota exceeded"),
        Attack::by(
            "sparse",
            "makes a file of 4 EiB",
            hostile("sparse", &["failed", "succeeded"]).patient(),
        )
        .within(|_| {}),
    ]
}

fn fill(
    name: &'static str,
    about: &'static str,
    function: &'static str,
    because: &'static str,
) -> Attack {
    let task = hostile(function, &["failed"]).with("grants.write_limit = \"4MiB\"");
    Attack::by(name, about, task.because(because).patient()).within(|_| {})
}

fn on(function: &'static str, path: &str, ends: &'static [&'static str]) -> Task {
    hostile(function, ends).with(&format!("args = {{ path = \"/dir/{path}\" }}"))
}

/// Links to the outside, as an operator may have left them.
fn with_links(dir: &Path) {
    symlink("../secret", dir.join("out")).expect("the folder is ours");
}

fn with_pipe(dir: &Path) {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, dir.join("pipe"), FileType::Fifo, mode, 0).expect("the folder is ours");
}

/// Where we may not make devices, there are none, and every open fails.
fn with_devices(dir: &Path) {
    for (name, major, minor) in [("zero", 1, 5), ("tty", 5, 0)] {
        let device = rustix::fs::makedev(major, minor);
        let made = mknodat(CWD, dir.join(name), FileType::CharacterDevice, Mode::RUSR, device);
        if let Err(reason) = made {
            println!("no device {name}: {reason}");
        }
    }
}

fn with_many_files(dir: &Path) {
    fs::create_dir(dir.join("many")).expect("the folder is ours");
    let first = dir.join("many/first");
    File::create(&first).expect("the folder is ours");
    for n in 0..20_000 {
        // Cheaper than a file of its own.
        fs::hard_link(&first, dir.join(format!("many/a-name-of-some-length-{n:06}")))
            .expect("the folder is ours");
    }
}
