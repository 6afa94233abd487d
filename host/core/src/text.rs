//! Text from guests, made fit for terminals, tables and log files.

use std::fmt::Write;

/// Appends `text` to `out` with everything escaped that could move a cursor,
/// start a colour, turn the direction of writing or end a line.
pub fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\t' => out.push('\t'),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            _ if is_unfit(character) => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
}

/// See [`escape_into`].
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// Whether a terminal, a table or a log file would act on this character instead
/// of showing it.
#[must_use]
pub fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Line and paragraph separators, which some viewers honour.
            '\u{2028}' | '\u{2029}'
            // Characters without width: two texts would look the same.
            | '\u{00ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
            // Bidirectional controls: what is shown would not be what is there.
            | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The longest beginning of `text` of at most `limit` bytes that ends between characters.
#[must_use]
pub fn beginning(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A stranger's words of any length, made fit to be shown: cut, then escaped.
#[must_use]
pub fn shown(text: &str, limit: usize) -> String {
    escape(beginning(text, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("one\r\nERROR two"), "one\\r\\nERROR two");
        assert_eq!(escape("\u{202e}txt.exe"), "\\u{202e}txt.exe");
        assert_eq!(escape("tab\tand ünïcödé 漢字"), "tab\tand ünïcödé 漢字");
    }

    #[test]
    fn beginnings_end_between_characters() {
        assert_eq!(beginning("aé", 2), "a");
        assert_eq!(beginning("aé", 3), "aé");
        assert_eq!(beginning("aé", 100), "aé");
    }
}
