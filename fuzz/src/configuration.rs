//! A configuration from an operator, or from whatever writes it for him.

/// A text that is read as `horarium.toml`.
pub fn configuration(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        horarium::fuzzing::config(text);
    }
}
