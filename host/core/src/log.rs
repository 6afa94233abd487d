//! What an attempt leaves in its log.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How important a line is. The names and the order are those of Rust's `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Level {
    /// Every step.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What happened.
    Info,
    /// What should not have happened.
    Warn,
    /// What went wrong.
    Error,
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Source {
    /// The guest's log.
    Log,
    /// The guest's standard output.
    Stdout,
    /// The guest's standard error.
    Stderr,
    /// The host, about the guest.
    Host,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// The word for it in tables, JSON and the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value that [`as_str`](Self::as_str) gives this word for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(Level { Trace = "trace", Debug = "debug", Info = "info", Warn = "warn", Error = "error" });
words!(Source { Log = "log", Stdout = "stdout", Stderr = "stderr", Host = "host" });

/// One line of an attempt's log. Control characters are escaped already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When the host received it.
    pub at: Timestamp,
    /// How important it is.
    pub level: Level,
    /// Where it came from.
    pub source: Source,
    /// The part of the guest that speaks, usually a module path; may be empty.
    pub target: String,
    /// The text, without line breaks.
    pub message: String,
    /// The place in the guest's source, as `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl LogLine {
    /// A line of the host itself.
    #[must_use]
    pub fn of_host(at: Timestamp, level: Level, message: impl Into<String>) -> Self {
        Self {
            at,
            level,
            source: Source::Host,
            target: String::new(),
            message: message.into(),
            place: None,
        }
    }
}
