//! Instants.

use horarium_core::time::to_stored_precision;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};

use super::Misread;

/// Reads an instant such as `2026-12-01T03:00:00Z`.
pub(crate) fn instant(text: &str) -> Result<Timestamp, Misread> {
    text.parse().map(to_stored_precision).map_err(|_| misread(text))
}

fn misread(text: &str) -> Misread {
    const WAY_OUT: &str = "write an instant with its offset";
    if text.parse::<Date>().is_ok() && text.len() == "2026-12-01".len() {
        let what = "is not an instant: it has neither a time of day nor an offset";
        return Misread::new(what, WAY_OUT, [format!("{text}T03:00:00Z")]);
    }
    if text.parse::<DateTime>().is_ok() {
        let what = "is not an instant: it has no offset";
        return Misread::new(what, WAY_OUT, ["Z", "+01:00"].map(|zone| format!("{text}{zone}")));
    }
    let what = match is_like_a_date(text) {
        true => "is not an instant: there is no such day or time",
        false => "is not an instant",
    };
    Misread::new(what, WAY_OUT, ["2026-12-01T03:00:00Z"])
}

fn is_like_a_date(text: &str) -> bool {
    let digits = |part: Option<&str>, count: usize| {
        part.is_some_and(|it| it.len() == count && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = text.splitn(3, '-');
    let (year, month, rest) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    digits(year, 4) && digits(month, 2) && digits(rest.get(..2), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_is_told_in_our_own_words() {
        assert!(instant("2026-12-01T03:00:00+01:00").is_ok());
        for (text, told) in [
            (
                "2026-12-01T03:00:00",
                "it is not an instant: it has no offset; write an instant with its offset, \
                 such as `2026-12-01T03:00:00Z` or `2026-12-01T03:00:00+01:00`",
            ),
            (
                "2026-12-01",
                "it is not an instant: it has neither a time of day nor an offset; write an \
                 instant with its offset, such as `2026-12-01T03:00:00Z`",
            ),
            (
                "2026-02-30T00:00:00Z",
                "it is not an instant: there is no such day or time; write an instant with its \
                 offset, such as `2026-12-01T03:00:00Z`",
            ),
            (
                "tomorrow",
                "it is not an instant; write an instant with its offset, such as \
                 `2026-12-01T03:00:00Z`",
            ),
        ] {
            assert_eq!(instant(text).unwrap_err().to_string(), told);
        }
        for text in ["", "é", "2026", "2026-12-é", "2026-1-1", "2026-12-0"] {
            assert!(instant(text).is_err(), "{text}");
        }
    }
}
