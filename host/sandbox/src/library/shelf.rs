//! What is known of every file, and what is being found out.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::{Notify, oneshot};

use super::{LibraryEvent, Listing, Verdict};
use crate::{
    error::LoadError,
    plugin::{Plugin, SharedPlugin},
};

/// Every file's last good version, and the loads that may bring a new one.
#[derive(Default)]
pub(super) struct Shelf {
    content: RwLock<Content>,
    changed: Notify,
}

#[derive(Default)]
struct Content {
    books: BTreeMap<String, Book>,
    loads: BTreeMap<String, Latest>,
    /// What nobody has been told yet.
    news: VecDeque<LibraryEvent>,
    /// Loads that have begun, ever.
    begun: u64,
}

/// What is known of one file.
#[derive(Default)]
struct Book {
    plugin: Option<SharedPlugin>,
    problem: Option<String>,
}

/// The latest load of a file; the ones before it don't matter any more.
struct Latest {
    number: u64,
    /// Dropped, it ends the load.
    _interest: oneshot::Sender<()>,
}

/// A file that is being loaded. However that ends, by a panic as well, the shelf
/// hears of it.
pub(super) struct Load {
    shelf: Arc<Shelf>,
    name: String,
    number: u64,
}

/// What there is to tell.
pub(super) enum News {
    /// This, and so much more is to come.
    Event(LibraryEvent, usize),
    /// Nothing yet.
    Later,
    /// Nothing: no file is being loaded.
    Never,
}

impl Shelf {
    /// Begins to load a file. The future completes when a newer version of the file
    /// is being loaded, or it is gone: then nobody waits for this one any more.
    pub(super) fn begin(self: &Arc<Self>, name: String) -> (Load, oneshot::Receiver<()>) {
        let (interest, lost) = oneshot::channel();
        let number = self.write(|content| {
            content.begun += 1;
            let latest = Latest { number: content.begun, _interest: interest };
            content.loads.insert(name.clone(), latest);
            content.begun
        });
        (Load { shelf: self.clone(), name, number }, lost)
    }

    pub(super) fn remove(&self, name: String) {
        self.write(|content| {
            content.loads.remove(&name);
            content.books.remove(&name);
            content.news.push_back(LibraryEvent::Removed { name });
        });
        self.changed.notify_waiters();
    }

    /// Takes the next event.
    pub(super) fn take(&self) -> News {
        self.write(|content| match content.news.pop_front() {
            Some(event) => News::Event(event, content.news.len() + content.loads.len()),
            None if content.loads.is_empty() => News::Never,
            None => News::Later,
        })
    }

    /// Waits for the next event; none where none will come of what is being loaded.
    pub(super) async fn next(&self) -> Option<(LibraryEvent, usize)> {
        loop {
            // Before the look, so that nothing that happens after it is missed.
            let changed = self.changed.notified();
            match self.take() {
                News::Event(event, left) => return Some((event, left)),
                News::Never => return None,
                News::Later => changed.await,
            }
        }
    }

    pub(super) fn plugin(&self, name: &str) -> Option<SharedPlugin> {
        self.read(|content| content.books.get(name).and_then(|book| book.plugin.clone()))
    }

    /// What is wrong with a file as it is now.
    pub(super) fn problem(&self, name: &str) -> Option<String> {
        self.read(|content| content.books.get(name).and_then(|book| book.problem.clone()))
    }

    /// Whether a file is being loaded, and nothing is known of it so far.
    pub(super) fn is_awaited(&self, name: &str) -> bool {
        self.read(|content| content.loads.contains_key(name) && !content.books.contains_key(name))
    }

    pub(super) fn list(&self) -> Vec<Listing> {
        self.read(|content| {
            let books = content.books.iter();
            books
                .map(|(name, book)| Listing {
                    name: name.clone(),
                    plugin: book.plugin.clone(),
                    problem: book.problem.clone(),
                })
                .collect()
        })
    }

    /// Puts a result where it belongs, if it is still wanted. None is where a file is
    /// gone before it was read.
    fn end(&self, name: &str, number: u64, result: Option<Result<Plugin, LoadError>>) {
        self.write(|content| {
            if content.loads.get(name).is_none_or(|latest| latest.number != number) {
                return;
            }
            content.loads.remove(name);
            if let Some(result) = result {
                let book = content.books.entry(name.to_owned()).or_default();
                content.news.push_back(book.update(name.to_owned(), result));
            }
        });
        self.changed.notify_waiters();
    }

    fn read<T>(&self, look: impl FnOnce(&Content) -> T) -> T {
        look(&self.content.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, act: impl FnOnce(&mut Content) -> T) -> T {
        act(&mut self.content.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Book {
    fn update(&mut self, name: String, result: Result<Plugin, LoadError>) -> LibraryEvent {
        let before = self.plugin.as_ref().map(|plugin| plugin.digest());
        match result {
            Ok(plugin) => {
                let plugin = Arc::new(plugin);
                *self = Self { plugin: Some(plugin.clone()), problem: None };
                LibraryEvent::Loaded { name, plugin, replaces: before }
            }
            Err(error) => {
                self.problem = Some(error.to_string());
                LibraryEvent::Refused { name, error, keeps: before }
            }
        }
    }
}

impl Load {
    /// Ends with this result. The answer says whose load it was, and what follows.
    pub(super) fn end(self, result: Result<Plugin, LoadError>) -> (String, Verdict) {
        let verdict = match &result {
            Err(reason) if !reason.is_final() => Verdict::Again,
            _ => Verdict::Final,
        };
        self.shelf.end(&self.name, self.number, Some(result));
        (self.name.clone(), verdict)
    }

    /// Ends without a result: the file is gone since it was seen. It may be back before
    /// anybody looks again, as if nothing had been, so it is to be tried again.
    pub(super) fn vanished(self) -> (String, Verdict) {
        self.shelf.end(&self.name, self.number, None);
        (self.name.clone(), Verdict::Again)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Where it has ended, or nobody waits for it any more, this changes nothing.
        let error = LoadError::Compiler("gave up; the log of the host says more".to_owned());
        self.shelf.end(&self.name, self.number, Some(Err(error)));
    }
}
