//! What is wrong with a cron expression, in words.

use super::pattern;

/// A field of an expression: what it is called, and what it may hold.
struct Field {
    name: &'static str,
    holds: &'static str,
}

const fn field(name: &'static str, holds: &'static str) -> Field {
    Field { name, holds }
}

/// All seven, of which the first and the last may be left out.
const FIELDS: [Field; 7] = [
    field("second", "0 to 59"),
    field("minute", "0 to 59"),
    field("hour", "0 to 23"),
    field("day of the month", "1 to 31, or `L` for its last day"),
    field("month", "1 to 12, or `JAN` to `DEC`"),
    field("day of the week", "0 to 7, or `SUN` to `SAT`"),
    field("year", "1970 to 5000"),
];

/// Says what is wrong with a text that is no expression.
pub(super) fn of(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    if text.trim().starts_with('@') {
        return "there are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`".to_owned();
    }
    let fields = match words.len() {
        0 => return "it is empty".to_owned(),
        5 => &FIELDS[1..6],
        6 => &FIELDS[..6],
        7 => &FIELDS[..],
        count => {
            return format!(
                "it has {count} field{}; there are 5 (minute, hour, day of the month, month, day \
                 of the week), 6 with the second first, or 7 with the year last",
                if count == 1 { "" } else { "s" }
            );
        }
    };
    let wrong = fields.iter().zip(&words).enumerate().find(|(place, (_, word))| {
        // By itself, among fields that can't be wrong.
        let mut alone = vec!["*"; fields.len()];
        alone[*place] = word;
        pattern::parse(&alone.join(" ")).is_err()
    });
    match wrong {
        Some((_, (field, word))) => {
            let Field { name, holds } = field;
            format!(
                "its {name} can't be `{word}`; it is {holds}, or a list (`1,2`), a range (`1-5`) \
                 or a step (`*/5`)"
            )
        }
        None => "its fields don't go together".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_is_wrong_is_named() {
        for (text, told) in [
            ("61 * * * *", "its minute can't be `61`; it is 0 to 59"),
            ("0 24 * * *", "its hour can't be `24`; it is 0 to 23"),
            ("* * 0 * *", "its day of the month can't be `0`; it is 1 to 31"),
            ("* * * 13 *", "its month can't be `13`; it is 1 to 12, or `JAN` to `DEC`"),
            ("* * * * FOO", "its day of the week can't be `FOO`; it is 0 to 7"),
            ("60 * * * * *", "its second can't be `60`"),
            ("*/0 * * * *", "its minute can't be `*/0`"),
            ("* * * * * * x", "its year can't be `x`"),
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("daily", "it has 1 field; there are 5"),
            ("* * *", "it has 3 fields; there are 5"),
            ("* * * * * * * *", "it has 8 fields"),
            ("@sometimes", "there are `@hourly`, `@daily`"),
        ] {
            assert!(pattern::parse(text).is_err(), "{text} is one");
            assert!(of(text).starts_with(told), "{text}: {}", of(text));
        }
    }
}
