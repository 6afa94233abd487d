//! Threads that read, each with a connection and a cache of its own. As many as there are
//! processors for, and a few more, since some wait for a disk; who asks beside them waits.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, available_parallelism},
};

use rusqlite::Connection;

/// Threads beside those that there are processors for.
const SPARE: usize = 2;

/// Something to be looked up, over the connection that its thread has, or had until
/// something went wrong with it.
pub(super) type Look = Box<dyn FnOnce(&mut Option<Connection>) + Send>;

/// The way to them. They end when it is gone, and all that was asked for is read.
pub(super) struct Readers {
    queue: Arc<Queue>,
    most: usize,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    news: Condvar,
    /// Rings when a thread has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    looks: VecDeque<Look>,
    threads: usize,
    /// Those of them that wait for something to do.
    idle: usize,
    over: bool,
}

impl Readers {
    pub(super) fn new() -> Self {
        let most = available_parallelism().map_or(1, usize::from) + SPARE;
        Self { queue: Arc::default(), most }
    }

    /// Has something looked up as soon as there is a thread for it.
    ///
    /// # Errors
    /// Where there is none, and there can be none.
    pub(super) fn ask(&self, look: Look) -> io::Result<()> {
        let mut state = self.queue.state();
        if state.idle <= state.looks.len() && state.threads < self.most {
            let queue = self.queue.clone();
            let begun =
                thread::Builder::new().name("reader".to_owned()).spawn(move || queue.work());
            match begun {
                Ok(_) => state.threads += 1,
                // There are others.
                Err(_) if state.threads > 0 => {}
                Err(reason) => return Err(reason),
            }
        }
        state.looks.push_back(look);
        drop(state);
        self.queue.news.notify_one();
        Ok(())
    }
}

/// Waits until their connections are closed: the writer's is to be the last one, which puts
/// the log into the database.
impl Drop for Readers {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.over = true;
        self.queue.news.notify_all();
        while state.threads > 0 {
            state = self.queue.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        // By a panic as well: another thread takes its place.
        struct Working<'q>(&'q Queue);
        impl Drop for Working<'_> {
            fn drop(&mut self) {
                self.0.state().threads -= 1;
                self.0.ended.notify_all();
            }
        }
        // Dropped after the connection.
        let _working = Working(self);
        let mut connection = None;
        while let Some(look) = self.next() {
            look(&mut connection);
        }
    }

    /// Waits for something to do; none at the end.
    fn next(&self) -> Option<Look> {
        let mut state = self.state();
        loop {
            if let Some(look) = state.looks.pop_front() {
                return Some(look);
            }
            if state.over {
                return None;
            }
            state.idle += 1;
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn no_more_read_at_once_than_there_are_threads_and_all_is_read() {
        let readers = Readers::new();
        let (begun, heard) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let looks = readers.most * 3;
        for number in 0..looks {
            let (begun, wait) = (begun.clone(), wait.clone());
            let look = move |_: &mut Option<Connection>| {
                begun.send(number).unwrap();
                wait.lock().unwrap().recv().unwrap();
            };
            readers.ask(Box::new(look)).unwrap();
        }
        for _ in 0..readers.most {
            heard.recv().unwrap();
        }
        assert_eq!(readers.queue.state().looks.len(), looks - readers.most);
        for _ in 0..looks {
            go.send(()).unwrap();
        }
        let left = looks - readers.most;
        drop((readers, begun));
        assert_eq!(heard.iter().count(), left);
    }

    #[test]
    fn a_panic_takes_nobody_along() {
        let readers = Readers::new();
        let (told, heard) = mpsc::channel();
        for _ in 0..readers.most * 2 {
            readers.ask(Box::new(|_| panic!("on purpose"))).unwrap();
        }
        readers.ask(Box::new(move |_| told.send(()).unwrap())).unwrap();
        while heard.try_recv().is_err() {
            // Whoever asks next brings a thread where all have gone.
            readers.ask(Box::new(|_| {})).unwrap();
        }
    }
}
