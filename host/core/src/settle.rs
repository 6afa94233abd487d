//! When a file in a watched directory is complete enough to be read.
//!
//! Nobody can see whether another process is done writing. What can be seen is
//! that a file has not changed between two looks; a file that passes is read, and
//! read again should it change after all.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

/// What a look at a file's metadata tells. Two equal stamps mean: not touched in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The length in bytes.
    pub length: u64,
    /// The time of the last modification.
    pub modified: SystemTime,
    /// What tells a replaced file from a changed one; the inode on Unix.
    pub identity: u64,
}

/// What is to be done about a watched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<K> {
    /// It is new or has changed, and rests: read it.
    Read(K),
    /// It is gone.
    Removed(K),
}

/// The memory between looks at a directory. `K` names a file.
#[derive(Debug)]
pub struct Settling<K> {
    rest: Duration,
    files: BTreeMap<K, File>,
}

#[derive(Debug)]
struct File {
    stamp: Stamp,
    read: Option<Stamp>,
    again: bool,
}

impl<K: Ord + Clone> Settling<K> {
    /// A file rests when it has two equal stamps in a row, or when its last
    /// modification is at least `rest` ago.
    #[must_use]
    pub fn new(rest: Duration) -> Self {
        Self { rest, files: BTreeMap::new() }
    }

    /// Whether the last look found files that it left for the next one.
    #[must_use]
    pub fn restless(&self) -> bool {
        self.files.values().any(|file| file.read != Some(file.stamp))
    }

    /// Has a file read again as soon as it rests, though it has not changed.
    pub fn again(&mut self, key: &K) {
        if let Some(file) = self.files.get_mut(key) {
            file.again = true;
        }
    }

    /// Takes a look at time `now` and says what follows from it.
    pub fn look(&mut self, seen: BTreeMap<K, Stamp>, now: SystemTime) -> Vec<Change<K>> {
        let mut changes = Vec::new();
        self.files.retain(|key, file| {
            let stays = seen.contains_key(key);
            if !stays && file.read.is_some() {
                changes.push(Change::Removed(key.clone()));
            }
            stays
        });
        for (key, stamp) in seen {
            let before = self.files.get(&key).map(|file| file.stamp);
            let file =
                self.files.entry(key.clone()).or_insert(File { stamp, read: None, again: false });
            file.stamp = stamp;
            let aged = now.duration_since(stamp.modified).is_ok_and(|age| age >= self.rest);
            if (file.again || file.read != Some(stamp)) && (aged || before == Some(stamp)) {
                file.read = Some(stamp);
                file.again = false;
                changes.push(Change::Read(key));
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(2);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn stamp(length: u64, modified: u64) -> Stamp {
        Stamp { length, modified: at(modified), identity: 1 }
    }

    fn look(
        settling: &mut Settling<&'static str>,
        stamp: Option<Stamp>,
        now: u64,
    ) -> Vec<Change<&'static str>> {
        settling.look(stamp.map(|stamp| ("a", stamp)).into_iter().collect(), at(now))
    }

    #[test]
    fn an_old_file_is_read_at_once_and_only_once() {
        let mut settling = Settling::new(REST);
        assert_eq!(look(&mut settling, Some(stamp(10, 0)), 100), [Change::Read("a")]);
        assert_eq!(look(&mut settling, Some(stamp(10, 0)), 101), []);
        assert!(!settling.restless());
    }

    #[test]
    fn a_file_is_read_again_where_somebody_asks_for_it() {
        let mut settling = Settling::new(REST);
        assert_eq!(look(&mut settling, Some(stamp(10, 0)), 100), [Change::Read("a")]);
        settling.again(&"a");
        assert_eq!(look(&mut settling, Some(stamp(10, 0)), 101), [Change::Read("a")]);
        assert_eq!(look(&mut settling, Some(stamp(10, 0)), 102), []);
        settling.again(&"a");
        assert_eq!(look(&mut settling, None, 103), [Change::Removed("a")]);
    }

    #[test]
    fn a_growing_file_is_left_alone_until_it_rests() {
        let mut settling = Settling::new(REST);
        assert_eq!(look(&mut settling, Some(stamp(10, 100)), 100), []);
        assert_eq!(look(&mut settling, Some(stamp(20, 101)), 101), []);
        assert!(settling.restless());
        assert_eq!(look(&mut settling, Some(stamp(20, 101)), 102), [Change::Read("a")]);
    }

    #[test]
    fn a_file_from_the_future_is_read_once_it_rests() {
        let mut settling = Settling::new(REST);
        assert_eq!(look(&mut settling, Some(stamp(10, 9_999)), 100), []);
        assert_eq!(look(&mut settling, Some(stamp(10, 9_999)), 101), [Change::Read("a")]);
    }

    #[test]
    fn a_change_and_a_removal_are_seen() {
        let mut settling = Settling::new(REST);
        look(&mut settling, Some(stamp(10, 0)), 100);
        let replaced = Stamp { identity: 2, ..stamp(10, 0) };
        assert_eq!(look(&mut settling, Some(replaced), 101), [Change::Read("a")]);
        assert_eq!(look(&mut settling, None, 102), [Change::Removed("a")]);
        assert_eq!(look(&mut settling, None, 103), []);
    }

    #[test]
    fn a_file_that_never_rested_is_not_missed() {
        let mut settling = Settling::new(REST);
        look(&mut settling, Some(stamp(10, 100)), 100);
        assert_eq!(look(&mut settling, None, 101), []);
    }
}
