//! What is told of a store that fails: the same trouble once, however many meet it and
//! however often, and that it is over once it is for all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use horarium_core::store::StoreError;

use crate::event::{Event, Events};

/// The troubles of all who wait for the store.
pub(crate) struct Troubles {
    events: Arc<dyn Events>,
    /// One for each who waits.
    met: Mutex<Vec<StoreError>>,
}

impl Troubles {
    pub(crate) fn new(events: Arc<dyn Events>) -> Self {
        Self { events, met: Mutex::default() }
    }

    /// Somebody begins to ask the store, and goes on until it answers.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        Waiting { troubles: self, met: None }
    }

    /// Somebody who looks now and then begins to.
    pub(crate) fn looking(&self) -> Looking<'_> {
        Looking { troubles: self, met: None }
    }

    fn met(&self) -> MutexGuard<'_, Vec<StoreError>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who asks the store until it answers.
pub(crate) struct Waiting<'a> {
    troubles: &'a Troubles,
    met: Option<StoreError>,
}

impl<'a> Waiting<'a> {
    /// It does not do what it is asked to.
    pub(crate) fn meet(&mut self, error: StoreError) {
        if self.met.as_ref() == Some(&error) {
            return;
        }
        self.leave();
        let mut met = self.troubles.met();
        if !met.contains(&error) {
            self.troubles.events.event(Event::StoreTrouble(error.clone()));
        }
        met.push(error.clone());
        self.met = Some(error);
    }

    /// It did what it was asked to.
    pub(crate) fn done(mut self) {
        // Held until it is told: nobody's next trouble comes before.
        if let Some(met) = self.leave()
            && met.is_empty()
        {
            self.troubles.events.event(Event::StoreRecovered);
        }
    }

    /// What the others have met, where this one had met something.
    fn leave(&mut self) -> Option<MutexGuard<'a, Vec<StoreError>>> {
        let error = self.met.take()?;
        let mut met = self.troubles.met();
        if let Some(place) = met.iter().position(|other| *other == error) {
            met.swap_remove(place);
        }
        Some(met)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Gave up: for this one nothing is over.
        self.leave();
    }
}

/// Somebody who asks the store again only when the next round comes.
pub(crate) struct Looking<'a> {
    troubles: &'a Troubles,
    met: Option<StoreError>,
}

impl Looking<'_> {
    /// It does not do what it is asked to.
    pub(crate) fn meet(&mut self, error: StoreError) {
        if self.met.as_ref() != Some(&error) && !self.troubles.met().contains(&error) {
            self.troubles.events.event(Event::StoreTrouble(error.clone()));
        }
        self.met = Some(error);
    }

    /// It did what it was asked to.
    pub(crate) fn done(&mut self) {
        self.met = None;
    }
}
