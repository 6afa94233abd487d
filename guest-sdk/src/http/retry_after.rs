//! `Retry-After`: a number of seconds, or a date.

use std::time::{Duration, SystemTime};

/// How long a server asks to wait.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(date(value)?))?;
    // What has passed already is no wait.
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, the one
/// format that may be sent (RFC 9110, 5.6.7).
fn date(text: &str) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, text) = text.strip_suffix(" GMT")?.split_once(", ")?;
    let mut parts = text.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let month = u64::try_from(MONTHS.find(month).filter(|_| month.len() == 3)? / 3).ok()?;
    let (day, year) = (day.parse::<u64>().ok()?, year.parse::<u64>().ok()?);
    // Years begin in March here, so that the leap day is the last of one.
    let year = if month < 2 { year.checked_sub(1)? } else { year };
    let month = (month + 10) % 12;
    let days = year.checked_mul(365)? + year / 4 - year / 100 + year / 400;
    let days = (days + (month * 153 + 2) / 5 + day).checked_sub(719_469)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(date("Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199));
        assert_eq!(date("Fri, 01 Mar 2024 00:00:00 GMT"), Some(1_709_251_200));
        assert!(retry_after("Wed, 01 Jan 3000 00:00:00 GMT").unwrap().as_secs() > 1 << 30);
        for text in ["", "-1", "soon", "Sun, 06 Nov 1994 08:49:37", "Thu, 01 Jan 0 00:00:00 GMT"] {
            assert_eq!(retry_after(text), None, "{text}");
        }
        assert_eq!(retry_after("Sun, 1 Jan 99999999999999999 1:1:1 GMT"), None);
    }
}
