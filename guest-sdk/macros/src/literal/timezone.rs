//! The shape of IANA time zone names. Whether one exists is known to the host.

/// Checks for slash-separated words such as `Europe/Paris`, or a single one.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    if text.split('/').all(is_word) {
        return Ok(());
    }
    Err(format!("`{text}` is no time zone: expected an IANA name such as `Europe/Paris`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_between_slashes() {
        for text in ["UTC", "Europe/Paris", "America/Port-au-Prince", "Etc/GMT+5"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["", "Europe/", "Central European", "+01:00"] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
