//! What the texts in `#[task(…)]` may say, checked while the plugin compiles.
//!
//! Each check answers with the reason why a text is wrong. They accept no more
//! than the host does; the host still has the last word, for instance on whether a
//! time zone exists.

pub(crate) mod cron;
pub(crate) mod duration;
pub(crate) mod instant;
pub(crate) mod memory;
pub(crate) mod name;
pub(crate) mod timezone;

/// A leading whole number and what follows it.
fn number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}
