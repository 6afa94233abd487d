//! A list of what is committed, with what an attempt has written itself laid over it.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use super::{Entry, Key, Page};

/// Entries whose keys begin with `prefix` and come after `after`, at most `limit`: the first
/// ones that are `committed` there, and `writes` over them, where none deletes. There may be
/// fewer though more follow; none at all where the attempt has deleted all of these.
#[must_use]
pub fn overlay(
    writes: &BTreeMap<Key, Option<Entry>>,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
    committed: &Page,
) -> Page {
    let from = match after {
        Some(after) if after >= prefix => Excluded(after),
        _ => Included(prefix),
    };
    // Beyond the last one that is known nobody can tell what lies between.
    let known = match committed.entries.last() {
        Some((last, _)) if committed.more => Included(last.as_str()),
        _ => Unbounded,
    };
    let own = writes.range::<str, _>((from, known));
    let own = own.take_while(|(key, _)| key.as_str().starts_with(prefix));
    let mut merged: BTreeMap<&Key, &Entry> =
        committed.entries.iter().map(|(key, entry)| (key, entry)).collect();
    for (key, entry) in own {
        match entry {
            Some(entry) => merged.insert(key, entry),
            None => merged.remove(key),
        };
    }
    let more = committed.more || merged.len() > limit;
    let entries = merged.into_iter().take(limit);
    Page { entries: entries.map(|(key, entry)| (key.clone(), entry.clone())).collect(), more }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::effects::Version;

    type Entries = BTreeMap<Key, Entry>;

    fn entry(number: u64) -> Entry {
        Entry { value: vec![], version: Version(number) }
    }

    fn page(entries: &Entries, prefix: &str, after: Option<&str>, limit: usize) -> Page {
        let within = entries
            .iter()
            .filter(|(key, _)| key.as_str().starts_with(prefix))
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let mut entries: Vec<_> = within.map(|(key, entry)| (key.clone(), entry.clone())).collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        Page { entries, more }
    }

    fn keys() -> impl Strategy<Value = Key> {
        "[ab]{1,4}".prop_map(|text| Key::new(&text).unwrap())
    }

    proptest! {
        #[test]
        fn a_list_is_as_if_everything_were_committed(
            committed in prop::collection::btree_map(keys(), 0..1000_u64, 0..20),
            writes in prop::collection::btree_map(keys(), prop::option::of(1000..2000_u64), 0..20),
            prefix in "[ab]{0,2}",
            after in prop::option::of("[ab]{0,3}"),
            limit in 1..8_usize,
            known in 1..8_usize,
        ) {
            let committed: Entries =
                committed.into_iter().map(|(key, number)| (key, entry(number))).collect();
            let writes: BTreeMap<_, _> =
                writes.into_iter().map(|(key, number)| (key, number.map(entry))).collect();
            let mut all = committed.clone();
            for (key, written) in &writes {
                match written {
                    Some(entry) => drop(all.insert(key.clone(), entry.clone())),
                    None => drop(all.remove(key)),
                }
            }
            let wanted = page(&all, &prefix, after.as_deref(), usize::MAX).entries;
            // Page by page, from as many of what is committed as there may be or fewer.
            let (mut found, mut after) = (Vec::new(), after);
            loop {
                let committed = page(&committed, &prefix, after.as_deref(), known);
                let next = overlay(&writes, &prefix, after.as_deref(), limit, &committed);
                prop_assert!(next.entries.len() <= limit);
                let last = next.entries.last().or_else(|| committed.entries.last());
                after = last.map(|(key, _)| key.to_string());
                found.extend(next.entries);
                if !next.more {
                    break;
                }
            }
            prop_assert_eq!(found, wanted);
        }
    }
}
