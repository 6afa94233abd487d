//! Going through the entries of a bucket.

use std::{marker::PhantomData, vec};

use serde::de::DeserializeOwned;

use super::{Found, State, StateError, decode};

/// Entries of a bucket, in the order of their keys; see [`State::entries`]. After an error
/// there are no more.
#[derive(Debug)]
pub struct Entries<'c, T> {
    state: State<'c>,
    prefix: String,
    known: vec::IntoIter<(String, Found)>,
    next: Next,
    of: PhantomData<fn() -> T>,
}

#[derive(Debug)]
enum Next {
    /// What comes after this key, or all.
    After(Option<String>),
    /// Nothing.
    End,
}

impl<'c, T> Entries<'c, T> {
    pub(super) fn new(state: State<'c>, prefix: String) -> Self {
        let (known, next) = (Vec::new().into_iter(), Next::After(None));
        Self { state, prefix, known, next, of: PhantomData }
    }

    /// The next one, as bytes.
    fn found(&mut self) -> Result<Option<(String, Found)>, StateError> {
        loop {
            if let Some(found) = self.known.next() {
                return Ok(Some(found));
            }
            let Next::After(after) = std::mem::replace(&mut self.next, Next::End) else {
                return Ok(None);
            };
            let State { source, bucket } = self.state;
            let (found, more) = source.entries(bucket, &self.prefix, after.as_deref())?;
            if let Some((last, _)) = found.last().filter(|_| more) {
                self.next = Next::After(Some(last.clone()));
            }
            self.known = found.into_iter();
        }
    }
}

impl<T: DeserializeOwned> Iterator for Entries<'_, T> {
    type Item = Result<(String, T), StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.found().and_then(|found| {
            let decoded = |(key, found): (String, Found)| {
                let value = decode(&key, &found.value)?;
                Ok((key, value))
            };
            found.map(decoded).transpose()
        });
        if entry.is_err() {
            (self.known, self.next) = (Vec::new().into_iter(), Next::End);
        }
        entry.transpose()
    }
}
