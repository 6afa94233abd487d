//! Parsed cron expressions, each of them kept once.
//!
//! One takes more than five kilobytes, most of them a byte for each year until 5000. A
//! hundred thousand tasks have far fewer different ones.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use croner::{
    Cron,
    errors::CronError,
    parser::{CronParser, Seconds, Year},
};

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// A parsed expression.
pub(super) struct Pattern {
    pub(super) cron: Cron,
    /// As it was written.
    pub(super) text: String,
}

#[derive(Default)]
struct Known {
    patterns: HashMap<String, Weak<Pattern>>,
    /// How many are worth a look for those that nobody has any more.
    many: usize,
}

/// Reads an expression; who reads the same one gets the same value.
pub(super) fn parse(text: &str) -> Result<Arc<Pattern>, CronError> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(text);
    if let Some(known) = known {
        return Ok(known);
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Optional).build();
    let pattern = Arc::new(Pattern { cron: parser.parse(text)?, text: text.to_owned() });
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(&pattern);
    Ok(pattern)
}

impl Known {
    fn get(&self, text: &str) -> Option<Arc<Pattern>> {
        self.patterns.get(text)?.upgrade()
    }

    fn insert(&mut self, pattern: &Arc<Pattern>) {
        if self.patterns.len() >= self.many {
            self.patterns.retain(|_, pattern| pattern.strong_count() > 0);
            // At most half of them are nobody's.
            self.many = 2 * self.patterns.len().max(32);
        }
        self.patterns.insert(pattern.text.clone(), Arc::downgrade(pattern));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_expression_is_kept_once() {
        let first = parse("1 2 3 4 *").unwrap();
        assert!(Arc::ptr_eq(&first, &parse("1 2 3 4 *").unwrap()));
        assert!(!Arc::ptr_eq(&first, &parse("1 2 3 5 *").unwrap()));
        assert!(parse("1 2 3").is_err());
    }

    #[test]
    fn what_nobody_has_any_more_is_forgotten() {
        let mut known = Known::default();
        let cron = parse("0 0 * * *").unwrap().cron.clone();
        let pattern = |text: &str| Arc::new(Pattern { cron: cron.clone(), text: text.to_owned() });
        let kept = pattern("kept");
        known.insert(&kept);
        for number in 0..1_000 {
            known.insert(&pattern(&number.to_string()));
        }
        assert!(known.patterns.len() <= 64, "{} are known", known.patterns.len());
        assert!(known.get("kept").is_some());
        assert!(known.get("1").is_none());
    }
}
