//! Reads what a child process prints, keeping a bounded part.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How many bytes to keep, and from which end.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    /// The first ones.
    Start(usize),
    /// The last ones.
    End(usize),
}

impl Keep {
    fn push(self, kept: &mut Vec<u8>, chunk: &[u8]) {
        match self {
            Self::Start(most) => {
                let room = most.saturating_sub(kept.len());
                kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Self::End(most) => {
                kept.extend_from_slice(chunk);
                let surplus = kept.len().saturating_sub(most);
                kept.drain(..surplus);
            }
        }
    }
}

/// Drains one pipe on a thread, so that a full pipe never blocks the child.
pub(super) struct Capture {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Capture {
    /// Starts to read `pipe`, if there is one.
    pub(super) fn start(pipe: Option<impl Read + Send + 'static>, keep: Keep) -> Self {
        let kept = Arc::<Mutex<Vec<u8>>>::default();
        let reader = pipe.map(|mut pipe| {
            let kept = Arc::clone(&kept);
            thread::spawn(move || {
                let mut chunk = [0; 8192];
                while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    keep.push(&mut kept, &chunk[..length]);
                }
            })
        });
        Self { kept, reader }
    }

    /// What was kept until now; a later call does not see it again.
    pub(super) fn so_far(&self) -> Vec<u8> {
        std::mem::take(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was kept when the pipe is at its end.
    pub(super) fn whole(mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            // The reader cannot panic; were it to, its bytes so far still serve.
            let _ = reader.join();
        }
        self.so_far()
    }
}

#[cfg(test)]
mod tests {
    use super::Keep;

    #[test]
    fn much_stderr_keeps_its_end_only() {
        let mut kept = Vec::new();
        for chunk in [b"abcd", b"efgh"] {
            Keep::End(5).push(&mut kept, chunk);
        }
        assert_eq!(kept, b"defgh");
    }

    #[test]
    fn much_stdout_keeps_its_start_only() {
        let mut kept = Vec::new();
        for chunk in [b"abcd", b"efgh"] {
            Keep::Start(5).push(&mut kept, chunk);
        }
        assert_eq!(kept, b"abcde");
    }
}
