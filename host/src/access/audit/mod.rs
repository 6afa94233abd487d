//! Who changed what: a file that is only ever appended to.

mod entry;
pub(crate) mod read;
mod writer;

use std::{
    io,
    path::Path,
    sync::{Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

pub(crate) use self::entry::{AuditEvent, AuditLine, Moved};
use self::writer::Order;
use super::{bucket::Bucket, notice::Notices, token::hex};

/// Its name in the data directory.
pub(crate) const NAME: &str = "audit.jsonl";

/// How many refused requests are written down at once.
const REFUSED: u32 = 100;

/// And then one in this time, so that nobody who is not let in can fill the disk: twenty
/// megabytes a day.
const REFUSED_EACH: Duration = Duration::from_secs(1);

/// Writes down what is asked and what was answered.
pub(crate) struct Audit {
    // Not bounded by itself: each connection has one request at a time, and that has two
    // lines, of which the first is waited for.
    orders: Option<mpsc::Sender<Order>>,
    writer: Option<JoinHandle<()>>,
    refused: Mutex<Refusals>,
}

/// How many refused requests may be written down.
struct Refusals {
    bucket: Bucket,
    left_out: u64,
}

impl Audit {
    /// Starts the writer, which ends with the value.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub(crate) fn start(data_dir: &Path, notices: Notices) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel();
        let file = data_dir.join(NAME);
        let write = move || writer::write_all(file, &queue, &notices);
        let writer = thread::Builder::new().name("audit".to_owned()).spawn(write)?;
        let bucket = Bucket::new(REFUSED, REFUSED_EACH, Instant::now());
        let refused = Mutex::new(Refusals { bucket, left_out: 0 });
        Ok(Self { orders: Some(orders), writer: Some(writer), refused })
    }

    /// Writes a line, and waits until it is kept for good.
    ///
    /// # Errors
    /// Where it can't be kept.
    pub(crate) async fn keep(&self, line: AuditLine) -> Result<(), io::ErrorKind> {
        let (kept, answer) = oneshot::channel();
        self.send(Order { line, kept: Some(kept) });
        // An order that nobody took is dropped.
        answer.await.unwrap_or(Err(io::ErrorKind::BrokenPipe))
    }

    /// Writes a line without waiting for it.
    pub(crate) fn note(&self, line: AuditLine) {
        self.send(Order { line, kept: None });
    }

    fn send(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The writer ends after the last of those who ask.
            let _ = orders.send(order);
        }
    }

    /// Writes down somebody who was not let in, where there are not too many.
    pub(crate) fn note_refused(&self, mut line: AuditLine) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.bucket.take(Instant::now()) {
            refused.left_out += 1;
            return;
        }
        let left_out = std::mem::take(&mut refused.left_out);
        line.left_out = (left_out > 0).then_some(left_out);
        self.note(line);
    }
}

/// Waits until all is written.
impl Drop for Audit {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(writer) = self.writer.take() {
            // It has no more to say than it did.
            let _ = writer.join();
        }
    }
}

/// What tells a request from all others.
pub(crate) fn request_id() -> String {
    let mut id = [0; 8];
    // What it names is told by its other keys as well.
    let _ = getrandom::fill(&mut id);
    hex(&id)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::PermissionsExt,
        sync::{Arc, Mutex},
    };

    use tempfile::tempdir;

    use super::*;
    use crate::access::caller::{Peer, Who};

    fn line(path: &str) -> AuditLine {
        let peer = Peer::Socket { uid: 7 };
        AuditLine::asked(request_id(), Some(&Who::Uid(7)), peer, "trigger_task", path)
    }

    fn targets(dir: &Path) -> Vec<String> {
        let text = fs::read_to_string(dir.join(NAME)).unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<AuditLine>(line).ok());
        lines.map(|line| line.target).collect()
    }

    #[tokio::test]
    async fn it_goes_on_where_it_was_and_anew_where_it_was_moved() {
        let dir = tempdir().unwrap();
        let dir = dir.path();
        fs::write(dir.join(NAME), "{\"half").unwrap();
        let audit = Audit::start(dir, Arc::new(|_| {})).unwrap();
        for path in ["/a", "/b\n"] {
            assert_eq!(audit.keep(line(path)).await, Ok(()));
        }
        assert_eq!(targets(dir), ["/a", "/b\\n"]);
        fs::rename(dir.join(NAME), dir.join("old")).unwrap();
        assert_eq!(audit.keep(line("/c")).await, Ok(()));
        assert_eq!(targets(dir), ["/c"]);
        let mode = fs::metadata(dir.join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn what_can_t_be_kept_is_said() {
        let dir = tempdir().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = told.clone();
        let notices: Notices =
            Arc::new(move |notice| listener.lock().unwrap().push(notice.event()));
        fs::create_dir(dir.path().join(NAME)).unwrap();
        let audit = Audit::start(dir.path(), notices).unwrap();
        for path in ["/a", "/b"] {
            assert_eq!(audit.keep(line(path)).await, Err(io::ErrorKind::IsADirectory));
        }
        fs::remove_dir(dir.path().join(NAME)).unwrap();
        assert_eq!(audit.keep(line("/c")).await, Ok(()));
        assert_eq!(*told.lock().unwrap(), ["audit_unwritable", "audit_writable"]);
    }

    #[tokio::test]
    async fn who_is_not_let_in_can_t_fill_the_disk() {
        let dir = tempdir().unwrap();
        let audit = Audit::start(dir.path(), Arc::new(|_| {})).unwrap();
        for _ in 0..REFUSED * 10 {
            audit.note_refused(line("/refused").then(AuditEvent::Refused, Some(401)));
        }
        assert_eq!(audit.keep(line("/last")).await, Ok(()));
        let lines = targets(dir.path()).len();
        assert!(lines < usize::try_from(REFUSED * 2).unwrap(), "{lines}");
    }
}
