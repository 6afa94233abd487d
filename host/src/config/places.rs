//! Which keys there are, and in which tables: where a key that stands in the wrong one
//! belongs.

use std::sync::LazyLock;

use serde_json::Value;

use super::{
    decode::{Decode, join},
    raw::RawConfig,
    table::distance_to,
};

/// A key, and the table that has it.
struct Place {
    /// `web`, `task.NAME`; empty for what belongs to no table.
    table: String,
    key: String,
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut places = Vec::new();
    collect(&RawConfig::schema(), "", &mut places);
    places
});

fn collect(schema: &Value, table: &str, places: &mut Vec<Place>) {
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        places.push(Place { table: table.to_owned(), key: key.clone() });
        // Whatever a template has, tasks have.
        if table.is_empty() && key == "template" {
            continue;
        }
        let path = join(table, key);
        collect(below, &path, places);
        // What the operator names.
        collect(&below["additionalProperties"], &format!("{path}.NAME"), places);
    }
}

/// Says where a key belongs that is none of the table in which it was found; nothing where
/// there is no such key anywhere, and none that is nearly the same.
pub(super) fn belongs(key: &str) -> Option<String> {
    let nearest = |far: bool| {
        let near = PLACES.iter().filter_map(|place| {
            let distance = distance_to(key, &place.key)?;
            (far || distance == 0).then_some((distance, place))
        });
        let near: Vec<_> = near.collect();
        let least = near.iter().map(|(distance, place)| (*distance, depth(place))).min()?;
        let best = near.into_iter().filter(|(it, place)| (*it, depth(place)) == least);
        Some(best.map(|(_, place)| place).collect::<Vec<_>>())
    };
    let found = nearest(false).or_else(|| nearest(true))?;
    let known = &found.first()?.key;
    // Several keys that are equally near: nobody knows which one was meant.
    if found.iter().any(|place| place.key != *known) {
        return None;
    }
    let tables: Vec<_> = found.iter().map(|place| format!("`[{}]`", place.table)).collect();
    let place = match tables.as_slice() {
        _ if found.iter().any(|place| place.table.is_empty()) => {
            "belongs to no table: it stands before the first one".to_owned()
        }
        [only] => format!("belongs to {only}"),
        [some @ .., last] => format!("belongs to {} or {last}", some.join(", ")),
        [] => return None,
    };
    Some(match known == key {
        true => format!("`{key}` {place}"),
        false => format!("did you mean `{known}`? It {place}"),
    })
}

/// How many tables a table lies in.
fn depth(place: &Place) -> usize {
    place.table.split('.').filter(|part| !part.is_empty() && *part != "NAME").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_wrong_table_is_told_where_it_belongs() {
        for (key, told) in [
            ("plugins_dir", "did you mean `plugin_dir`? It belongs to no table: it stands before"),
            ("data_dir", "`data_dir` belongs to no table"),
            ("capacity", "`capacity` belongs to `[host]`"),
            ("anonymous", "`anonymous` belongs to `[web]`"),
            ("schedule", "`schedule` belongs to `[task.NAME]`"),
            ("overlap", "`overlap` belongs to `[defaults]` or `[task.NAME]`"),
            ("give_up", "`give_up` belongs to `[notify.NAME]`"),
            ("tcp", "`tcp` belongs to `[host.grants]` or `[task.NAME.grants]`"),
        ] {
            let found = belongs(key).unwrap_or_default();
            assert!(found.starts_with(told), "{key}: {found}");
        }
        assert_eq!(belongs("colour_of_the_page"), None);
    }
}
