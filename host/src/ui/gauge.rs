//! How much of what there is is used, as a bar and in words.

use askama::{Template, filters::HtmlSafe};

/// So much of so much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gauge {
    value: u64,
    max: u64,
    /// In words: `41s of 1m`.
    pub(super) of: String,
}

/// A bar; what it says is said in words beside it, too.
#[derive(Template)]
#[template(path = "meter.html")]
pub(super) struct Meter {
    max: u64,
    high: u64,
    value: u64,
    label: String,
    of: String,
}

impl HtmlSafe for Meter {}

impl Gauge {
    /// A gauge of `value` out of `max`, worded by `words`.
    pub(super) fn new(value: u64, max: u64, words: impl Fn(u64) -> String) -> Self {
        Self { value, max, of: format!("{} of {}", words(value), words(max)) }
    }

    /// Where the bar changes its colour: nine tenths.
    fn high(&self) -> u64 {
        self.max - self.max / 10
    }

    pub(super) fn is_high(&self) -> bool {
        self.value > self.high()
    }

    pub(super) fn meter(&self, label: &str) -> Meter {
        Meter {
            max: self.max,
            high: self.high(),
            value: self.value.min(self.max),
            label: label.to_owned(),
            of: self.of.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_never_longer_than_there_is_room() {
        let gauge = Gauge::new(15, 10, |value| value.to_string());
        assert!(gauge.is_high());
        assert_eq!(
            gauge.meter("Fuel").to_string().trim(),
            "<meter min=\"0\" max=\"10\" high=\"9\" optimum=\"0\" value=\"10\" \
             aria-label=\"Fuel\">15 of 10</meter>"
        );
        assert!(!Gauge::new(9, 10, |value| value.to_string()).is_high());
        assert!(!Gauge::new(0, 0, |value| value.to_string()).is_high());
    }
}
