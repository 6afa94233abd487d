//! What is wrong with a text that is no TOML.

use std::ops::Range;

use toml::de::Error;

use super::problem::Problem;

/// All that is wrong, each with its place. Of what is wrong in one line, the first is told:
/// the rest follows from it more often than not.
pub(super) fn faults(text: &str, errors: &[Error]) -> Vec<Problem> {
    let mut faults: Vec<_> = errors.iter().map(|error| fault(text, error)).collect();
    faults.sort_by_key(|fault| fault.span.start);
    faults.dedup_by_key(|fault| line_of(text, fault.span.start));
    faults
}

fn fault(text: &str, error: &Error) -> Problem {
    let span = place(text, error.span());
    let word = text.get(span.clone()).unwrap_or_default();
    let (message, help) = in_words(error.message(), word);
    Problem {
        span,
        key: String::new(),
        message: format!("this is not TOML: {message}"),
        help,
        absent: false,
    }
}

/// What the parser says, and what to do about it where that is clear.
fn in_words(said: &str, word: &str) -> (String, Option<String>) {
    let is_short = (1..=60).contains(&word.len()) && !word.contains('\n');
    if said.starts_with("duplicate key") && is_short {
        let help = "keep one of the two, or give one another name".to_owned();
        return (format!("`{word}` is there already"), Some(help));
    }
    if said.starts_with("string values must be quoted") {
        let help = match is_short {
            true => format!("write `{word:?}`"),
            false => "write a value, such as `\"text\"` or `3`".to_owned(),
        };
        return ("texts stand in quotes".to_owned(), Some(help));
    }
    (said.trim_end_matches(", expected nothing").to_owned(), None)
}

/// Where it is; what lies behind the last line that says anything lies at the end of that.
fn place(text: &str, span: Option<Range<usize>>) -> Range<usize> {
    let end = text.trim_end().len();
    let span = span.unwrap_or(end..end);
    if span.start >= end {
        return end..end;
    }
    span.start..span.end.clamp(span.start, text.len())
}

fn line_of(text: &str, place: usize) -> usize {
    let before = text.get(..text.floor_char_boundary(place)).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count()
}
