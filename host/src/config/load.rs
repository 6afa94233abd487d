//! Reading the file.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    check::{self, Config},
    decode::{Decode, Source},
    problem::{Problem, Problems},
    raw::{RawConfig, RawPlace},
};

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration {}: {reason}", file.display())]
    Read { file: PathBuf, reason: std::io::Error },
    /// The file is larger than any configuration.
    #[error("the configuration {} is larger than {LARGEST} bytes", file.display())]
    TooLarge { file: PathBuf },
    /// It is wrong in these places.
    #[error("{} {} wrong with the configuration", .0.len(), if .0.len() == 1 { "thing is" } else { "things are" })]
    Problems(Problems),
}

/// Reads and checks a configuration.
pub(crate) fn load(file: &Path) -> Result<Config, ConfigError> {
    let (config, problems) = examine(file)?;
    match problems.is_empty() {
        true => Ok(config),
        false => Err(ConfigError::Problems(config.problems(problems))),
    }
}

/// Reads a configuration as far as it makes sense, and says what does not.
pub(crate) fn examine(file: &Path) -> Result<(Config, Vec<Problem>), ConfigError> {
    let text = read(file)?;
    Ok(parse(file, &folder(file)?, &text))
}

/// Reads where history and host are, and nothing else: whoever asks a host that serves a
/// hundred thousand tasks has no use for them.
pub(crate) fn data_dir(file: &Path) -> Result<PathBuf, ConfigError> {
    let text = read(file)?;
    let mut problems = Vec::new();
    let place: Option<RawPlace> = decode(before_tables(&text), &mut problems);
    match problems.is_empty() {
        true => Ok(check::data_dir(&folder(file)?, place.and_then(|RawPlace(data_dir)| data_dir))),
        // Whoever has to mend one mistake would rather hear of all. What looks like a table
        // may be a line within a text, too, and then there is no mistake.
        false => {
            let (config, problems) = parse(file, &folder(file)?, &text);
            match problems.is_empty() {
                true => Ok(config.data_dir),
                false => Err(ConfigError::Problems(config.problems(problems))),
            }
        }
    }
}

/// What stands before the first line that looks like the head of a table: where that is a
/// document by itself, it holds all keys that belong to no table.
fn before_tables(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            break;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or(text)
}

/// The folder that relative paths in a file start at.
fn folder(file: &Path) -> Result<PathBuf, ConfigError> {
    // A bare file name has an empty parent, which has no absolute path.
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::path::absolute(dir).map_err(|reason| ConfigError::Read { file: file.to_owned(), reason })
}

fn read(file: &Path) -> Result<String, ConfigError> {
    let failed = |reason| ConfigError::Read { file: file.to_owned(), reason };
    let mut text = String::new();
    // Not by its metadata: a pipe or a device has no length, and may have no end.
    let mut bounded = File::open(file).map_err(failed)?.take(LARGEST + 1);
    bounded.read_to_string(&mut text).map_err(failed)?;
    if bounded.limit() == 0 {
        return Err(ConfigError::TooLarge { file: file.to_owned() });
    }
    Ok(text)
}

/// Checks a configuration that stands in `dir`.
pub(crate) fn parse(file: &Path, dir: &Path, text: &str) -> (Config, Vec<Problem>) {
    let mut problems = Vec::new();
    let raw: RawConfig = decode(text, &mut problems).unwrap_or_default();
    let config = check::check(file, dir, text, raw, &mut problems);
    (config, problems)
}

/// Reads a document; what is wrong with it goes to `problems`.
pub(super) fn decode<T: Decode>(text: &str, problems: &mut Vec<Problem>) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = !errors.is_empty();
    problems.extend(errors.into_iter().map(|error| Problem {
        span: error.span().unwrap_or_default(),
        key: String::new(),
        message: format!("this is not TOML: {}", error.message()),
        help: None,
    }));
    // What the parser made of a broken document would only lead to more errors.
    if broken {
        return None;
    }
    let span = table.span();
    let source = Source::new(span, DeValue::Table(table.into_inner()));
    T::decode(&source, "", problems)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn where_the_history_is_stands_before_the_first_table() {
        let dir = tempdir().unwrap();
        let file = dir.path().join("horarium.toml");
        let found = |text: &str| {
            fs::write(&file, text).unwrap();
            data_dir(&file).map(|found| found.strip_prefix(&dir).unwrap().display().to_string())
        };
        assert_eq!(found("").unwrap(), "data");
        assert_eq!(found("data_dir = 'here'").unwrap(), "here");
        assert_eq!(found("data_dir = 'here'\n [task.a]\ndata_dir = 'there'").unwrap(), "here");
        assert_eq!(found("plugin_dir = '''\n[task.a]\n'''\ndata_dir = 'here'").unwrap(), "here");
        // What is wrong elsewhere is for the host to say.
        assert_eq!(found("data_dir = 'here'\n[task.a]\nschedule = 1").unwrap(), "here");
        assert!(matches!(found("data_dir = 1\n[task.a]"), Err(ConfigError::Problems(_))));
        assert!(matches!(found("data_dir = '"), Err(ConfigError::Problems(_))));
    }
}
