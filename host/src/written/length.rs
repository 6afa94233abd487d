//! Lengths of time.

use std::time::Duration;

use jiff::{SignedDuration, fmt::friendly::SpanParser};

use super::Misread;

/// Days have 24 hours here, and weeks seven of them: nobody is asked where they live.
const LONG_UNITS: [(char, u64); 2] = [('d', 86_400), ('w', 7 * 86_400)];

/// Reads a length of time such as `500ms`, `1h30m` or `90d`.
pub(crate) fn length(text: &str) -> Result<Duration, Misread> {
    parse(text).ok_or_else(|| misread(text))
}

fn parse(text: &str) -> Option<Duration> {
    let (days, rest) = long_units(text.trim())?;
    if days > Duration::ZERO && rest.is_empty() {
        return Some(days);
    }
    let rest: SignedDuration = SpanParser::new().parse_duration(rest).ok()?;
    days.checked_add(rest.try_into().ok()?)
}

/// The weeks and days that a text begins with, and what follows them.
fn long_units(text: &str) -> Option<(Duration, &str)> {
    let (mut sum, mut rest) = (Duration::ZERO, text);
    loop {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let unit = after.chars().next();
        let seconds = LONG_UNITS.iter().find(|(letter, _)| Some(*letter) == unit);
        let follows = after.chars().nth(1);
        match seconds {
            // What goes on in letters is another word: `days`.
            Some((_, seconds)) if !follows.is_some_and(char::is_alphabetic) => {
                let count: u64 = rest.get(..rest.len() - after.len())?.parse().ok()?;
                sum = sum.checked_add(Duration::from_secs(seconds.checked_mul(count)?))?;
                rest = after.get(1..)?.trim_start();
            }
            _ => return Some((sum, rest)),
        }
    }
}

fn misread(text: &str) -> Misread {
    const WAY_OUT: &str = "write a length of time with its unit";
    let text = text.trim();
    let examples = ["500ms", "30s", "1h30m"].map(str::to_owned);
    if text.parse::<u64>().is_ok() {
        let examples = ["s", "m", "h"].map(|unit| format!("{text}{unit}"));
        return Misread::new("is not a length of time: it has no unit", WAY_OUT, examples);
    }
    let what = match text.strip_prefix('-').and_then(parse) {
        Some(_) => "is not a length of time: it is negative",
        None => "is not a length of time",
    };
    Misread::new(what, WAY_OUT, examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("90d", 90 * 86_400_000),
            ("2w", 14 * 86_400_000),
            ("1w 1d 1s", 8 * 86_400_000 + 1_000),
            ("1d12h", 129_600_000),
            ("0s", 0),
        ] {
            assert_eq!(length(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_told_in_our_own_words() {
        for (text, what) in [
            ("30", "it has no unit; write a length of time with its unit, such as `30s`, `30m`"),
            ("-5s", "it is negative"),
            ("-1d", "it is negative"),
            ("", "is not a length of time; write"),
            ("soon", "is not a length of time; write"),
            ("5 parsecs", "is not a length of time; write"),
            ("d", "is not a length of time; write"),
            ("99999999999999999999s", "is not a length of time; write"),
            ("99999999999999999999d", "is not a length of time; write"),
            ("1d-1s", "is not a length of time; write"),
        ] {
            let told = length(text).unwrap_err().to_string();
            assert!(told.contains(what), "{text}: {told}");
        }
    }
}
