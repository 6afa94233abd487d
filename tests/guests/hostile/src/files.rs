//! A granted directory, and everything that lies outside of it. The directory is
//! `/dir`, which may be written, and `secret` lies beside it.

use std::{
    fs, hint,
    io::{self, Seek, SeekFrom, Write},
    mem,
    path::PathBuf,
};

use horarium_sdk::prelude::*;
use wasip2::filesystem::{
    preopens,
    types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags},
};

use crate::refused;

fn granted() -> Descriptor {
    let (dir, _) = preopens::get_directories().swap_remove(0);
    dir
}

/// Ways out that are tried with every operation.
const OUT: [&str; 10] = [
    "..",
    "../secret",
    "../secret/",
    "/etc/passwd",
    "/",
    "./../secret",
    "inner/../../secret",
    "/proc/self/environ",
    "out",
    "out/",
];

/// Reads, writes, renames and links its way out.
#[task]
fn escape() {
    let dir = granted();
    let follow = PathFlags::SYMLINK_FOLLOW;
    let _ = dir.create_directory_at("inner");
    let _ = fs::write("/dir/mine", "mine");
    // A link may be made only where it does not lead out; the operator may have
    // left one that does.
    for target in ["../secret", "/etc/passwd", "..", "inner/../../secret"] {
        let _ = dir.symlink_at(target, "made");
        refused(target, dir.open_at(follow, "made", OpenFlags::empty(), DescriptorFlags::READ));
        let _ = dir.unlink_file_at("made");
    }
    for out in OUT {
        let all = DescriptorFlags::READ | DescriptorFlags::WRITE;
        refused(out, dir.open_at(follow, out, OpenFlags::empty(), DescriptorFlags::READ));
        refused(out, dir.open_at(follow, out, OpenFlags::CREATE, all));
        refused(out, dir.open_at(follow, out, OpenFlags::TRUNCATE, all));
        refused(out, dir.stat_at(follow, out));
        refused(out, dir.link_at(PathFlags::empty(), "mine", &dir, &format!("{out}/x")));
        refused(out, dir.create_directory_at(&format!("{out}/x")));
        refused(out, dir.symlink_at("mine", &format!("{out}/x")));
        refused(out, dir.rename_at("mine", &dir, &format!("{out}/x")));
        refused(out, dir.remove_directory_at(out));
    }
    for out in ["../secret", "../secret/", "/etc/passwd", "./../secret", "inner/../../secret"] {
        refused(out, dir.link_at(PathFlags::empty(), out, &dir, "hard"));
        refused(out, dir.link_at(follow, out, &dir, "hard"));
        refused(out, dir.rename_at(out, &dir, "moved"));
        refused(out, dir.rename_at("mine", &dir, out));
        refused(out, dir.unlink_file_at(out));
    }
    refused("a file as a folder", dir.rename_at("mine", &dir, "mine2/"));
    let _ = dir.unlink_file_at("mine");
}

/// Makes `swapped` a folder and a link to the outside, in turns.
#[task]
fn swap() {
    let dir = granted();
    loop {
        let _ = dir.create_directory_at("swapped");
        let _ = fs::write("/dir/swapped/secret", "mine");
        let _ = dir.unlink_file_at("swapped/secret");
        let _ = dir.remove_directory_at("swapped");
        let _ = dir.symlink_at("..", "swapped");
        let _ = dir.unlink_file_at("swapped");
    }
}

/// Reads through `swapped`, in the hope to come at the right moment.
#[task]
fn peek() {
    let dir = granted();
    loop {
        let opened = dir.open_at(
            PathFlags::SYMLINK_FOLLOW,
            "swapped/secret",
            OpenFlags::empty(),
            DescriptorFlags::READ,
        );
        if let Ok((bytes, _)) = opened.and_then(|file| file.read(64, 0)) {
            assert!(bytes.is_empty() || bytes == b"mine", "the host let through: {bytes:?}");
        }
    }
}

/// A place in the directory.
#[args]
struct Place {
    path: PathBuf,
}

/// Reads a file to its end, if it has one.
#[task]
fn read(Place { path }: Place) -> Result<usize> {
    Ok(fs::read(path)?.len())
}

/// Opens a file for writing, and writes.
#[task]
fn write(Place { path }: Place) -> Result<()> {
    Ok(fs::write(path, "x")?)
}

/// Lists a folder for ever.
#[task]
fn list(Place { path }: Place) -> Result<()> {
    loop {
        hint::black_box(fs::read_dir(&path)?.count());
    }
}

/// Opens a file again and again, and never closes it.
#[task]
fn leak_files() -> Result<()> {
    fs::write("/dir/mine", "mine")?;
    loop {
        mem::forget(fs::File::open("/dir/mine")?);
    }
}

/// Lists a folder again and again, and never closes the listing.
#[task]
fn leak_listings(Place { path }: Place) -> Result<()> {
    loop {
        mem::forget(fs::read_dir(&path)?);
    }
}

/// Makes a file that is longer than any disk.
#[task]
fn sparse() -> Result<()> {
    let file = fs::File::create("/dir/mine")?;
    let made = file.set_len(1 << 62);
    fs::remove_file("/dir/mine")?;
    Ok(made?)
}

/// Bytes that the attempt may write, and bytes of a file that count in any case.
const LIMIT: usize = 4 << 20;
const BLOCK: usize = 4 << 10;

/// Writes until there is no room.
#[task]
fn fill() -> Result<()> {
    let piece = vec![0xAA; 64 << 10];
    let mut file = fs::File::create("/dir/mine")?;
    let mut written = 0;
    until_full(|| {
        file.write_all(&piece)?;
        written += piece.len();
        assert!(written <= LIMIT, "the host let through: {written} bytes");
        Ok(())
    })
}

/// Writes a byte here and there until there is no room.
#[task]
fn fill_with_holes() -> Result<()> {
    let mut file = fs::File::create("/dir/mine")?;
    let mut blocks = 0;
    until_full(|| {
        file.seek(SeekFrom::Current(1 << 20))?;
        file.write_all(b"x")?;
        blocks += 1;
        assert!(blocks <= LIMIT / BLOCK, "the host let through: {blocks} blocks");
        Ok(())
    })
}

/// Makes files and folders without content until there is no room.
#[task]
fn fill_with_names() -> Result<()> {
    let mut names = 0;
    let full = until_full(|| {
        fs::create_dir(format!("/dir/folder-{names}"))?;
        fs::File::create(format!("/dir/file-{names}"))?;
        names += 1;
        assert!(names <= LIMIT / BLOCK, "the host let through: {names} names");
        Ok(())
    });
    for n in 0..=names {
        let _ = fs::remove_file(format!("/dir/file-{n}"));
        let _ = fs::remove_dir(format!("/dir/folder-{n}"));
    }
    full
}

/// Until it fails, as it has to.
fn until_full(mut step: impl FnMut() -> io::Result<()>) -> Result<()> {
    loop {
        step()?;
    }
}
