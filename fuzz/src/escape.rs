//! Text from guests, on its way to a terminal.

use horarium_core::text;

/// Bytes that a guest printed.
pub fn escape(data: &[u8]) {
    let printed = String::from_utf8_lossy(data);
    let shown = text::escape(&printed);
    assert!(!shown.chars().any(|character| character.is_control() && character != '\t'));
    assert_eq!(text::escape(&shown), shown, "what is fit stays as it is");
    let limit = data.first().copied().map_or(0, usize::from);
    let start = text::beginning(&printed, limit);
    assert!(printed.starts_with(start) && start.len() <= limit);
}
