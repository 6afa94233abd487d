//! The shape of cron expressions. Their meaning is the host's.

const NICKNAMES: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Checks the number of fields and what they are made of.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if text.starts_with('@') {
        return check_nickname(text);
    }
    let fields: Vec<_> = text.split_whitespace().collect();
    if !(5..=7).contains(&fields.len()) {
        return Err(format!(
            "a cron expression has 5 fields (minute, hour, day, month, weekday), 6 with seconds \
             before them, or 7 with a year behind them; this one has {}",
            fields.len()
        ));
    }
    match text.chars().find(|&c| !belongs(c)) {
        Some(stranger) => Err(format!("{stranger:?} has no meaning in a cron expression")),
        None => Ok(()),
    }
}

fn check_nickname(text: &str) -> Result<(), String> {
    if NICKNAMES.contains(&text) {
        return Ok(());
    }
    Err(format!("`{text}` is unknown: there are {}", NICKNAMES.join(", ")))
}

fn belongs(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_whitespace() || matches!(c, '*' | '?' | ',' | '-' | '/' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_to_seven_fields() {
        for text in ["0 5 * * *", "0 */5 * * * *", "0 0 12 L 1-6 MON#2 2030", "@daily"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert!(check("* * * *").unwrap_err().ends_with("this one has 4"));
        assert!(check("").unwrap_err().ends_with("this one has 0"));
        assert!(check("* * * * * * * *").is_err());
    }

    #[test]
    fn strangers_are_named() {
        assert!(check("0 5 * * $").unwrap_err().contains("'$'"));
        assert!(check("@nightly").unwrap_err().contains("@midnight"));
    }
}
