//! Reading the file.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    check::{self, Config, Tasks},
    decode::{Decode, Source},
    pieces,
    problem::{Problem, Problems},
    raw::{RawConfig, RawPlace},
    syntax,
    templates::{self, Plan, Printed, Templates},
};

/// The largest configuration that is read, in bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// How long the pieces are in which a long one is read, in bytes.
const PIECE: usize = 1 << 20;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file can't be read.
    #[error("{}", unread(file, reason))]
    Read { file: PathBuf, reason: io::Error },
    /// The file is larger than any configuration.
    #[error("the configuration {} is larger than {LARGEST} bytes", file.display())]
    TooLarge { file: PathBuf },
    /// It is wrong in these places.
    #[error("{} {} wrong with the configuration", .0.len(), if .0.len() == 1 { "thing is" } else { "things are" })]
    Problems(Problems),
}

/// Why a file can't be read, in words.
fn unread(file: &Path, reason: &io::Error) -> String {
    let name = file.display();
    match reason.kind() {
        io::ErrorKind::NotFound => match std::env::current_dir() {
            Ok(folder) if file.is_relative() => {
                format!("there is no {name} in {}", folder.display())
            }
            _ => format!("there is no {name}"),
        },
        io::ErrorKind::PermissionDenied => {
            format!(
                "can't read the configuration {name}: you may not, by its modes or its folder's"
            )
        }
        io::ErrorKind::IsADirectory => {
            format!("can't read the configuration {name}: it is a directory, and a file is wanted")
        }
        io::ErrorKind::InvalidData => {
            format!("can't read the configuration {name}: it is not text in UTF-8")
        }
        _ => format!("can't read the configuration {name}: {reason}"),
    }
}

/// Reads and checks a configuration.
pub(crate) fn load(file: &Path) -> Result<Config, ConfigError> {
    let (config, problems) = examine(file)?;
    match problems.is_empty() {
        true => Ok(config),
        false => Err(ConfigError::Problems(config.problems(problems))),
    }
}

/// The same for somebody who only looks at it: what is not to be had here, as it may be where
/// the host is started, is told beside it.
pub(crate) fn look(file: &Path) -> Result<(Config, Vec<Problem>), ConfigError> {
    let (config, problems) = parse_apart(file, &folder(file)?, &read(file)?);
    match problems.iter().all(|problem| problem.absent) {
        true => Ok((config, problems)),
        false => {
            let mut problems = problems;
            templates::fold(&mut problems);
            Err(ConfigError::Problems(config.problems(problems)))
        }
    }
}

/// Reads a configuration as far as it makes sense, and says what does not.
pub(crate) fn examine(file: &Path) -> Result<(Config, Vec<Problem>), ConfigError> {
    examine_text(file, &read(file)?)
}

