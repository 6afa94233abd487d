//! A file of the cache: code as wasmtime serialises it, so that it can be mapped as it
//! lies there, and behind that what is known of the plugin.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::FileExt,
    path::Path,
};

/// The layout of an entry: wasmtime's own format, the description as JSON, its length
/// (little endian), a tag.
pub(super) const FORMAT: u32 = 5;
pub(super) const TAG: usize = 32;
pub(super) const LENGTH: usize = 8;

/// What stands at the end.
const TRAILER: usize = LENGTH + TAG;

/// Bytes that are read and hashed at once: they stay near the processor.
const PIECE: usize = 128 << 10;

/// Signs entries.
pub(super) struct Key(pub(super) [u8; 32]);

impl Key {
    /// Signs all but the tag. An entry is bound to its name as well: none passes for
    /// another one.
    fn signer(&self, path: &Path) -> blake3::Hasher {
        let mut signer = blake3::Hasher::new_keyed(&self.0);
        signer.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        // No name has one.
        signer.update(&[0]);
        signer
    }
}

/// Writes an entry that will have this name.
pub(super) fn write(
    mut to: impl Write,
    path: &Path,
    key: &Key,
    code: &[u8],
    description: &[u8],
) -> io::Result<()> {
    let length = u64::try_from(description.len()).unwrap_or(u64::MAX).to_le_bytes();
    let mut signer = key.signer(path);
    for part in [code, description, &length] {
        signer.update(part);
        to.write_all(part)?;
    }
    to.write_all(signer.finalize().as_bytes())
}

/// Reads an entry through, and returns its description; none where it does not verify.
pub(super) fn verify(file: &File, path: &Path, key: &Key) -> io::Result<Option<Vec<u8>>> {
    match read(file, path, key) {
        // A stump.
        Err(reason) if reason.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        entry => entry,
    }
}

fn read(mut file: &File, path: &Path, key: &Key) -> io::Result<Option<Vec<u8>>> {
    let mut trailer = [0; TRAILER];
    let all = file.metadata()?.len();
    let Some(content) = all.checked_sub(trailer.len() as u64) else { return Ok(None) };
    file.read_exact_at(&mut trailer, content)?;
    let content = usize::try_from(content).map_err(io::Error::other)?;
    let (length, tag) = trailer.split_at(LENGTH);
    let described = length.try_into().map(u64::from_le_bytes).map(usize::try_from);
    let Some(code) = described.ok().and_then(Result::ok).and_then(|it| content.checked_sub(it))
    else {
        return Ok(None);
    };

    let mut signer = key.signer(path);
    let mut piece = vec![0; PIECE.min(code)];
    let mut left = code;
    while left > 0 {
        let piece = &mut piece[..left.min(PIECE)];
        file.read_exact(piece)?;
        signer.update(piece);
        left -= piece.len();
    }
    let mut description = vec![0; content - code];
    file.read_exact(&mut description)?;
    signer.update(&description).update(length);
    // Compared in constant time.
    let tag: [u8; TAG] = tag.try_into().map_err(io::Error::other)?;
    Ok((signer.finalize() == tag).then_some(description))
}
