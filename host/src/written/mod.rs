//! What people write, in the configuration and on the command line: read the same way in
//! both, and what is wrong with it told in the same words.

mod address;
mod bytes;
mod instant;
mod length;

pub(crate) use self::{address::address, bytes::bytes, instant::instant, length::length};

/// Why a text is not what it should be, and what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misread {
    /// What is wrong, to be said of the text: `is not a length of time`.
    what: String,
    /// What to do: `write a length of time with its unit`.
    way_out: &'static str,
    /// What would be right.
    examples: Vec<String>,
}

impl Misread {
    fn new<E: Into<String>>(
        what: impl Into<String>,
        way_out: &'static str,
        examples: impl IntoIterator<Item = E>,
    ) -> Self {
        let examples = examples.into_iter().map(Into::into).collect();
        Self { what: what.into(), way_out, examples }
    }

    /// What is wrong with `text`.
    pub(crate) fn message(&self, text: &str) -> String {
        format!("{text:?} {}", self.what)
    }

    /// What would be right in a configuration, where texts stand in quotes.
    pub(crate) fn in_quotes(&self) -> String {
        self.remedy(|example| format!("`{example:?}`"))
    }

    fn remedy(&self, show: impl Fn(&String) -> String) -> String {
        let shown: Vec<_> = self.examples.iter().map(show).collect();
        let list = match shown.as_slice() {
            [] => return self.way_out.to_owned(),
            [only] => only.clone(),
            [some @ .., last] => format!("{} or {last}", some.join(", ")),
        };
        format!("{}, such as {list}", self.way_out)
    }
}

/// As the command line says it, which names the text itself.
impl std::fmt::Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "it {}; {}", self.what, self.remedy(|example| format!("`{example}`")))
    }
}

impl std::error::Error for Misread {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_show_what_would_be_right() {
        let misread = Misread::new("is no colour", "write one", ["red", "blue"]);
        assert_eq!(misread.message("5"), "\"5\" is no colour");
        assert_eq!(misread.in_quotes(), "write one, such as `\"red\"` or `\"blue\"`");
        assert_eq!(misread.to_string(), "it is no colour; write one, such as `red` or `blue`");
    }
}
