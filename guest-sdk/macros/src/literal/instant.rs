//! Instants: `2026-12-01T03:00:00Z` (RFC 3339).

/// Checks a date, a time and an offset from UTC.
pub(crate) fn check(text: &str) -> Result<(), String> {
    read(text).ok_or_else(|| {
        format!("`{text}` is no instant: expected a date, a time and an offset, such as `2026-12-01T03:00:00Z`")
    })
}

fn read(text: &str) -> Option<()> {
    let (date, time) = text.split_once(['T', 't'])?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    within(month, 1, 12)?;
    within(day, 1, days_in(year, month))?;

    let end = time.find(['Z', 'z', '+', '-'])?;
    let (time, offset) = time.split_at(end);
    let time = match time.split_once('.') {
        Some((time, fraction)) if is_digits(fraction) => time,
        Some(_) => return None,
        None => time,
    };
    check_time(fields(time, ':', [2, 2, 2])?)?;
    check_offset(offset)
}

fn check_time([hour, minute, second]: [u32; 3]) -> Option<()> {
    within(hour, 0, 23)?;
    within(minute, 0, 59)?;
    within(second, 0, 59)
}

fn check_offset(offset: &str) -> Option<()> {
    if matches!(offset, "Z" | "z") {
        return Some(());
    }
    let [hour, minute] = fields(offset.strip_prefix(['+', '-'])?, ':', [2, 2])?;
    within(hour, 0, 23)?;
    within(minute, 0, 59)
}

/// Exactly `N` numbers of these widths.
fn fields<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !is_digits(part) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn within(number: u32, first: u32, last: u32) -> Option<()> {
    (first..=last).contains(&number).then_some(())
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_date_time_and_offset() {
        for text in
            ["2026-12-01T03:00:00Z", "2028-02-29T23:59:59.250+05:30", "2000-02-29t00:00:00z"]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2026-12-01",
            "2026-12-01T03:00:00",
            "2026-12-01 03:00:00Z",
            "2026-12-01T03:00Z",
            "2026-13-01T03:00:00Z",
            "2026-02-29T03:00:00Z",
            "1900-02-29T03:00:00Z",
            "2026-12-01T24:00:00Z",
            "2026-12-01T03:00:00.Z",
            "2026-12-01T03:00:00+0100",
            "2026-12-01T03:00:00Zulu",
            "26-12-01T03:00:00Z",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
