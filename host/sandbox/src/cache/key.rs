//! The cache's key.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use super::UNFINISHED;
use crate::error::CacheError;

/// The key in this directory: read, or made.
pub(super) fn read_or_make(place: &Path) -> Result<[u8; 32], CacheError> {
    let directory = |reason| CacheError::Directory { place: place.to_owned(), reason };
    let path = place.join("key");
    if let Some(key) = read(&path).map_err(directory)? {
        return Ok(key);
    }
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|reason| CacheError::Randomness(reason.to_string()))?;
    // Whole before it has its name: another process may be about to read it.
    let mut file =
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(place).map_err(directory)?;
    file.write_all(&fresh).map_err(directory)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(fresh),
        Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => {
            match read(&path).map_err(directory)? {
                // Another process was faster.
                Some(key) => Ok(key),
                // A damaged one lies there.
                None => taken.file.persist(&path).map(|_| fresh).map_err(|e| directory(e.error)),
            }
        }
        Err(failed) => Err(directory(failed.error)),
    }
}

fn read(path: &Path) -> io::Result<Option<[u8; 32]>> {
    match fs::File::open(path) {
        Ok(mut file) => {
            let mut key = [0; 32];
            Ok(file.read_exact(&mut key).is_ok().then_some(key))
        }
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(reason),
    }
}
