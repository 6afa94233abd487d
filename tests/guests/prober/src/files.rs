//! Everything in a directory that is no file, and too much of what is one.

use std::{
    fs::{self, File, FileTimes, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    time::SystemTime,
};

use horarium_sdk::prelude::*;

use crate::tried::Tried;

/// A place in the file system.
#[args]
struct Place {
    path: PathBuf,
}

/// What came of every way to open something.
#[output]
struct Opened {
    read: Tried<usize>,
    write: Tried<()>,
    append: Tried<()>,
    create: Tried<()>,
    truncate: Tried<()>,
    list: Tried<usize>,
    times: Tried<()>,
}

/// Opens something in every way.
#[task]
fn open(place: Place) -> Opened {
    let path = &place.path;
    let open = |options: &mut OpenOptions| options.open(path).map(drop).into();
    Opened {
        read: fs::read(path).map(|bytes| bytes.len()).into(),
        write: open(OpenOptions::new().write(true)),
        append: open(OpenOptions::new().append(true)),
        create: open(OpenOptions::new().write(true).create(true)),
        truncate: open(OpenOptions::new().write(true).truncate(true)),
        list: fs::read_dir(path).map(Iterator::count).into(),
        times: touch(path).into(),
    }
}

/// By its name: the file is opened by the host.
fn touch(path: &PathBuf) -> io::Result<()> {
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    File::open(path)?.set_times(times)
}

/// Lists a directory, and returns how many names there are.
#[task]
fn count(place: Place) -> Tried<usize> {
    let names = || fs::read_dir(&place.path)?.try_fold(0, |count, name| name.map(|_| count + 1));
    names().into()
}

/// From where to where.
#[args]
struct Way {
    from: PathBuf,
    to: PathBuf,
}

/// What came of every way to give something another name.
#[output]
struct Renamed {
    rename: Tried<()>,
    link: Tried<()>,
    copy: Tried<u64>,
}

/// Gives something another name in every way.
#[task]
fn rename(way: Way) -> Renamed {
    Renamed {
        link: fs::hard_link(&way.from, &way.to).into(),
        copy: fs::copy(&way.from, &way.to).into(),
        rename: fs::rename(&way.from, &way.to).into(),
    }
}

/// How much to write where.
#[args]
struct Fill {
    path: PathBuf,
    bytes: u64,
    #[serde(default)]
    by: By,
}

/// How to fill a disk.
#[args]
#[derive(Default)]
#[serde(rename_all = "snake_case")]
enum By {
    /// One file, from its beginning to its end.
    #[default]
    Stream,
    /// One file, a byte in each block.
    Holes,
    /// Files without content.
    Names,
}

/// How far it came.
#[output]
struct Filled {
    steps: u64,
    end: Tried<()>,
}

/// Fills a disk until it is told not to.
#[task]
fn fill(fill: Fill) -> Filled {
    let mut steps = 0;
    let end = match fill.by {
        By::Stream => stream(&fill, &mut steps),
        By::Holes => holes(&fill, &mut steps),
        By::Names => names(&fill, &mut steps),
    };
    Filled { steps, end: end.into() }
}

const BLOCK: u64 = 4096;

fn stream(fill: &Fill, steps: &mut u64) -> io::Result<()> {
    let mut file = File::create(&fill.path)?;
    while *steps < fill.bytes / BLOCK {
        file.write_all(&[b'x'; 4096])?;
        *steps += 1;
    }
    Ok(())
}

fn holes(fill: &Fill, steps: &mut u64) -> io::Result<()> {
    let mut file = File::create(&fill.path)?;
    while *steps < fill.bytes / BLOCK {
        file.seek(SeekFrom::Start(*steps * BLOCK))?;
        file.write_all(b"x")?;
        *steps += 1;
    }
    Ok(())
}

fn names(fill: &Fill, steps: &mut u64) -> io::Result<()> {
    fs::create_dir(&fill.path)?;
    while *steps < fill.bytes / BLOCK {
        File::create(fill.path.join(steps.to_string()))?;
        *steps += 1;
    }
    Ok(())
}

/// Reads standard input to its end.
#[task]
fn stdin() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
