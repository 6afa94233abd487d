//! The days, and what happened on them.

use std::collections::BTreeMap;

use horarium_sdk::prelude::*;

use crate::event::{Action, Event};

/// What the log says.
#[output]
pub(crate) struct Digest {
    /// The log that was read.
    pub(crate) source: String,
    /// All events in it, also those of days that are not listed.
    pub(crate) events: u64,
    /// The last days with events, by date.
    pub(crate) days: BTreeMap<String, Day>,
    pub(crate) last: Option<Event>,
    #[serde(skip)]
    keep: usize,
}

/// How many packages it happened to.
#[output]
#[derive(Default)]
pub(crate) struct Day {
    pub(crate) installed: u64,
    pub(crate) upgraded: u64,
    pub(crate) removed: u64,
}

impl Digest {
    /// Nothing yet; will keep the last `keep` days.
    pub(crate) fn new(source: &str, keep: usize) -> Self {
        Self { source: source.to_owned(), events: 0, days: BTreeMap::new(), last: None, keep }
    }

    /// Counts an event, and lets go of the earliest day if there are too many.
    pub(crate) fn add(&mut self, event: Event) {
        self.events += 1;
        let day = self.days.entry(event.day().to_owned()).or_default();
        *match event.action {
            Action::Installed => &mut day.installed,
            Action::Upgraded => &mut day.upgraded,
            Action::Removed => &mut day.removed,
        } += 1;
        if self.days.len() > self.keep {
            self.days.pop_first();
        }
        self.last = Some(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_days_are_kept() {
        let mut digest = Digest::new("dpkg.log", 2);
        for (day, action) in [
            (7, Action::Installed),
            (8, Action::Removed),
            (8, Action::Removed),
            (9, Action::Upgraded),
        ] {
            digest.add(Event {
                at: format!("2026-05-0{day} 07:00:00"),
                action,
                package: "git:amd64".to_owned(),
                version: "1.0".to_owned(),
            });
        }
        assert_eq!(digest.events, 4);
        let days: Vec<_> = digest.days.keys().collect();
        assert_eq!(days, ["2026-05-08", "2026-05-09"]);
        assert_eq!(digest.days["2026-05-08"].removed, 2);
        assert_eq!(digest.last.unwrap().action, Action::Upgraded);
    }
}
