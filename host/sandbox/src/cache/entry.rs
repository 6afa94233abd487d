//! A file of the cache: a tag, what is said of the plugin, its code.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, AsRawFd},
    path::{Path, PathBuf},
};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// The layout of an entry: tag, length of the description (little endian), the
/// description as JSON, wasmtime's own format.
pub(super) const FORMAT: u32 = 3;
pub(super) const TAG: usize = 32;
pub(super) const LENGTH: usize = 8;

/// Bytes that are read, hashed and copied at once: they stay near the processor.
const PIECE: usize = 128 << 10;

/// Names and signs entries.
#[derive(Clone, Copy)]
pub(super) struct Key(pub(super) [u8; 32]);

impl Key {
    /// Signs what follows the tag. An entry is bound to its name as well: none
    /// passes for another one.
    fn signer(&self, path: &Path) -> blake3::Hasher {
        let mut signer = blake3::Hasher::new_keyed(&self.0);
        signer.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        // No name has one.
        signer.update(&[0]);
        signer
    }
}

/// An entry that verified.
pub(super) struct Entry {
    pub(super) description: Vec<u8>,
    pub(super) code: Code,
}

/// Code in memory of our own, which nobody can write to any more.
pub(super) struct Code(File);

impl Code {
    /// Where it can be opened, for as long as this lives.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

/// Reads an entry; none where it does not verify. The code goes into memory piece
/// by piece, as it is hashed: what was verified is what is loaded, whatever becomes
/// of the file, and nothing of it is copied twice.
pub(super) fn read(file: &File, path: &Path, key: &Key) -> io::Result<Option<Entry>> {
    match read_through(file, path, key) {
        // A stump.
        Err(reason) if reason.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        entry => entry,
    }
}

fn read_through(mut file: &File, path: &Path, key: &Key) -> io::Result<Option<Entry>> {
    let all = file.metadata()?.len();
    let (mut tag, mut length) = ([0; TAG], [0; LENGTH]);
    file.read_exact(&mut tag)?;
    file.read_exact(&mut length)?;
    let mut signer = key.signer(path);
    signer.update(&length);
    let length = u64::from_le_bytes(length);
    if length > all {
        return Ok(None);
    }
    let mut description = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact(&mut description)?;
    signer.update(&description);

    let mut code = File::from(memfd_create(
        "horarium-plugin",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?);
    let mut piece = vec![0; PIECE];
    loop {
        let read = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => &piece[..read],
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => continue,
            Err(reason) => return Err(reason),
        };
        signer.update(read);
        code.write_all(read)?;
    }
    // Compared in constant time.
    if signer.finalize() != tag {
        return Ok(None);
    }
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(code.as_fd(), seals)?;
    Ok(Some(Entry { description, code: Code(code) }))
}

/// Writes an entry that will have this name.
pub(super) fn write(
    mut to: impl Write,
    path: &Path,
    key: &Key,
    description: &[u8],
    code: &[u8],
) -> io::Result<()> {
    let length = u64::try_from(description.len()).unwrap_or(u64::MAX).to_le_bytes();
    let content = [&length[..], description, code];
    let mut signer = key.signer(path);
    for part in content {
        signer.update(part);
    }
    to.write_all(signer.finalize().as_bytes())?;
    content.into_iter().try_for_each(|part| to.write_all(part))
}
