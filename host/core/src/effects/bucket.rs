//! Buckets: where tasks keep what they are to know next time.

use std::{borrow::Borrow, fmt, sync::Arc};

use crate::name::{BucketName, TaskName};

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// The one that a task has to itself.
    Own(TaskName),
    /// One that tasks share, each by a grant.
    Shared(BucketName),
}

impl fmt::Display for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(task) => write!(out, "the state of task `{task}`"),
            Self::Shared(bucket) => write!(out, "bucket `{bucket}`"),
        }
    }
}

/// How many times a bucket had been changed when something was as it is: that of an entry
/// is its bucket's at its last change. It never goes back, not even where an entry goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// Where the versions begin that an attempt sees of what it has written itself, and
    /// that nobody has committed yet.
    const DRAFTS: u64 = 1 << 62;

    /// The version of an attempt's own `nth` write.
    #[must_use]
    pub const fn of_draft(nth: u64) -> Self {
        Self(Self::DRAFTS + nth)
    }
}

/// What a bucket holds, or may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes in all keys and values together.
    pub bytes: u64,
    /// Keys.
    pub keys: u64,
}

impl Quota {
    /// What a bucket may hold where nobody says anything: enough for cursors and
    /// caches of some thousand things.
    pub const DEFAULT: Self = Self { bytes: 16 << 20, keys: 10_000 };

    /// The most that a task may ask for where the operator caps nothing.
    pub const MOST: Self = Self { bytes: 16 << 30, keys: 100_000_000 };

    /// What is counted for one entry.
    #[must_use]
    pub fn of(key: &Key, value: &[u8]) -> Self {
        Self { bytes: size(key.as_str().len()).saturating_add(size(value.len())), keys: 1 }
    }

    /// This and that.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            keys: self.keys.saturating_add(other.keys),
        }
    }

    /// This without that.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            keys: self.keys.saturating_sub(other.keys),
        }
    }

    /// Whether all of `wanted` fits.
    #[must_use]
    pub const fn holds(&self, wanted: &Self) -> bool {
        wanted.bytes <= self.bytes && wanted.keys <= self.keys
    }

    /// Whether what a bucket held may become `wanted`: what is not more than before may stay
    /// where the quota has become smaller.
    #[must_use]
    pub const fn admits(&self, before: &Self, wanted: &Self) -> bool {
        (wanted.bytes <= self.bytes || wanted.bytes <= before.bytes)
            && (wanted.keys <= self.keys || wanted.keys <= before.keys)
    }

    /// The less of each.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self { bytes: self.bytes.min(other.bytes), keys: self.keys.min(other.keys) }
    }
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Where a bucket stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stand {
    /// How many times it has been changed.
    pub version: Version,
    /// What it holds.
    pub holds: Quota,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Nothing at all.
    #[error("a key can't be empty")]
    Empty,
    /// Longer than [`Key::LONGEST`].
    #[error("a key has at most {} bytes, this one has {_0}", Key::LONGEST)]
    TooLong(usize),
    /// A character that can't be shown, and would stand in every list of keys.
    #[error("a key has no control characters, this one has {_0:?}")]
    Control(char),
}

/// The key of an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// The most bytes in a key: several of them fit into a page of a database.
    pub const LONGEST: usize = 512;

    /// Checks a text.
    ///
    /// # Errors
    /// Where it can't be a key.
    pub fn new(text: &str) -> Result<Self, InvalidKey> {
        match text.chars().find(|character| character.is_control()) {
            _ if text.is_empty() => Err(InvalidKey::Empty),
            _ if text.len() > Self::LONGEST => Err(InvalidKey::TooLong(text.len())),
            Some(control) => Err(InvalidKey::Control(control)),
            None => Ok(Self(text.into())),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Any bytes.
    pub value: Vec<u8>,
    /// When it was written last.
    pub version: Version,
}

/// Some of the entries of a bucket whose keys begin alike, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<(Key, Entry)>,
    /// Whether more follow.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked() {
        assert_eq!(Key::new("cursor/ä").unwrap().as_str(), "cursor/ä");
        assert_eq!(Key::new(""), Err(InvalidKey::Empty));
        assert_eq!(Key::new(&"k".repeat(512)).unwrap().as_str().len(), 512);
        assert_eq!(Key::new(&"k".repeat(1 << 20)), Err(InvalidKey::TooLong(1 << 20)));
        assert_eq!(Key::new("a\nb"), Err(InvalidKey::Control('\n')));
        let reason = Key::new(&"k".repeat(513)).unwrap_err().to_string();
        assert_eq!(reason, "a key has at most 512 bytes, this one has 513");
    }

    #[test]
    fn a_quota_is_met_by_both_of_its_numbers() {
        let quota = Quota { bytes: 10, keys: 2 };
        assert!(quota.holds(&Quota { bytes: 10, keys: 2 }));
        assert!(!quota.holds(&Quota { bytes: 11, keys: 1 }));
        assert!(!quota.holds(&Quota { bytes: 1, keys: 3 }));
        let before = Quota { bytes: 20, keys: 1 };
        assert!(quota.admits(&before, &Quota { bytes: 15, keys: 2 }));
        assert!(!quota.admits(&before, &Quota { bytes: 21, keys: 1 }));
        assert!(!quota.admits(&before, &Quota { bytes: 1, keys: 3 }));
        assert_eq!(Quota::of(&Key::new("abc").unwrap(), b"12"), Quota { bytes: 5, keys: 1 });
    }
}
