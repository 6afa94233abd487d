//! Standard input: empty, unless a text or a file is granted.

use std::{fs::File, io::Read, path::Path};

use bytes::Bytes;
use horarium_core::grants::Stdin;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use wasmtime::component::Linker;
use wasmtime_wasi::{
    WasiCtxBuilder,
    cli::{WasiCli, WasiCliView},
    p2::{
        bindings::cli::{stdin, terminal_input, terminal_stdin},
        pipe::MemoryInputPipe,
    },
};

use crate::state::State;

/// The longest file that is read, in bytes: it is held by the host.
const LONGEST: u64 = 1 << 20;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)
}

pub(super) fn prepare(builder: &mut WasiCtxBuilder, content: Bytes) {
    if !content.is_empty() {
        builder.stdin(MemoryInputPipe::new(content));
    }
}

/// What the guest is to read, whole.
pub(super) fn read(stdin: &Stdin) -> Result<Bytes, String> {
    match stdin {
        Stdin::Empty => Ok(Bytes::new()),
        Stdin::Text(text) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Stdin::File(path) => read_file(path).map_err(|reason| {
            format!("can't read its standard input {}: {reason}", path.display())
        }),
    }
}

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it has more than {LONGEST} bytes; grant its directory instead")]
    TooLong,
}

/// Reads a file, but no link to one: where guests may write to its directory, that
/// would be a way to read anything.
fn read_file(path: &Path) -> Result<Bytes, FileError> {
    // Without waiting, so that a FIFO is told from a file.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    let file = File::from(opened.map_err(std::io::Error::from)?);
    if !file.metadata()?.is_file() {
        return Err(FileError::NotAFile);
    }
    let mut content = Vec::new();
    let mut bounded = file.take(LONGEST + 1);
    bounded.read_to_end(&mut content)?;
    if bounded.limit() == 0 {
        return Err(FileError::TooLong);
    }
    Ok(content.into())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_file_is_read_and_all_else_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let file = |name: &str| Stdin::File(dir.join(name));
        fs::write(dir.join("file"), "content").unwrap();
        fs::write(dir.join("long"), vec![b'x'; (1 << 20) + 1]).unwrap();
        symlink("file", dir.join("link")).unwrap();
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(CWD, dir.join("fifo"), fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(read(&file("file")).unwrap(), "content");
        assert_eq!(read(&Stdin::Text("text".to_owned())).unwrap(), "text");
        for (name, part) in [
            ("none", "No such file"),
            ("link", "symbolic links"),
            ("fifo", "not a regular file"),
            (".", "not a regular file"),
            ("long", "more than 1048576 bytes"),
        ] {
            let reason = read(&file(name)).unwrap_err();
            assert!(reason.contains(part) && reason.contains(name), "{reason}");
        }
    }
}
