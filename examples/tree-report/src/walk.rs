//! All files below a folder, links not followed.

use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
};

/// The entries of a folder, by name, so that reports don't depend on the disk.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// Shows `visit` the entry if it is a file, or the files below it if it is a
/// folder whose name is not in `skip`.
pub(crate) fn files(
    entry: DirEntry,
    skip: &[String],
    visit: &mut impl FnMut(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut waiting = vec![entry];
    while let Some(entry) = waiting.pop() {
        let kind = entry.file_type()?;
        if kind.is_file() {
            visit(&entry.path())?;
        } else if kind.is_dir() && !skip.iter().any(|name| entry.file_name() == **name) {
            waiting.extend(list(&entry.path())?.into_iter().rev());
        }
    }
    Ok(())
}
