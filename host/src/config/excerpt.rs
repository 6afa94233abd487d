//! The lines of a file that a problem is shown with.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// The longest line that is shown as a whole, in bytes; of a longer one it is what is meant.
const LONGEST: usize = 400;

/// A file, of which whole lines are shown and no others around them.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl SourceCode for Excerpt<'_> {
    /// Whoever wants lines around a place gets those that it lies in; whoever does not wants
    /// to know where it is.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text;
        let begin = text.floor_char_boundary(span.offset());
        let end = text.ceil_char_boundary(span.offset().saturating_add(span.len())).max(begin);
        let (before, after) = (&text[..begin], &text[end..]);
        let first = before.rfind('\n').map_or(0, |place| place + 1);
        let last = end + after.find('\n').unwrap_or(after.len());
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let (from, to, column) = match lines_before > 0 && last - first <= LONGEST {
            true => (first, last, 0),
            false => (begin, end, text[first..begin].chars().count()),
        };
        let shown = &text[from..to];
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            shown.as_bytes(),
            (from, to - from).into(),
            line,
            column,
            shown.lines().count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, place: (usize, usize), lines: usize) -> (String, usize, usize) {
        let excerpt = Excerpt { name: "file", text };
        let found = excerpt.read_span(&place.into(), lines, lines).unwrap();
        let shown = String::from_utf8(found.data().to_vec()).unwrap();
        (shown, found.line(), found.column())
    }

    #[test]
    fn a_place_is_shown_with_its_line() {
        let text = "a = 1\nö = two\nc = 3";
        assert_eq!(read(text, (11, 3), 1), ("ö = two".to_owned(), 1, 0));
        assert_eq!(read(text, (11, 3), 0), ("two".to_owned(), 1, 4));
        assert_eq!(read(text, (0, 8), 1), ("a = 1\nö = two".to_owned(), 0, 0));
        assert_eq!(read(text, (text.len(), 0), 1), ("c = 3".to_owned(), 2, 0));
        assert_eq!(read(text, (usize::MAX, 9), 0), (String::new(), 2, 5));
        assert_eq!(read("", (0, 0), 1), (String::new(), 0, 0));
    }

    #[test]
    fn of_a_long_line_only_the_place_is_shown() {
        let text = format!("a = {}", "x".repeat(LONGEST));
        assert_eq!(read(&text, (0, 1), 1), ("a".to_owned(), 0, 0));
    }
}
