//! A guest's environment, and the secrets in it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use horarium_core::grants::{Environment, Origin, Secret, Variable, Visibility};

use super::{
    super::{
        decode::At,
        elsewhere::EnvValue,
        territory::{self, NamedFile},
    },
    Checker,
};

/// The longest value that is read from a file, in bytes.
const LONGEST: u64 = 64 << 10;

impl Checker<'_> {
    pub(super) fn environment(
        &mut self,
        raw: Option<&At<BTreeMap<String, At<EnvValue>>>>,
    ) -> Environment {
        let variables = raw.iter().flat_map(|env| &env.value);
        let variables = variables.filter_map(|(name, value)| self.variable(name, value));
        Environment::new(variables.collect())
    }

    fn variable(&mut self, name: &str, at: &At<EnvValue>) -> Option<Variable> {
        if name.is_empty() || name.contains('=') || name.contains(char::is_control) {
            let message = format!("{name:?} can't be a variable's name");
            self.wrong(at, message, "such as `REGION`");
        }
        if !self.grant_caps.allows_variable(name) {
            self.beyond(at, &format!("a guest to have `{name}`"), "env");
        }
        let (value, origin) = match &at.value {
            EnvValue::Plain(value) => (value.clone(), Origin::Written),
            EnvValue::FromEnv(source, visibility) => {
                let value = self.host_variable(source)?;
                self.fits(source, &value, *visibility);
                let (name, visibility) = (source.value.clone(), *visibility);
                (value, Origin::HostEnv { name, visibility })
            }
            EnvValue::FromFile(source, visibility) => self.value_in_file(source, *visibility)?,
        };
        Some(Variable { name: name.to_owned(), value: Secret::new(value), origin })
    }

    pub(super) fn host_variable(&mut self, at: &At<String>) -> Option<String> {
        let name = &at.value;
        if !self.grant_caps.allows_host_env(name) {
            self.beyond(at, &format!("to hand on `{name}`"), "from_env");
        }
        self.own_variable(at)
    }

    /// A variable of the host, for its own use.
    pub(super) fn own_variable(&mut self, at: &At<String>) -> Option<String> {
        let name = &at.value;
        let value = std::env::var(name);
        if value.is_err() {
            let message = format!("the host's environment has no text in `{name}`");
            self.absent(at, message, format!("start the host with `{name}` set"));
        }
        value.ok()
    }

    pub(super) fn value_in_file(
        &mut self,
        at: &At<String>,
        visibility: Visibility,
    ) -> Option<(String, Origin)> {
        let (path, value) = self.own_file(at, visibility)?;
        if !self.grant_caps.allows_file(&path) {
            self.beyond(at, &format!("to read {}", path.display()), "from_file");
        }
        Some((value, Origin::File { path, visibility }))
    }

    /// What is in a file of the host, for its own use.
    pub(super) fn own_file(
        &mut self,
        at: &At<String>,
        visibility: Visibility,
    ) -> Option<(PathBuf, String)> {
        let written = self.dir.join(&at.value);
        let read = written.canonicalize().map_err(FileError::Io);
        let (path, value) = match read.and_then(|path| Ok((read_value(&path)?, path))) {
            Ok((value, path)) => (path, value),
            Err(reason) => {
                let message = format!("can't read {}: {reason}", written.display());
                let help = "name a file with the value and nothing else";
                match reason {
                    FileError::Io(_) => self.absent(at, message, help),
                    _ => self.wrong(at, message, help),
                }
                return None;
            }
        };
        let written = territory::plain(&written);
        let named = NamedFile { written, real: path.clone(), visibility, at: at.clone() };
        self.named.push(named);
        self.fits(at, &value, visibility);
        Some((path, value))
    }

    /// Whether a secret can be kept out of texts.
    pub(super) fn fits(&mut self, at: &At<String>, value: &str, visibility: Visibility) {
        if visibility == Visibility::Plain {
            return;
        }
        if value.trim().chars().count() < Secret::SHORTEST {
            let message = format!(
                "a secret has at least {} characters: what is shorter is part of too much else",
                Secret::SHORTEST
            );
            self.wrong(
                at,
                message,
                "take a longer one; in `env`, add `secret = false` beside it if it is none",
            );
        } else if value.len() > Secret::LONGEST {
            let message = format!("a secret has at most {} bytes", Secret::LONGEST);
            self.wrong(at, message, "grant a directory with the file instead");
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it has more than {LONGEST} bytes")]
    TooLong,
    #[error("it is not a text")]
    NotText,
}

/// The content of a file, without the line break at its end.
fn read_value(path: &Path) -> Result<String, FileError> {
    // Before opening: to open a FIFO would wait for somebody to write to it.
    if !fs::metadata(path)?.is_file() {
        return Err(FileError::NotAFile);
    }
    let mut bytes = Vec::new();
    let mut bounded = File::open(path)?.take(LONGEST + 1);
    bounded.read_to_end(&mut bytes)?;
    if bounded.limit() == 0 {
        return Err(FileError::TooLong);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    if text.contains('\0') {
        return Err(FileError::NotText);
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_files_content_without_its_last_line_break() {
        let dir = tempfile::tempdir().unwrap();
        let value = |content: &[u8]| {
            fs::write(dir.path().join("value"), content).unwrap();
            read_value(&dir.path().join("value"))
        };
        assert_eq!(value(b"hunter2\n").unwrap(), "hunter2");
        assert_eq!(value(b"hunter2\r\n").unwrap(), "hunter2");
        assert_eq!(value(b" one\ntwo\n\n").unwrap(), " one\ntwo\n");
        assert!(matches!(value(b"\xff"), Err(FileError::NotText)));
        assert!(matches!(value(b"a\0b"), Err(FileError::NotText)));
        assert!(matches!(value(&[b'x'; (64 << 10) + 1]), Err(FileError::TooLong)));
        assert!(matches!(read_value(dir.path()), Err(FileError::NotAFile)));
    }
}
