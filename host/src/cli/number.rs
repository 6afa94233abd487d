//! Numbers on the command line.

/// Reads a number of things, or the place of one that is counted from 1.
pub(super) fn count(text: &str) -> Result<u32, String> {
    count_up_to(u32::MAX, text)
}

/// The same, where so many are the most that make sense.
pub(super) fn count_up_to(most: u32, text: &str) -> Result<u32, String> {
    let up_to = if most < u32::MAX { format!(" up to {most}") } else { String::new() };
    let told = || format!("it is a whole number from 1{up_to}, such as 20");
    text.parse().ok().filter(|count| (1..=most).contains(count)).ok_or_else(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_something_is_no_number_of_it() {
        assert_eq!(count("1"), Ok(1));
        assert_eq!(count_up_to(500, "500"), Ok(500));
        for text in ["", "0", "x", "-1", "1.5", "4294967296"] {
            assert_eq!(count(text).unwrap_err(), "it is a whole number from 1, such as 20");
        }
        let told = count_up_to(500, "501").unwrap_err();
        assert_eq!(told, "it is a whole number from 1 up to 500, such as 20");
    }
}
