//! A clock that is set.

use horarium_sdk::prelude::*;

use crate::civil;

/// A clock that is set.
#[output]
#[derive(PartialEq)]
pub(crate) struct Change {
    /// When, in UTC.
    pub(crate) at: String,
    /// What the clock shows before, as in `CET +01:00`.
    pub(crate) from: String,
    /// What it shows from then on.
    pub(crate) to: String,
}

/// What a clock shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalTime {
    pub(crate) name: String,
    /// Seconds east of Greenwich.
    pub(crate) offset: i64,
}

impl Change {
    pub(crate) fn new(at: i64, from: &LocalTime, to: &LocalTime) -> Self {
        Self { at: civil::show(at), from: from.show(), to: to.show() }
    }
}

impl LocalTime {
    fn show(&self) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        format!("{} {sign}{:02}:{:02}", self.name, minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_a_sign() {
        let newfoundland = LocalTime { name: "NST".to_owned(), offset: -12_600 };
        assert_eq!(newfoundland.show(), "NST -03:30");
    }
}
