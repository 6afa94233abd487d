//! Tables with known keys: one list gives the struct, its reader and its schema.

use toml::de::DeTable;

use super::{
    decode::{At, Decode, Source, join, wrong_kind},
    places,
    problem::Problem,
    shape,
};

/// Declares a table. Each key is optional and remembers its place; a key that is
/// not listed is a problem that names the one which was probably meant.
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        $name:ident {
            $( $(#[doc = $field_doc:literal])* $field:ident: $ty:ty, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default)]
        pub(crate) struct $name {
            $( $(#[doc = $field_doc])* pub(crate) $field: Option<$crate::config::decode::At<$ty>>, )*
        }

        impl $crate::config::decode::Decode for $name {
            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                $(
                    let mut property = <$ty as $crate::config::decode::Decode>::schema();
                    property["description"] = concat!($($field_doc, "\n"),*).trim().into();
                    properties.insert(stringify!($field).to_owned(), property);
                )*
                serde_json::json!({
                    "type": "object",
                    "description": concat!($($doc, "\n"),*).trim(),
                    "properties": properties,
                    "additionalProperties": false,
                })
            }

            fn decode(
                source: &$crate::config::decode::Source<'_>,
                key: &str,
                problems: &mut Vec<$crate::config::problem::Problem>,
            ) -> Option<Self> {
                let table = $crate::config::table::Keys::open(source, key, problems)?;
                table.refuse_unknown(&[$(stringify!($field)),*], problems);
                Some(Self { $( $field: table.read(stringify!($field), problems), )* })
            }
        }
    };
}

pub(super) use table;

/// A table that is being read.
pub(super) struct Keys<'a, 'i> {
    table: &'a DeTable<'i>,
    key: &'a str,
}

impl<'a, 'i> Keys<'a, 'i> {
    pub(super) fn open(
        source: &'a Source<'i>,
        key: &'a str,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let table = source.get_ref().as_table();
        if table.is_none() {
            wrong_kind(source, key, &shape::table(key, source.get_ref()), problems);
        }
        Some(Self { table: table?, key })
    }

    pub(super) fn read<T: Decode>(&self, name: &str, problems: &mut Vec<Problem>) -> Option<At<T>> {
        At::decode(self.table.get(name)?, &join(self.key, name), problems)
    }

    pub(super) fn refuse_unknown(&self, known: &[&str], problems: &mut Vec<Problem>) {
        for name in self.table.keys() {
            let text = name.get_ref().as_ref();
            if !known.contains(&text) {
                problems.push(Problem {
                    span: name.span(),
                    key: join(self.key, text),
                    message: "there is no such key".to_owned(),
                    help: Some(remedy(text, known)),
                    absent: false,
                });
            }
        }
    }
}

/// What to do about a key that a table does not have.
fn remedy(key: &str, known: &[&str]) -> String {
    match near(key, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => places::belongs(key).unwrap_or_else(|| meant(key, known)),
    }
}

/// Which of the known words was probably meant.
pub(crate) fn meant(word: &str, known: &[&str]) -> String {
    match near(word, known) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "there are none".to_owned(),
        None => {
            let list: Vec<_> = known.iter().take(MOST).map(|word| format!("`{word}`")).collect();
            let more = known.len().saturating_sub(MOST);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(
                "there {} {}{more}",
                if known.len() == 1 { "is" } else { "are" },
                list.join(", ")
            )
        }
    }
}

/// The most words that are listed.
const MOST: usize = 30;

/// The known word that is nearly this one, or that it is short for.
pub(crate) fn near<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let distances = known.iter().filter_map(|known| Some((distance_to(word, known)?, *known)));
    let slip = distances.min().map(|(_, known)| known);
    slip.or_else(|| {
        let long = known.iter().filter(|known| is_short_for(word, known));
        long.min_by_key(|known| known.len()).copied()
    })
}

/// How far a word is from a known one; none where it is too far for a slip.
pub(super) fn distance_to(word: &str, known: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(word, known);
    // Of two letters one is half of the word.
    let least = word.chars().count().min(known.len());
    let most = if least < 3 { 0 } else { known.len().max(3) / 3 };
    (distance <= most).then_some(distance)
}

/// Whether a word is made of letters of a known one, the first of them included: `fn` of
/// `function`.
fn is_short_for(word: &str, known: &str) -> bool {
    let mut rest = known.chars();
    let begins = word.chars().next().is_some_and(|first| known.starts_with(first));
    begins && word.chars().count() > 1 && word.chars().all(|wanted| rest.any(|it| it == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_nearer_than_an_abbreviation() {
        let keys = ["on", "function", "fuel", "timeout", "timezone", "args"];
        for (word, meant) in [
            ("fn", Some("function")),
            ("func", Some("function")),
            ("fule", Some("fuel")),
            ("arg", Some("args")),
            ("tz", Some("timezone")),
            ("time", Some("timeout")),
            ("x", None),
            ("o", None),
            ("nothing", None),
            ("", None),
        ] {
            assert_eq!(near(word, &keys), meant, "{word}");
        }
    }
}
