//! The cache's key.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

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
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made.and_then(|mut file| file.write_all(&fresh)) {
        Ok(()) => Ok(fresh),
        // Another process was faster, or a damaged key lies there.
        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => {
            match read(&path).map_err(directory)? {
                Some(key) => Ok(key),
                None => fs::write(&path, fresh).map(|()| fresh).map_err(directory),
            }
        }
        Err(reason) => Err(directory(reason)),
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
