//! The thread that writes the audit log.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvError},
};

use tokio::sync::oneshot;

use super::entry::AuditLine;
use crate::access::notice::{Notice, Notices};

/// A line on its way, and who waits until it is kept for good.
pub(super) struct Order {
    pub(super) line: AuditLine,
    pub(super) kept: Option<oneshot::Sender<Result<(), io::ErrorKind>>>,
}

/// Writes what it is told until nobody is left to tell it.
pub(super) fn write_all(file: PathBuf, orders: &Receiver<Order>, notices: &Notices) {
    let mut writer = Writer { file, ends_whole: None };
    let mut is_well = true;
    while let Ok(batch) = next(orders) {
        let text: String = batch.iter().filter_map(|order| line(&order.line)).collect();
        let written = writer.write(&text);
        match &written {
            Err(reason) if is_well => {
                let reason = format!("{}: {reason}", writer.file.display());
                notices(&Notice::AuditUnwritable(reason));
            }
            Ok(()) if !is_well => notices(&Notice::AuditWritable),
            _ => {}
        }
        is_well = written.is_ok();
        for kept in batch.into_iter().filter_map(|order| order.kept) {
            // Whoever asked may be gone.
            let _ = kept.send(written.as_ref().map_err(io::Error::kind).copied());
        }
    }
}

/// All that has come, so that many who ask at once share what a disk takes for one.
fn next(orders: &Receiver<Order>) -> Result<Vec<Order>, RecvError> {
    let mut batch = vec![orders.recv()?];
    batch.extend(orders.try_iter());
    Ok(batch)
}

fn line(line: &AuditLine) -> Option<String> {
    serde_json::to_string(line).ok().map(|text| text + "\n")
}

struct Writer {
    file: PathBuf,
    /// The file whose last line is known to be whole: its device and inode.
    ends_whole: Option<(u64, u64)>,
}

impl Writer {
    /// Opens the file anew, so that one which was put elsewhere stays as it is.
    fn write(&mut self, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
            .open(&self.file)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let identity = (found.dev(), found.ino());
        let begins_whole = self.ends_whole.take() == Some(identity) || ends_whole(&file)?;
        if !begins_whole {
            file.write_all(b"\n")?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        self.ends_whole = Some(identity);
        Ok(())
    }
}

/// Whether a file ends with a whole line. A disk that was full, or a power cut, leaves half
/// of one.
fn ends_whole(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}
