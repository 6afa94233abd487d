//! What one attempt has read of a bucket, and wants to have changed.

use std::collections::BTreeMap;

use super::{Bucket, Changes, Entry, Key, Page, Quota, Stand, Unfit, Version, overlay};

/// Keys that are remembered one by one as having been read. Beyond, the whole bucket counts
/// as read: to the reader's own loss, since any change of it is a conflict then.
const REMEMBERED: usize = 4096;

/// What the host's memory holds for each key that is written or remembered, beside its own
/// bytes and its value's: roughly, and rather more.
const OVERHEAD: u64 = 128;

/// What an attempt has read of a bucket, and what has to be the same when it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: what is written does not depend on what was there.
    #[default]
    Nothing,
    /// Some keys, and their versions; none where there was no such key.
    Keys(BTreeMap<Key, Option<Version>>),
    /// So much that nobody may have changed the bucket since this version.
    All(Version),
}

/// A bucket as one attempt sees it while it goes on: what is committed, and above it what
/// it has written itself.
#[derive(Debug)]
pub struct Draft {
    bucket: Bucket,
    quota: Quota,
    seen: Seen,
    /// Where the bucket stood when it was read first.
    since: Option<Stand>,
    writes: BTreeMap<Key, Option<Entry>>,
    /// What stands in `writes`.
    written: Quota,
    /// How many times it has written.
    times: u64,
    /// Bytes in all that is remembered of what was read.
    remembered: u64,
}

