//! The part of TOML that manifests are mostly made of: tables, and one key with
//! its value per line. What spans several lines is not looked at.

use std::collections::BTreeMap;

/// Tables by name, with their keys and values as they are written.
#[derive(Debug)]
pub(crate) struct Manifest(BTreeMap<String, BTreeMap<String, String>>);

/// What a package says about something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    Nothing,
    /// What the workspace says.
    Inherited,
    Itself(&'a str),
}

impl Manifest {
    pub(crate) fn parse(source: &str) -> Self {
        let mut tables = BTreeMap::<_, BTreeMap<_, _>>::new();
        let mut table = String::new();
        for line in source.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                table = name.to_owned();
                tables.entry(table.clone()).or_default();
            } else if let Some((key, value)) = line.split_once('=')
                && !line.starts_with(['#', '"', '{'])
            {
                let keys = tables.entry(table.clone()).or_default();
                keys.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
        Self(tables)
    }

    /// Whether this is not only a workspace.
    pub(crate) fn is_package(&self) -> bool {
        self.0.contains_key("package")
    }

    /// The text of a key, without its quotes.
    pub(crate) fn text(&self, table: &str, key: &str) -> Option<&str> {
        let value = self.0.get(table)?.get(key)?;
        value.strip_prefix('"')?.split('"').next()
    }

    /// What the table says about `key`, in either spelling of an inheritance.
    pub(crate) fn said(&self, table: &str, key: &str) -> Said<'_> {
        let keys = self.0.get(table);
        let value = |key: &str| keys.and_then(|keys| keys.get(key)).map(String::as_str);
        match (value(&format!("{key}.workspace")), value(key)) {
            (Some("true"), _) | (_, Some("{ workspace = true }")) => Said::Inherited,
            (_, Some(value)) => Said::Itself(value),
            _ => Said::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
        [package]
        name = "a"  # a comment
        license.workspace = true
        edition = { workspace = true }
        authors = [
            "b = c",
        ]

        [lints]
        workspace = true
    "#;

    #[test]
    fn keys_belong_to_tables() {
        let manifest = Manifest::parse(SOURCE);
        assert!(manifest.is_package());
        assert_eq!(manifest.text("package", "name"), Some("a"));
        assert_eq!(manifest.text("package", "workspace"), None);
        assert_eq!(manifest.said("lints", "workspace"), Said::Itself("true"));
        assert!(!Manifest::parse("[workspace]\nresolver = \"3\"").is_package());
    }

    #[test]
    fn both_spellings_of_an_inheritance() {
        let manifest = Manifest::parse(SOURCE);
        assert_eq!(manifest.said("package", "license"), Said::Inherited);
        assert_eq!(manifest.said("package", "edition"), Said::Inherited);
        assert_eq!(manifest.said("package", "description"), Said::Nothing);
        assert!(matches!(manifest.said("package", "name"), Said::Itself(_)));
    }
}
