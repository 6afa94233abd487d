//! Keeps secrets out of what a guest says.
//!
//! This is for accidents: a token in an error's text, an environment printed for
//! debugging, a key in a request that is logged. A guest that means to tell its
//! own log a secret can always spell it in a way that nobody looks for.

mod forms;

use std::{borrow::Cow, fmt, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use crate::text;

/// Replaces secrets, in every form that they are likely to be printed in, by
/// `[redacted NAME]`. Costs nothing where there are none.
#[derive(Clone, Default)]
pub struct Redactor(Option<Arc<Patterns>>);

struct Patterns {
    automaton: AhoCorasick,
    /// What stands for a secret, for each pattern.
    markers: Vec<Arc<str>>,
    /// The length of the longest pattern, in bytes.
    longest: usize,
}

/// A part of a text that must not be shown.
struct Hit<'a> {
    start: usize,
    end: usize,
    marker: &'a str,
}

impl Redactor {
    /// A redactor of these secrets, by name.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut patterns = Vec::new();
        let mut markers = Vec::new();
        for (name, secret) in secrets {
            let marker: Arc<str> = format!("[redacted {}]", text::escape(name)).into();
            for form in forms::of(secret) {
                patterns.push(form);
                markers.push(marker.clone());
            }
        }
        let longest = patterns.iter().map(String::len).max().unwrap_or(0);
        if longest == 0 {
            return Self(None);
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns);
        // It is refused beyond two thousand million states only.
        let automaton = automaton.expect("secrets have some KiB at most");
        Self(Some(Arc::new(Patterns { automaton, markers, longest })))
    }

    /// The text without secrets.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.0 {
            Some(patterns) => patterns.replace(text, &patterns.hits(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// The same for a text whose end was cut off, and with it maybe the rest of a
    /// secret: what could be the beginning of one goes, too. Whoever cuts keeps
    /// [`margin`](Self::margin) bytes more than are to be shown.
    #[must_use]
    pub fn redact_cut<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(patterns) = &self.0 else { return Cow::Borrowed(text) };
        let hits = patterns.hits(text);
        let told = hits.last().map_or(0, |hit| hit.end);
        let end = text.len().saturating_sub(self.margin()).max(told);
        patterns.replace(&text[..text.floor_char_boundary(end)], &hits)
    }

    /// Bytes at the end of a cut text in which the beginning of a secret may be.
    #[must_use]
    pub fn margin(&self) -> usize {
        self.0.as_ref().map_or(0, |patterns| patterns.longest - 1)
    }

    /// A JSON text without secrets: still JSON, with the same shape.
    ///
    /// # Errors
    /// Where it is no JSON, or nested too deeply to be looked through.
    pub fn redact_json<'a>(&self, json: &'a str) -> serde_json::Result<Cow<'a, str>> {
        if self.0.is_none() {
            return Ok(Cow::Borrowed(json));
        }
        let mut value = serde_json::from_str(json)?;
        match self.redact_value(&mut value) {
            true => serde_json::to_string(&value).map(Cow::Owned),
            false => Ok(Cow::Borrowed(json)),
        }
    }

    /// Whether there was anything to redact. serde_json has bounded the depth.
    fn redact_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let Cow::Owned(redacted) = self.redact(text) else { return false };
                *text = redacted;
                true
            }
            // A secret may be a number.
            Value::Number(number) => {
                let Cow::Owned(redacted) = self.redact(&number.to_string()) else { return false };
                *value = redacted.into();
                true
            }
            Value::Array(items) => {
                let mut any = false;
                for item in items {
                    any |= self.redact_value(item);
                }
                any
            }
            Value::Object(map) => {
                let mut any = false;
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(key, mut value)| {
                        any |= self.redact_value(&mut value);
                        match self.redact(&key) {
                            Cow::Owned(redacted) => {
                                any = true;
                                (redacted, value)
                            }
                            Cow::Borrowed(_) => (key, value),
                        }
                    })
                    .collect();
                any
            }
            Value::Null | Value::Bool(_) => false,
        }
    }
}

