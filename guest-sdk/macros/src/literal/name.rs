//! Names of task functions, by the same rule as all names in a configuration.

const MAX_LENGTH: usize = 64;

pub(crate) fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a name can't be empty".to_owned());
    }
    if text.chars().count() > MAX_LENGTH {
        return Err(format!("a name has at most {MAX_LENGTH} characters"));
    }
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if starts_well && text.chars().all(belongs) {
        return Ok(());
    }
    Err(format!(
        "`{text}` is no name: letters, digits, `-`, `_` and `.` can be in it, after a first letter or digit"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(check("nightly-2.0_x"), Ok(()));
        for text in ["", "_hidden", "größe", "a b", "a/b", &"a".repeat(65)] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
