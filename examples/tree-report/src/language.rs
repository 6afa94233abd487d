//! Which language a file is in, told by its extension.

/// A language, as far as this report cares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    extensions: &'static [&'static str],
    /// What a comment begins with; nothing where every text counts as one.
    comment: &'static str,
}

const LANGUAGES: &[Language] = &[
    language("C", &["c", "h"], "//"),
    language("CSS", &["css"], "/*"),
    language("HTML", &["html"], "<!--"),
    language("JavaScript", &["js", "mjs", "ts"], "//"),
    language("JSON", &["json"], "//"),
    language("Lock", &["lock"], "#"),
    language("Markdown", &["md"], ""),
    language("Python", &["py"], "#"),
    language("Rust", &["rs"], "//"),
    language("Shell", &["sh"], "#"),
    language("SQL", &["sql"], "--"),
    language("TOML", &["toml"], "#"),
    language("WIT", &["wit"], "//"),
    language("YAML", &["yml", "yaml"], "#"),
];

const fn language(
    name: &'static str,
    extensions: &'static [&'static str],
    comment: &'static str,
) -> Language {
    Language { name, extensions, comment }
}

impl Language {
    /// The language of files with this extension, if it is known.
    pub(crate) fn of(extension: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.extensions.contains(&extension))
    }

    /// Whether a comment in this line says that something is left to do.
    pub(crate) fn is_open_end(&self, line: &str) -> bool {
        const MARKERS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

        let Some(start) = line.find(self.comment) else {
            return false;
        };
        let mut words = line[start..].split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| MARKERS.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_tell() {
        assert_eq!(Language::of("rs").unwrap().name, "Rust");
        assert_eq!(Language::of("wasm"), None);
    }

    #[test]
    fn open_ends_are_whole_words_in_comments() {
        let python = Language::of("py").unwrap();
        assert!(python.is_open_end("x = 1  # FIXME(ada): why one?"));
        assert!(python.is_open_end("#TODO"));
        assert!(!python.is_open_end("word = 'TODO'"));
        assert!(!python.is_open_end("# TODOS and HACKERS"));
        assert!(Language::of("md").unwrap().is_open_end("XXX: say more"));
    }
}