impl Patterns {
    /// Where secrets are, in order. What overlaps is one part: the rest of a
    /// secret that begins within another one is not to be shown either. So are the
    /// pieces of one secret.
    fn hits(&self, text: &str) -> Vec<Hit<'_>> {
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for found in self.automaton.find_overlapping_iter(text) {
            let marker = &*self.markers[found.pattern()];
            let mut hit = Hit { start: found.start(), end: found.end(), marker };
            // They come in the order of their ends.
            while let Some(before) = hits.pop_if(|before| {
                before.end > hit.start || before.end == hit.start && before.marker == hit.marker
            }) {
                if before.end - before.start > hit.end - hit.start {
                    hit.marker = before.marker;
                }
                hit.start = hit.start.min(before.start);
            }
            hits.push(hit);
        }
        hits
    }

    fn replace<'a>(&self, text: &'a str, hits: &[Hit<'_>]) -> Cow<'a, str> {
        if hits.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for hit in hits {
            out.push_str(&text[done..hit.start]);
            out.push_str(hit.marker);
            done = hit.end;
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::grants::Secret;

    fn redactor(secrets: &[(&str, &str)]) -> Redactor {
        Redactor::new(secrets.iter().copied())
    }

    #[test]
    fn without_secrets_nothing_is_copied() {
        let nothing = redactor(&[]);
        assert!(matches!(nothing.redact("text"), Cow::Borrowed("text")));
        assert!(matches!(nothing.redact_cut("text"), Cow::Borrowed("text")));
        // Not even looked at.
        assert!(matches!(nothing.redact_json("{"), Ok(Cow::Borrowed("{"))));
    }

    #[test]
    fn a_secret_is_found_wherever_it_is() {
        let redactor = redactor(&[("A", "hunter2"), ("B", "pässword")]);
        assert_eq!(redactor.redact("xhunter2hunter2y"), "x[redacted A]y");
        assert_eq!(redactor.redact("hunter2pässword"), "[redacted A][redacted B]");
        assert_eq!(redactor.redact("ü pässword ü"), "ü [redacted B] ü");
        assert_eq!(redactor.redact("hunter"), "hunter");
    }

    #[test]
    fn secrets_that_overlap_leave_no_rest() {
        let redactor = redactor(&[("A", "abcdefgh"), ("B", "efghijkl"), ("C", "defghijklmno")]);
        assert_eq!(redactor.redact("abcdefghijkl."), "[redacted B].");
        assert_eq!(redactor.redact(".abcdefghijklmno."), ".[redacted C].");
    }

    #[test]
    fn a_long_secret_is_found_in_no_time() {
        for secret in ["x".repeat(Secret::LONGEST), "0123456789\n".repeat(1_000)] {
            let redactor = redactor(&[("A", &secret)]);
            assert_eq!(redactor.redact(&format!("<{secret}>")), "<[redacted A]>");
            assert!(redactor.margin() < 100, "{}", redactor.margin());
            let half = &secret[..secret.len() / 2];
            assert!(!redactor.redact_cut(&format!("<{half}")).contains(&secret[..8]));
        }
    }

    #[test]
    fn half_a_secret_at_a_cut_is_not_shown() {
        let redactor = redactor(&[("A", "hunter2hunter2")]);
        let text = "a".repeat(100);
        for cut in 1..14 {
            let cut = format!("{text}{}", &"hunter2hunter2"[..cut]);
            let shown = redactor.redact_cut(&cut);
            assert!(!shown.contains('h'), "{shown}");
            assert!(shown.len() >= cut.len() - redactor.margin());
        }
        let whole = format!("{text}hunter2hunter2");
        assert_eq!(redactor.redact_cut(&whole), format!("{text}[redacted A]"));
    }

    #[test]
    fn json_stays_json() {
        let redactor = redactor(&[("A", "hunter2"), ("Q", "\",\"x\":\""), ("N", "123456")]);
        for (json, expected) in [
            (r#"{"a":["hunter2"]}"#, r#"{"a":["[redacted A]"]}"#),
            (r#"{"hunter2":1}"#, r#"{"[redacted A]":1}"#),
            (r#""\u0068unter2""#, r#""[redacted A]""#),
            (r#"{"a":"b","x":"c"}"#, r#"{"a":"b","x":"c"}"#),
            (r#"["a\",\"x\":\"b"]"#, r#"["a[redacted Q]b"]"#),
            ("[123456, 1]", r#"["[redacted N]",1]"#),
            (" [ 1.50 ] ", " [ 1.50 ] "),
        ] {
            assert_eq!(redactor.redact_json(json).unwrap(), expected);
        }
        assert!(redactor.redact_json(&"[".repeat(500)).is_err());
    }

    #[test]
    fn a_redactor_does_not_print() {
        assert!(!format!("{:?}", redactor(&[("A", "hunter2")])).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn no_form_of_a_secret_is_left(
            secret in "[ -~äß]{6,40}",
            before in "[a-z ]{0,8}",
            after in "[a-z ]{0,8}",
        ) {
            let redactor = redactor(&[("S", &secret)]);
            for form in forms::of(&secret) {
                let text = format!("{before}{form}{after}");
                let shown = redactor.redact(&text).replace("[redacted S]", "");
                prop_assert!(!shown.contains(&form), "{text:?} became {shown:?}");
            }
        }

        #[test]
        fn json_with_a_secret_in_it_stays_json(
            secret in "[ -~\n]{6,20}",
            around in "[ -~]{0,10}",
        ) {
            let redactor = redactor(&[("S", &secret)]);
            let json = serde_json::json!({ "text": format!("{around}{secret}{around}"), "n": 1 });
            let shown = redactor.redact_json(&json.to_string()).unwrap().into_owned();
            let shown: Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(&shown["n"], &Value::from(1));
            let text = shown["text"].as_str().unwrap().replace("[redacted S]", "");
            prop_assert!(!text.contains(&secret));
        }
    }
}
