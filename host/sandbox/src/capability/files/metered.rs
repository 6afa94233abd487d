//! A stream to a file, with what goes through it counted.
//!
//! wasmtime-wasi writes whatever it is handed, on a thread of its own. So it is seen
//! to here that nobody hands over more than was permitted, and that an attempt has
//! few such threads at a time.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::budget::{BLOCK, Budget};

pub(super) struct Metered {
    stream: DynOutputStream,
    budget: Budget,
    /// What the next write costs beyond its bytes.
    start: usize,
    /// Bytes that the next write may have.
    permitted: usize,
    next: Next,
}

/// What is between the guest and the stream.
enum Next {
    /// Nothing.
    Nothing,
    /// Bytes that wait for a job to be free.
    Waits(Bytes),
    /// The reason why those that waited are not written.
    Failed(StreamError),
}

/// Bytes on their way. The job that writes them drops them when it has ended.
struct Job {
    bytes: Bytes,
    _turn: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Job {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Metered {
    pub(super) fn new(stream: DynOutputStream, budget: Budget) -> Self {
        Self { stream, budget, start: BLOCK, permitted: 0, next: Next::Nothing }
    }

    fn spend(&mut self, bytes: &Bytes) -> StreamResult<()> {
        let cost = bytes.len().saturating_add(self.start);
        self.budget
            .spend(u64::try_from(cost).unwrap_or(u64::MAX))
            .map_err(|over| StreamError::LastOperationFailed(over.into()))?;
        self.start = 0;
        Ok(())
    }

    fn begin(&mut self, bytes: Bytes, turn: OwnedSemaphorePermit) -> StreamResult<()> {
        self.stream.write(Bytes::from_owner(Job { bytes, _turn: turn }))
    }

    /// Says once what went wrong.
    fn failure(&mut self) -> StreamResult<()> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Failed(reason) => Err(reason),
            next => {
                self.next = next;
                Ok(())
            }
        }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Metered {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > std::mem::take(&mut self.permitted) {
            return Err(StreamError::trap("it has written more than `check-write` permitted"));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.spend(&bytes)?;
        match self.budget.jobs().clone().try_acquire_owned() {
            Ok(turn) => self.begin(bytes, turn),
            Err(_) => {
                self.next = Next::Waits(bytes);
                Ok(())
            }
        }
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.ready().await;
        self.failure()?;
        self.spend(&bytes)?;
        // The guest waits for it, so there is one such job.
        self.stream.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.failure()?;
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.failure()?;
        self.permitted = match self.next {
            Next::Waits(_) => 0,
            Next::Nothing | Next::Failed(_) => self.stream.check_write()?,
        };
        Ok(self.permitted)
    }

    async fn cancel(&mut self) {
        self.next = Next::Nothing;
        self.stream.cancel().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Metered {
    async fn ready(&mut self) {
        if let Next::Waits(bytes) = &self.next {
            let bytes = bytes.clone();
            // The semaphore is never closed.
            let Ok(turn) = self.budget.jobs().clone().acquire_owned().await else { return };
            self.next = match self.begin(bytes, turn) {
                Ok(()) => Next::Nothing,
                Err(reason) => Next::Failed(reason),
            };
        }
        self.stream.ready().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{Arc, Mutex},
        task::{Context, Waker},
    };

    use horarium_core::grants::WriteLimit;

    use super::*;
    use crate::state::SharedCapture;

    /// A disk that takes its time: what is being written stays here.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<Vec<Bytes>>>);

    impl Disk {
        fn busy(&self) -> usize {
            self.0.lock().unwrap().len()
        }
    }

    struct File {
        disk: Disk,
        writes: bool,
    }

    #[wasmtime_wasi::async_trait]
    impl OutputStream for File {
        fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
            assert!(!self.writes, "it was not permitted");
            self.writes = true;
            self.disk.0.lock().unwrap().push(bytes);
            Ok(())
        }

        fn flush(&mut self) -> StreamResult<()> {
            Ok(())
        }

        fn check_write(&mut self) -> StreamResult<usize> {
            Ok(if self.writes { 0 } else { 100 })
        }
    }

    #[wasmtime_wasi::async_trait]
    impl Pollable for File {
        async fn ready(&mut self) {
            if self.writes {
                pending::<()>().await;
            }
        }
    }

    fn files<const N: usize>(disk: &Disk) -> [Metered; N] {
        let budget = Budget::new(WriteLimit::default(), SharedCapture::nobodys());
        std::array::from_fn(|_| {
            let file = File { disk: disk.clone(), writes: false };
            Metered::new(Box::new(file), budget.clone())
        })
    }

    #[test]
    fn nobody_writes_more_than_is_permitted() {
        let disk = Disk::default();
        let bytes = |length| Bytes::from(vec![0; length]);
        let [mut unasked, mut greedy, mut honest] = files(&disk);
        assert!(matches!(unasked.write(bytes(1)), Err(StreamError::Trap(_))));
        assert_eq!(greedy.check_write().unwrap(), 100);
        assert!(matches!(greedy.write(bytes(101)), Err(StreamError::Trap(_))));
        assert_eq!(disk.busy(), 0);
        assert_eq!(honest.check_write().unwrap(), 100);
        honest.write(bytes(100)).unwrap();
        assert!(matches!(honest.write(bytes(1)), Err(StreamError::Trap(_))));
        assert_eq!(disk.busy(), 1);
    }

    #[test]
    fn what_is_permitted_waits_until_a_job_is_free() {
        let disk = Disk::default();
        let mut files: [Metered; 6] = files(&disk);
        for file in &mut files {
            assert_eq!(file.check_write().unwrap(), 100);
            file.write(Bytes::from_static(b"x")).unwrap();
            assert_eq!(file.check_write().unwrap(), 0);
        }
        assert_eq!(disk.busy(), 4);
        let ready = |file: &mut Metered| {
            let mut ready = file.ready();
            ready.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        assert!(!ready(&mut files[5]));
        assert_eq!(disk.busy(), 4);
        // A job ends, and nobody has looked at its stream.
        disk.0.lock().unwrap().remove(0);
        assert!(!ready(&mut files[4]));
        assert_eq!(disk.busy(), 4);
        assert!(!ready(&mut files[5]));
        assert_eq!(disk.busy(), 4);
    }
}
