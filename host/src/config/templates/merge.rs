//! What a task says on top of its templates.

use std::{collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::super::decode::{Source, join};

/// Tables whose keys join those of the template. Of everything else, a schedule and lists
/// included, the whole is replaced: half of one and half of another would make no sense.
const JOINED: [&str; 6] = ["args", "retry", "limits", "grants", "grants.env", "grants.state"];

/// Keys, with what they hold.
pub(super) type Members<'s> = BTreeMap<&'s str, Member<'s>>;

/// A key and its value, where they stand.
pub(super) struct Member<'s> {
    pub(super) name: &'s Spanned<DeString<'s>>,
    pub(super) value: Merged<'s>,
}

/// A value.
pub(super) enum Merged<'s> {
    /// As it is written.
    Whole(&'s Source<'s>),
    /// Of several tables; the place is that of the last one.
    Joined(Range<usize>, Members<'s>),
}

/// Lays tables on top of each other, the first one at the bottom; without some keys.
pub(super) fn merge<'s>(
    layers: impl IntoIterator<Item = &'s DeTable<'s>>,
    without: &[&str],
) -> Members<'s> {
    let mut members = Members::new();
    for layer in layers {
        lay("", &mut members, layer);
    }
    members.retain(|name, _| !without.contains(name));
    members
}

fn lay<'s>(path: &str, members: &mut Members<'s>, layer: &'s DeTable<'s>) {
    for (name, value) in layer {
        let key = join(path, name.get_ref());
        let below = members.remove(name.get_ref().as_ref());
        let below = below.filter(|_| JOINED.contains(&key.as_str()));
        let value = match (below.and_then(|below| keys(below.value)), value.get_ref()) {
            (Some(mut below), DeValue::Table(table)) => {
                lay(&key, &mut below, table);
                Merged::Joined(value.span(), below)
            }
            _ => Merged::Whole(value),
        };
        members.insert(name.get_ref(), Member { name, value });
    }
}

/// The keys of what may be a table.
fn keys<'s>(value: Merged<'s>) -> Option<Members<'s>> {
    match value {
        Merged::Joined(_, members) => Some(members),
        Merged::Whole(source) => {
            let table = source.get_ref().as_table()?;
            let member = |(name, value): (&'s Spanned<DeString<'s>>, &'s Source<'s>)| {
                let name_: &'s str = name.get_ref();
                (name_, Member { name, value: Merged::Whole(value) })
            };
            Some(table.iter().map(member).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(members: &Members<'_>) -> String {
        let member = |member: &Member<'_>| {
            let value = match &member.value {
                Merged::Joined(_, members) => shown(members),
                Merged::Whole(source) => super::super::show::inline(source.get_ref()),
            };
            format!("{} = {value}", member.name.get_ref())
        };
        let members: Vec<_> = members.values().map(member).collect();
        format!("{{ {} }}", members.join(", "))
    }

    fn merged(below: &str, above: &str) -> String {
        let [below, above] = [below, above].map(|text| DeTable::parse(text).unwrap());
        shown(&merge([below.get_ref(), above.get_ref()], &["extends"]))
    }

    #[test]
    fn what_is_said_on_top_replaces_what_is_below() {
        for (below, above, expected) in [
            ("timeout = '1s'", "fuel = 3", "{ fuel = 3, timeout = \"1s\" }"),
            ("timeout = '1s'", "timeout = '2s'\nextends = 'a'", "{ timeout = \"2s\" }"),
            (
                "schedule = { every = '1s', offset = '1s' }",
                "schedule = { once = true }",
                "{ schedule = { once = true } }",
            ),
            (
                "args = { a = 1, b = { c = 1 } }",
                "args = { b = { d = 2 } }",
                "{ args = { a = 1, b = { d = 2 } } }",
            ),
            ("args = { a = 1 }", "args = ['b']", "{ args = [\"b\"] }"),
            ("args = ['b']", "args = { a = 1 }", "{ args = { a = 1 } }"),
            (
                "grants = { env = { A = '1', B = '2' }, tcp = ['a:1'] }",
                "grants = { env = { B = { from_env = 'X' } }, tcp = ['b:2'] }",
                "{ grants = { env = { A = \"1\", B = { from_env = \"X\" } }, tcp = [\"b:2\"] } }",
            ),
        ] {
            assert_eq!(merged(below, above), expected);
        }
    }
}
