//! Names of tasks, in which `*` stands for any part.

use std::str::FromStr;

/// A name, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("it names no task")]
    Empty,
    #[error("{0:?} can't be in a task's name")]
    Character(char),
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let may_be = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*');
        match text.chars().find(|c| !may_be(*c)) {
            Some(stranger) => Err(PatternError::Character(stranger)),
            None if text.is_empty() => Err(PatternError::Empty),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl Pattern {
    /// Whether a name is one of those that are meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut left) = name.strip_prefix(first) else { return false };
        // The last part is at the end; each of those before it as early as it can be.
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for part in middle.split('*') {
            match left.find(part) {
                Some(place) => left = left.get(place + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, by trying everything.
    fn obviously(pattern: &str, name: &str) -> bool {
        match pattern.chars().next() {
            None => name.is_empty(),
            Some('*') => (0..=name.len()).any(|skipped| obviously(&pattern[1..], &name[skipped..])),
            Some(character) => name.starts_with(character) && obviously(&pattern[1..], &name[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_star_is_any_part(pattern in "[ab*]{1,6}", name in "[ab]{1,8}") {
            let expected = obviously(&pattern, &name);
            prop_assert_eq!(pattern.parse::<Pattern>().unwrap().matches(&name), expected);
        }
    }

    #[test]
    fn what_no_name_has_is_no_pattern() {
        assert_eq!("".parse::<Pattern>(), Err(PatternError::Empty));
        assert_eq!("db-?".parse::<Pattern>(), Err(PatternError::Character('?')));
        assert_eq!("a b".parse::<Pattern>(), Err(PatternError::Character(' ')));
    }
}
