//! How buckets are written: `task/NAME` and `shared/NAME`.

use std::str::FromStr;

use super::Bucket;
use crate::name::NameError;

/// Why a text is no bucket's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBucket {
    /// There is no such kind of bucket.
    #[error("a bucket is `task/NAME` or `shared/NAME`, and `{_0}` is neither")]
    Kind(String),
    /// That is no name.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl Bucket {
    /// What its address begins with.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Own(_) => "task",
            Self::Shared(_) => "shared",
        }
    }

    /// How it is called among those of its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Own(task) => task.as_str(),
            Self::Shared(bucket) => bucket.as_str(),
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }
}

/// Of an address; a name alone is that of a task.
impl FromStr for Bucket {
    type Err = InvalidBucket;

    fn from_str(text: &str) -> Result<Self, InvalidBucket> {
        match text.split_once('/') {
            None => Ok(Self::Own(text.parse()?)),
            Some(("task", task)) => Ok(Self::Own(task.parse()?)),
            Some(("shared", bucket)) => Ok(Self::Shared(bucket.parse()?)),
            Some((kind, _)) => Err(InvalidBucket::Kind(format!("{kind}/…"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["task/sync", "shared/orders.v2"] {
            assert_eq!(text.parse::<Bucket>().unwrap().address(), text);
        }
        assert_eq!("sync".parse::<Bucket>().unwrap().address(), "task/sync");
    }

    #[test]
    fn what_is_no_address_is_told() {
        let reason = |text: &str| text.parse::<Bucket>().unwrap_err().to_string();
        assert!(reason("tasks/a").contains("`task/NAME` or `shared/NAME`"));
        assert_eq!(reason("task/"), "a name can't be empty");
        assert!(reason("shared/a/b").contains("'/'"));
        assert!(reason("/9").contains("neither"));
    }
}