/// Looks at a text as if it stood in this file.
pub(crate) fn examine_text(file: &Path, text: &str) -> Result<(Config, Vec<Problem>), ConfigError> {
    Ok(parse(file, &folder(file)?, text))
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

/// Reads a file that may hold a configuration.
pub(crate) fn read(file: &Path) -> Result<String, ConfigError> {
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
    let (config, mut problems) = parse_apart(file, dir, text);
    templates::fold(&mut problems);
    (config, problems)
}

/// The same, with each task's problems, however many tasks were made with the same mistake.
fn parse_apart(file: &Path, dir: &Path, text: &str) -> (Config, Vec<Problem>) {
    parse_in_pieces(PIECE, file, dir, text)
        .map_or_else(|| parse_whole(file, dir, text), |config| (config, Vec::new()))
}

fn parse_whole(file: &Path, dir: &Path, text: &str) -> (Config, Vec<Problem>) {
    let mut problems = Vec::new();
    let source = document(text, &mut problems);
    let raw = source.as_ref().and_then(|source| RawConfig::decode(source, "", &mut problems));
    let raw = raw.unwrap_or_default();
    let empty = Source::new(0..0, DeValue::Table(DeTable::new()));
    let source = source.as_ref().unwrap_or(&empty);
    let templates = Templates::read(source, text, &mut problems);
    let tasks = Tasks::Whole(Plan::of(source, &templates, &mut problems));
    let config = check::check(file, dir, text, raw, &tasks, &mut problems);
    (config, problems)
}

/// The same for what is long, and without fault; of anything else, the whole says better
/// what is wrong.
pub(crate) fn parse_in_pieces(size: usize, file: &Path, dir: &Path, text: &str) -> Option<Config> {
    let (head, pieces) = pieces::cut(text, size);
    if pieces.is_empty() {
        return None;
    }
    let mut problems = Vec::new();
    let raw: RawConfig = decode(head, &mut problems)?;
    // A table that is closed can't be added to, and what is made of templates has its order
    // among all tasks.
    if raw.task.is_some() || raw.template.is_some() {
        return None;
    }
    let config = check::check(file, dir, text, raw, &Tasks::Pieces(pieces), &mut problems);
    problems.is_empty().then_some(config)
}

/// Reads the tasks of a configuration without fault as if each were written by hand.
pub(crate) fn printed(file: &Path) -> Result<Printed, ConfigError> {
    let text = read(file)?;
    let (config, problems) = parse(file, &folder(file)?, &text);
    if !problems.is_empty() {
        return Err(ConfigError::Problems(config.problems(problems)));
    }
    Ok(print(&text).unwrap_or_default())
}

/// The same of a text that has no faults.
pub(crate) fn print(text: &str) -> Option<Printed> {
    let mut problems = Vec::new();
    let source = document(text, &mut problems)?;
    let templates = Templates::read(&source, text, &mut problems);
    Some(Printed::of(&Plan::of(&source, &templates, &mut problems)))
}

/// Reads all of a document; what is wrong with it goes to `problems`.
pub(super) fn decode<T: Decode>(text: &str, problems: &mut Vec<Problem>) -> Option<T> {
    T::decode(&document(text, problems)?, "", problems)
}

/// Reads a text as TOML; what is wrong with it goes to `problems`.
pub(super) fn document<'i>(text: &'i str, problems: &mut Vec<Problem>) -> Option<Source<'i>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = !errors.is_empty();
    problems.extend(syntax::faults(text, &errors));
    // What the parser made of a broken document would only lead to more errors.
    if broken {
        return None;
    }
    let span = table.span();
    Some(Source::new(span, DeValue::Table(table.into_inner())))
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

    /// What is made of a text in pieces of a byte or more.
    fn in_pieces(text: &str) -> Option<String> {
        let file = Path::new("/horarium.toml");
        let config = parse_in_pieces(1, file, Path::new("/"), text)?;
        Some(format!("{config:?}"))
    }

    fn whole(text: &str) -> String {
        let (config, problems) = parse_whole(Path::new("/horarium.toml"), Path::new("/"), text);
        assert_eq!(problems, []);
        format!("{config:?}")
    }

    #[test]
    fn pieces_say_what_the_whole_says() {
        let text = "data_dir = 'here'
            [defaults]
            timeout = '3s'
[task.z]
            args = { deep = 1 }
            function = 'f'
[task.a]
            schedule = { every = '5s' }
            [task.a.grants]
            dirs = [{ host = '/usr', guest = '/usr' }]
[task.m]
            plugin = 'p'";
        assert_eq!(in_pieces(text), Some(whole(text)));
    }

    #[test]
    fn what_no_piece_can_tell_is_left_to_the_whole() {
        let tasks = "[task.a]\n[task.b]\n";
        assert!(in_pieces(tasks).is_some());
        for text in [
            format!("{tasks}[task.a]\n"),
            format!("task = {{ c = {{}} }}\n{tasks}"),
            format!("task.c.timeout = '1s'\n{tasks}"),
            format!("{tasks}colour = 1"),
            format!("{tasks}="),
            format!("{tasks}[host]\n"),
            format!("[[task]]\n{tasks}"),
            format!("[template.t]\n{tasks}"),
            format!("{tasks}[template.t]\n"),
            format!("{tasks}[task.c]\nfor_each = ['d']\n"),
        ] {
            assert_eq!(in_pieces(&text), None, "{text}");
        }
        // What looks like the head of a task, and is a line of something longer.
        let text = "[task.a]\nfunction = '''\n[task.b]\n'''\n[task.c]\n";
        assert_eq!(in_pieces(text), None);
        assert!(whole(text).contains("[task.b]"));
        let list = "[task.a]\nargs = [\n[task.b],\n]\n[task.c]\n";
        assert_eq!(in_pieces(list), None);
    }
}
