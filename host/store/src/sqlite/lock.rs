//! One host at a time: a lock on a file beside the database.
//!
//! The kernel lets go of it when the process ends, however it ends. Who holds it
//! therefore knows that every lease in the database belongs to a host that is no
//! more.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
};

use horarium_core::store::StoreError;

/// The name of the file.
const NAME: &str = "host.lock";

/// Held for as long as this value lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock on a data directory.
    pub(super) fn take(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(NAME);
        let place = data_dir.display().to_string();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|reason| refused(&path, &reason))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { place, reason: holder(&mut file) });
            }
            Err(TryLockError::Error(reason)) => {
                return Err(StoreError::Unusable { place, reason: reason.to_string() });
            }
        }
        // For whoever finds the lock taken; that it can't be written harms nobody else.
        let _ = sign(&mut file);
        Ok(Self { _file: file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    match file.take(20).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => {
            format!("a horarium host with process id {} uses this data directory", pid.trim())
        }
        _ => "a horarium host uses this data directory".to_owned(),
    }
}

/// Why a file of ours can't be made or opened.
pub(super) fn refused(path: &Path, reason: &io::Error) -> StoreError {
    let place = path.display().to_string();
    let text = reason.to_string();
    match reason.kind() {
        io::ErrorKind::PermissionDenied => {
            let reason = "you may not write there; start the host as who may, or name another \
                          `data_dir`";
            StoreError::ReadOnly { place, reason: reason.to_owned() }
        }
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { place, reason: text },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::Full { place, reason: text }
        }
        // What "File exists" means where a directory was to be made.
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => StoreError::Unusable {
            place,
            reason: "it, or what it lies in, is not a directory".to_owned(),
        },
        _ => StoreError::Unusable { place, reason: text },
    }
}
