//! Everything outside that might be within reach.

use std::{
    collections::BTreeMap,
    env, fs, io,
    net::TcpStream,
    path::{Path, PathBuf},
};

use horarium_sdk::prelude::*;

/// What came of trying.
#[output]
#[serde(rename_all = "snake_case")]
enum Tried<T> {
    Got(T),
    /// The error, in its own words.
    Refused(String),
}

impl<T> From<io::Result<T>> for Tried<T> {
    fn from(result: io::Result<T>) -> Self {
        match result {
            Ok(got) => Self::Got(got),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

/// Returns its environment.
#[task]
fn env() -> BTreeMap<String, String> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
}

/// A place in the file system.
#[args]
struct Place {
    path: PathBuf,
}

/// What the file system showed.
#[output]
struct Seen {
    /// The names in `/`.
    root: Tried<Vec<String>>,
    /// What kind of thing the path leads to.
    kind: Tried<Kind>,
    /// The names in the path, if it is a folder.
    list: Tried<Vec<String>>,
    /// The content of the path, if it is a file.
    read: Tried<String>,
}

/// What a path leads to.
#[output]
#[serde(rename_all = "snake_case")]
enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// Lists the root, and looks at a path in every way.
#[task]
fn dirs(place: Place) -> Seen {
    let path = &place.path;
    Seen {
        root: list(Path::new("/")).into(),
        kind: kind(path).into(),
        list: list(path).into(),
        read: fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).into(),
    }
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into());
    let mut names = fs::read_dir(folder)?.map(name).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn kind(path: &Path) -> io::Result<Kind> {
    let kind = fs::symlink_metadata(path)?.file_type();
    Ok(match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
        (true, ..) => Kind::File,
        (_, true, _) => Kind::Folder,
        (.., true) => Kind::Link,
        _ => Kind::Other,
    })
}

/// What to write where.
#[args]
struct Letter {
    path: PathBuf,
    #[serde(default = "Letter::text")]
    text: String,
}

impl Letter {
    fn text() -> String {
        "unruly was here\n".to_owned()
    }
}

/// Writes a file, and returns how many bytes it has written.
#[task]
fn write(letter: Letter) -> Tried<usize> {
    let written = fs::write(&letter.path, &letter.text);
    written.map(|()| letter.text.len()).into()
}

/// Somebody on the network.
#[args]
struct Peer {
    /// As in `127.0.0.1:80`, or with a name that has to be looked up.
    addr: String,
}

/// Connects, and returns its own address.
#[task]
fn connect(peer: Peer) -> Tried<String> {
    TcpStream::connect(&peer.addr)
        .and_then(|stream| stream.local_addr())
        .map(|address| address.to_string())
        .into()
}
