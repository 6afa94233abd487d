//! Lengths of time: `30s`, `1h30m`.

use std::time::Duration;

/// From large to small, each with its microseconds, the host's resolution.
const UNITS: [(&str, u64); 5] =
    [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// Reads one or more whole numbers with a unit, from large to small.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    if text.is_empty() {
        return Err("a duration can't be empty: `30s` is one".to_owned());
    }
    let mut rest = text;
    let mut micros = 0_u64;
    let mut units = UNITS.as_slice();
    while !rest.is_empty() {
        let (digits, tail) = super::number(rest);
        if digits.is_empty() {
            return Err(format!(
                "`{text}` is no duration: expected whole numbers with units, such as `30s` or `1h30m`"
            ));
        }
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let index = units
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or_else(|| wrong_unit(text, unit))?;
        micros = digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(units[index].1))
            .and_then(|part| micros.checked_add(part))
            .ok_or_else(|| format!("`{text}` is longer than the host can count"))?;
        units = &units[index + 1..];
        rest = tail;
    }
    Ok(Duration::from_micros(micros))
}

/// Reads a duration that is longer than nothing.
pub(crate) fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err(format!("`{text}` has to be longer than nothing")),
        duration => Ok(duration),
    }
}

fn wrong_unit(text: &str, unit: &str) -> String {
    match unit {
        "" => format!("`{text}` ends without a unit: h, m, s, ms or us"),
        "d" => format!("`{text}` counts days: write them as hours, a day is `24h`"),
        _ if UNITS.iter().any(|(name, _)| *name == unit) => {
            format!("`{text}` has to name each unit once, from large to small")
        }
        _ => format!("`{text}` has an unknown unit `{unit}`: h, m, s, ms and us are known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_units() {
        let micros = |text| parse(text).unwrap().as_micros();
        assert_eq!(micros("30s"), 30_000_000);
        assert_eq!(micros("1h30m"), 5_400_000_000);
        assert_eq!(micros("1m500ms7us"), 60_500_007);
        assert_eq!(micros("0s"), 0);
    }

    #[test]
    fn wrong_texts_say_why() {
        let reason = |text| parse(text).unwrap_err();
        assert!(reason("").contains("empty"));
        assert!(reason("30").contains("without a unit"));
        assert!(reason("1d").contains("`24h`"));
        assert!(reason("30 s").contains("unknown unit ` s`"));
        assert!(reason("30sec").contains("unknown unit `sec`"));
        assert!(reason("5m1h").contains("from large to small"));
        assert!(reason("5s5s").contains("each unit once"));
        assert!(reason("-5s").contains("is no duration"));
        assert!(reason("1.5h").contains("unknown unit `.`"));
        assert!(reason("99999999999999999999s").contains("longer"));
        assert!(parse_positive("0s").unwrap_err().contains("longer than nothing"));
    }
}
