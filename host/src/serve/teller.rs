//! Standard output for things that must not wait for it.
//!
//! Who reads may be slow, or gone, or a full disk. Guests and the engine's loops
//! tell their lines on the way, so a line goes to a bounded queue and a thread of
//! its own writes it; what does not fit is counted, and the count is told.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// Lines that wait to be written; some megabytes at most.
const QUEUE: usize = 4096;

/// Bytes that are written at once, and the line that goes beyond.
const CHUNK: usize = 16 << 10;

/// How long an end waits for whoever reads.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes lines without waiting for it.
pub(super) struct Teller {
    lines: SyncSender<String>,
    dropped: AtomicU64,
    queued: AtomicU64,
    written: Arc<AtomicU64>,
}

impl Teller {
    /// Starts the writer.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub(super) fn start() -> io::Result<Self> {
        let (lines, queue) = sync_channel(QUEUE);
        let written = Arc::<AtomicU64>::default();
        let count = written.clone();
        // Ends with its queue, or with the process: nobody waits for it but `flush`.
        thread::Builder::new().name("output".to_owned()).spawn(move || write(queue, &count))?;
        Ok(Self { lines, dropped: AtomicU64::new(0), queued: AtomicU64::new(0), written })
    }

    /// Tells a line; `missing` words how many were dropped before it.
    pub(super) fn tell(&self, line: String, missing: impl FnOnce(u64) -> String) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 && self.queue(missing(dropped)).is_err() {
            self.dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        if let Err(TrySendError::Full(_)) = self.queue(line) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn queue(&self, line: String) -> Result<(), TrySendError<String>> {
        // Counted before it can be written: what is written is never ahead.
        self.queued.fetch_add(1, Ordering::Relaxed);
        self.lines.try_send(line).inspect_err(|_| {
            self.queued.fetch_sub(1, Ordering::Relaxed);
        })
    }

    /// Waits until everything told so far is written, but not for long: for the end.
    pub(super) fn flush(&self) {
        let queued = self.queued.load(Ordering::Relaxed);
        let patience = Instant::now() + PATIENCE;
        while self.written.load(Ordering::Acquire) < queued && Instant::now() < patience {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn write(queue: Receiver<String>, written: &AtomicU64) {
    let mut out = io::stdout();
    while let Ok(mut text) = queue.recv() {
        text.push('\n');
        let mut lines = 1;
        // What has come meanwhile goes along: where much happens, a line by itself takes
        // longer to write than to make.
        while text.len() < CHUNK
            && let Ok(line) = queue.try_recv()
        {
            text.push_str(&line);
            text.push('\n');
            lines += 1;
        }
        // A reader that is gone and a disk that is full are no reason to stop
        // working: the history has it all.
        let _ = out.write_all(text.as_bytes());
        written.fetch_add(lines, Ordering::Release);
    }
}