impl Draft {
    /// Of a bucket that may hold this much.
    #[must_use]
    pub fn new(bucket: Bucket, quota: Quota) -> Self {
        Self {
            bucket,
            quota,
            seen: Seen::Nothing,
            since: None,
            writes: BTreeMap::new(),
            written: Quota::default(),
            times: 0,
            remembered: 0,
        }
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Bytes that the host's memory holds for it, roughly.
    #[must_use]
    pub fn size(&self) -> u64 {
        let keys = u64::try_from(self.writes.len()).unwrap_or(u64::MAX);
        self.remembered
            .saturating_add(self.written.bytes)
            .saturating_add(keys.saturating_mul(OVERHEAD))
    }

    /// What the attempt has written under a key itself: an entry, or none where it has
    /// deleted it. `None` where it has not, and what is committed counts.
    #[must_use]
    pub fn own(&self, key: &str) -> Option<Option<&Entry>> {
        self.writes.get(key).map(Option::as_ref)
    }

    /// Notes that a key was read: this is what was committed under it, and where the bucket
    /// stood then.
    ///
    /// # Errors
    /// Where another run has changed what this one had read.
    pub fn read(&mut self, key: &Key, version: Option<Version>, stand: Stand) -> Result<(), Unfit> {
        let since = self.since.get_or_insert(stand).version;
        match &mut self.seen {
            Seen::All(seen) if *seen == stand.version => return Ok(()),
            Seen::All(_) => return Err(self.conflict()),
            Seen::Nothing => self.seen = Seen::Keys(BTreeMap::new()),
            Seen::Keys(_) => {}
        }
        let Seen::Keys(keys) = &mut self.seen else { return Ok(()) };
        match keys.get(key) {
            Some(before) if *before == version => return Ok(()),
            Some(_) => return Err(self.conflict()),
            None => {}
        }
        if keys.len() < REMEMBERED {
            keys.insert(key.clone(), version);
            self.remembered += Quota::of(key, &[]).bytes.saturating_add(OVERHEAD);
            return Ok(());
        }
        self.read_all(Stand { version: since, ..stand }, stand)
    }

    /// Notes that keys were listed, when the bucket stood here.
    ///
    /// # Errors
    /// Where another run has changed what this one had read.
    pub fn listed(&mut self, stand: Stand) -> Result<(), Unfit> {
        let since = *self.since.get_or_insert(stand);
        match self.seen {
            // What is listed now had no part in what was read before.
            Seen::Nothing => self.read_all(stand, stand),
            Seen::Keys(_) | Seen::All(_) => self.read_all(since, stand),
        }
    }

    /// From here on, the bucket has to stay as it was.
    fn read_all(&mut self, since: Stand, now: Stand) -> Result<(), Unfit> {
        if since.version != now.version {
            return Err(self.conflict());
        }
        self.seen = Seen::All(since.version);
        self.remembered = 0;
        Ok(())
    }

    fn conflict(&self) -> Unfit {
        Unfit::Conflict { bucket: self.bucket.clone() }
    }

    /// Writes a value, or none to delete the key. It is the last word on that key.
    ///
    /// # Errors
    /// Where the bucket would hold too much: by what is written alone, or together with what
    /// is known to be there. (The store has the last word.)
    pub fn write(&mut self, key: Key, value: Option<Vec<u8>>) -> Result<(), Unfit> {
        let before = match self.writes.get(&key) {
            Some(Some(entry)) => Quota::of(&key, &entry.value),
            Some(None) => Quota { keys: 0, ..Quota::of(&key, &[]) },
            None => Quota::default(),
        };
        let after = match &value {
            Some(value) => Quota::of(&key, value),
            None => Quota { keys: 0, ..Quota::of(&key, &[]) },
        };
        let wanted = self.written.minus(before).plus(after);
        // What makes it less is always let through.
        if value.is_some() && !self.quota.holds(&wanted) {
            let (bucket, quota) = (self.bucket.clone(), self.quota);
            return Err(Unfit::Quota { bucket, quota, wanted });
        }
        self.written = wanted;
        let version = Version::of_draft(self.times);
        self.times += 1;
        self.writes.insert(key, value.map(|value| Entry { value, version }));
        Ok(())
    }

    /// Entries as the attempt sees them, made of those that are committed: see [`overlay`].
    #[must_use]
    pub fn page(&self, prefix: &str, after: Option<&str>, limit: usize, committed: &Page) -> Page {
        overlay(&self.writes, prefix, after, limit, committed)
    }

    /// What is to be recorded with the attempt's success.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        let writes = self.writes.into_iter();
        Changes {
            bucket: self.bucket,
            quota: self.quota,
            seen: self.seen,
            writes: writes.map(|(key, entry)| (key, entry.map(|entry| entry.value))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { bytes: 100, keys: 3 };

    fn draft() -> Draft {
        Draft::new(Bucket::Own("sync".parse().unwrap()), QUOTA)
    }

    fn key(text: &str) -> Key {
        Key::new(text).unwrap()
    }

    fn at(version: u64) -> Stand {
        Stand { version: Version(version), ..Stand::default() }
    }

    fn is_conflict(result: Result<(), Unfit>) -> bool {
        matches!(result, Err(Unfit::Conflict { .. }))
    }

    #[test]
    fn an_attempt_sees_its_own_writes() {
        let mut draft = draft();
        assert_eq!(draft.own("a"), None);
        draft.write(key("a"), Some(b"1".to_vec())).unwrap();
        let first = draft.own("a").unwrap().unwrap().clone();
        draft.write(key("a"), Some(b"1".to_vec())).unwrap();
        let second = draft.own("a").unwrap().unwrap();
        assert_eq!(second.value, b"1");
        assert_ne!(first.version, second.version, "it was written since");
        draft.write(key("a"), None).unwrap();
        assert_eq!(draft.own("a"), Some(None));
        assert_eq!(draft.into_changes().writes, [(key("a"), None)]);
    }

    #[test]
    fn what_is_only_written_depends_on_nothing() {
        let mut draft = draft();
        draft.write(key("a"), Some(b"1".to_vec())).unwrap();
        assert_eq!(draft.into_changes().seen, Seen::Nothing);
    }

    #[test]
    fn what_was_read_has_to_stay() {
        let mut draft = draft();
        draft.read(&key("a"), Some(Version(3)), at(5)).unwrap();
        draft.read(&key("b"), None, at(6)).unwrap();
        // Others may change others.
        draft.read(&key("a"), Some(Version(3)), at(7)).unwrap();
        assert!(is_conflict(draft.read(&key("b"), Some(Version(7)), at(7))));
        let seen = [(key("a"), Some(Version(3))), (key("b"), None)].into_iter().collect();
        assert_eq!(draft.into_changes().seen, Seen::Keys(seen));
    }

    #[test]
    fn who_lists_has_read_everything() {
        let mut listing = draft();
        listing.listed(at(5)).unwrap();
        listing.read(&key("a"), None, at(5)).unwrap();
        assert!(is_conflict(listing.read(&key("a"), None, at(6))));
        assert!(is_conflict(listing.listed(at(6))));
        // Nobody can tell any more whether what was read before is as it was.
        let mut reading = draft();
        reading.read(&key("a"), None, at(5)).unwrap();
        assert!(is_conflict(reading.listed(at(6))));
        let mut lucky = draft();
        lucky.read(&key("a"), None, at(5)).unwrap();
        lucky.listed(at(5)).unwrap();
        assert_eq!(lucky.into_changes().seen, Seen::All(Version(5)));
    }

    #[test]
    fn what_is_remembered_of_many_reads_is_bounded() {
        let mut draft = draft();
        for number in 0..=REMEMBERED {
            draft.read(&key(&number.to_string()), None, at(5)).unwrap();
        }
        assert_eq!(draft.size(), 0);
        assert!(is_conflict(draft.read(&key("more"), None, at(6))));
        assert_eq!(draft.into_changes().seen, Seen::All(Version(5)));
    }

    #[test]
    fn no_more_is_written_than_the_bucket_may_hold() {
        let mut draft = draft();
        for name in ["a", "b", "c"] {
            draft.write(key(name), Some(vec![0; 20])).unwrap();
        }
        let refused = draft.write(key("d"), Some(Vec::new())).unwrap_err();
        let of = "the state of task `sync` would hold 4 keys where its quota is 3";
        assert_eq!(refused.to_string(), of);
        let refused = draft.write(key("c"), Some(vec![0; 60])).unwrap_err();
        let of = "the state of task `sync` would hold 103 bytes where its quota is 100";
        assert_eq!(refused.to_string(), of);
        // What goes makes room.
        draft.write(key("a"), None).unwrap();
        draft.write(key("d"), Some(vec![0; 20])).unwrap();
        assert_eq!(draft.size(), 1 + 3 * 21 + 4 * OVERHEAD);
    }
}
