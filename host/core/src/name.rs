//! Names that operators give, checked once.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("a name can't be empty")]
    Empty,
    /// Longer than [`MAX_LENGTH`].
    #[error("a name has at most {MAX_LENGTH} characters, this one has {0}")]
    TooLong(usize),
    /// A character that names don't have.
    #[error(
        "{0:?} can't be in a name: letters, digits, `-`, `_` and `.` can, after a first letter or digit"
    )]
    Character(char),
}

/// The longest name, in characters: it fits a table column and a file name.
pub const MAX_LENGTH: usize = 64;

fn check(text: &str) -> Result<(), NameError> {
    let mut characters = text.chars();
    let first = characters.next().ok_or(NameError::Empty)?;
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(NameError::TooLong(length));
    }
    if !first.is_ascii_alphanumeric() {
        return Err(NameError::Character(first));
    }
    match characters.find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        Some(stranger) => Err(NameError::Character(stranger)),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text).map(|()| Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name! {
    /// A task's name: the key of its table in the configuration.
    TaskName
}

name! {
    /// A shared bucket's name: the key of its table in the configuration.
    BucketName
}

name! {
    /// A channel's name: the key of its table in the configuration.
    ChannelName
}

name! {
    /// A plugin's name: its file's name in the plugin directory, without `.wasm`.
    PluginName
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!("nightly-2.0_x".parse::<TaskName>().unwrap().as_str(), "nightly-2.0_x");
        assert_eq!("".parse::<TaskName>(), Err(NameError::Empty));
        assert_eq!("../up".parse::<PluginName>(), Err(NameError::Character('.')));
        assert_eq!("a/b".parse::<PluginName>(), Err(NameError::Character('/')));
        assert_eq!("a".repeat(65).parse::<TaskName>(), Err(NameError::TooLong(65)));
    }
}
