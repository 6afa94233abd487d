//! Amounts of memory: `64MiB`.

const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Reads a whole number of bytes with a unit, more than nothing.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let (digits, unit) = super::number(text);
    if digits.is_empty() {
        return Err(format!(
            "`{text}` is no amount of memory: expected a whole number with a unit, such as `64MiB`"
        ));
    }
    let Some((_, size)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(wrong_unit(text, unit));
    };
    match digits.parse::<u64>().ok().and_then(|n| n.checked_mul(*size)) {
        None => Err(format!("`{text}` is more than the host can count")),
        Some(0) => Err(format!("`{text}` has to be more than nothing")),
        Some(bytes) => Ok(bytes),
    }
}

fn wrong_unit(text: &str, unit: &str) -> String {
    if unit.is_empty() {
        return format!("`{text}` has no unit: `{text}MiB`?");
    }
    match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
        Some((name, _)) => format!("`{text}` has an unknown unit `{unit}`: did you mean `{name}`?"),
        None => format!(
            "`{text}` has an unknown unit `{unit}`: B, KB, MB, GB, KiB, MiB and GiB are known"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_decimal_or_binary() {
        assert_eq!(parse("64MiB"), Ok(64 << 20));
        assert_eq!(parse("64MB"), Ok(64_000_000));
        assert_eq!(parse("1B"), Ok(1));
    }

    #[test]
    fn wrong_texts_say_why() {
        let reason = |text| parse(text).unwrap_err();
        assert!(reason("64").contains("`64MiB`?"));
        assert!(reason("64mib").contains("did you mean `MiB`?"));
        assert!(reason("64 MiB").contains("unknown unit ` MiB`"));
        assert!(reason("lots").contains("no amount"));
        assert!(reason("0B").contains("more than nothing"));
        assert!(reason("99999999999GiB").contains("more than the host"));
    }
}
