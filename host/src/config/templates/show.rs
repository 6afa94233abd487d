//! Values as somebody would write them by hand.

use horarium_core::text::is_unfit;
use toml::de::DeValue;

/// A value on one line.
pub(super) fn inline(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| inline(item.get_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Table(table) if table.is_empty() => "{}".to_owned(),
        DeValue::Table(table) => {
            let mut members: Vec<_> = table.iter().collect();
            members.sort_by_key(|(name, _)| name.span().start);
            let members = members.into_iter();
            let members = members.map(|(name, value)| {
                format!("{} = {}", key(name.get_ref()), inline(value.get_ref()))
            });
            let members: Vec<_> = members.collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}

/// A key, in quotes where it needs some.
pub(super) fn key(name: &str) -> String {
    match super::text::is_name(name) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// A text in quotes, with everything escaped that a terminal would act on.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if is_unfit(character) => {
                out.push_str(&format!("\\U{:08X}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_written_on_one_line() {
        let text = "[1, -0x_f, 1_0.5e3, true, 'a\"\\', 2026-12-01T03:00:00Z, { b.c = [], a = '''x\ny''', 'é f' = {} }]";
        let value =
            DeValue::parse(text.replace("-0x_f", "0xf").as_str()).map(|it| inline(it.get_ref()));
        let expected = "[1, 0xf, 10.5e3, true, \"a\\\"\\\\\", 2026-12-01T03:00:00Z, \
                        { b = { c = [] }, a = \"x\\ny\", \"é f\" = {} }]";
        assert_eq!(value.unwrap(), expected);
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was(text in any::<String>()) {
            let written = format!("{} = {}", quoted(&text), quoted(&text));
            prop_assert!(!written.contains(is_unfit));
            let read: toml::Table = toml::from_str(&written).unwrap();
            prop_assert_eq!(read.get(&text).and_then(toml::Value::as_str), Some(text.as_str()));
        }
    }
}
