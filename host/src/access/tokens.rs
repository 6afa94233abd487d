//! The tokens of a data directory, in a file.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Scope,
    token::{SecretHash, Token, TokenId},
};

/// Its name in the data directory.
pub(crate) const NAME: &str = "tokens.json";

/// Held by whoever changes it.
const LOCK: &str = "tokens.lock";

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The most tokens.
const MOST: usize = 1000;

/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 64;

/// What is known of a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownToken {
    pub(crate) id: TokenId,
    /// What its maker calls it.
    pub(crate) name: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) created_at: Timestamp,
    /// From when on it is worth nothing; none where it never is.
    pub(crate) expires_at: Option<Timestamp>,
    pub(super) sha256: SecretHash,
}

/// All tokens of a data directory.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    version: Version,
    tokens: Vec<KnownToken>,
}

/// Of the file's layout.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        match version {
            1 => Ok(Self),
            _ => Err(format!("it has version {version}, and this program knows 1")),
        }
    }
}

impl From<Version> for u32 {
    fn from(Version: Version) -> Self {
        1
    }
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    #[error("can't use the tokens in {}: {reason}", file.display())]
    Io { file: PathBuf, reason: io::Error },
    #[error("the tokens in {} may be read by others; `chmod 600` it", .0.display())]
    Exposed(PathBuf),
    #[error("the tokens in {} are another user's", .0.display())]
    Foreign(PathBuf),
    #[error("{} is no file of tokens: {reason}; move it away, and make new ones", file.display())]
    Broken { file: PathBuf, reason: String },
    #[error("there are {MOST} tokens already; revoke some, `horarium token revoke ID`")]
    TooMany,
    #[error("a token's name has 1 to {LONGEST_NAME} characters that can be printed")]
    Name,
    #[error("there is no token {0}; see `horarium token list`")]
    Unknown(TokenId),
    #[error("the system has no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// What is wanted of a new token.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) name: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
}

impl KnownToken {
    /// Whether it is worth nothing any more.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl Tokens {
    /// Reads them. Without a file there are none.
    ///
    /// # Errors
    /// Where somebody else may have read or written them, or they make no sense.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, TokensError> {
        let file = data_dir.join(NAME);
        let failed = |reason| TokensError::Io { file: file.clone(), reason };
        // Never waits, whatever has that name.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let opened = match OpenOptions::new().read(true).custom_flags(flags).open(&file) {
            Ok(opened) => opened,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(reason) => return Err(failed(reason)),
        };
        let found = opened.metadata().map_err(failed)?;
        if !found.is_file() {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        let own = rustix::process::geteuid().as_raw();
        if found.uid() != own && own != 0 {
            return Err(TokensError::Foreign(file));
        }
        if found.mode() & 0o077 != 0 {
            return Err(TokensError::Exposed(file));
        }
        let mut text = String::new();
        let mut bounded = opened.take(LONGEST + 1);
        bounded.read_to_string(&mut text).map_err(failed)?;
        let broken = |reason: String| TokensError::Broken { file: file.clone(), reason };
        if bounded.limit() == 0 {
            return Err(broken(format!("it has more than {LONGEST} bytes")));
        }
        serde_json::from_str(&text).map_err(|reason| broken(reason.to_string()))
    }

    /// All of them, oldest first.
    pub(crate) fn list(&self) -> &[KnownToken] {
        &self.tokens
    }

    /// That of this id.
    pub(super) fn get(&self, id: TokenId) -> Option<&KnownToken> {
        self.tokens.iter().find(|token| token.id == id)
    }

    /// Replaces the file as a whole: whoever reads it sees all of it, before or after.
    fn write(&self, data_dir: &Path) -> Result<(), TokensError> {
        let file = data_dir.join(NAME);
        let aside = data_dir.join("tokens.json.new");
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other);
        let write = || {
            // Left by somebody who was killed, maybe with other modes.
            match fs::remove_file(&aside) {
                Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
                _ => {}
            }
            let mut written =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            hand_over(data_dir, &written)?;
            writeln!(written, "{}", text?)?;
            written.sync_all()?;
            fs::rename(&aside, &file)?;
            File::open(data_dir)?.sync_all()
        };
        write().map_err(|reason| TokensError::Io { file: file.clone(), reason })
    }
}

/// Makes a token, and returns all of it. A host that runs knows it at once.
///
/// # Errors
/// Where it can't be kept.
pub(crate) fn make(
    data_dir: &Path,
    wish: Wish,
    now: Timestamp,
) -> Result<(KnownToken, String), TokensError> {
    let fits = |name: &str| {
        let shown = horarium_core::text::escape(name);
        (1..=LONGEST_NAME).contains(&name.chars().count()) && shown == name
    };
    if wish.name.as_deref().is_some_and(|name| !fits(name)) {
        return Err(TokensError::Name);
    }
    let _lock = lock(data_dir)?;
    let mut tokens = Tokens::read(data_dir)?;
    if tokens.tokens.len() >= MOST {
        return Err(TokensError::TooMany);
    }
    let token = loop {
        let token = Token::random()?;
        if tokens.get(token.id()).is_none() {
            break token;
        }
    };
    let known = KnownToken {
        id: token.id(),
        name: wish.name,
        scope: wish.scope,
        created_at: now,
        expires_at: wish.expires_at,
        sha256: token.hash(),
    };
    tokens.tokens.push(known.clone());
    tokens.write(data_dir)?;
    Ok((known, token.reveal()))
}

/// Makes a token worth nothing.
///
/// # Errors
/// Where there is none of this id, or it can't be written.
pub(crate) fn revoke(data_dir: &Path, id: TokenId) -> Result<KnownToken, TokensError> {
    let _lock = lock(data_dir)?;
    let mut tokens = Tokens::read(data_dir)?;
    let place = tokens.tokens.iter().position(|token| token.id == id);
    let revoked = tokens.tokens.remove(place.ok_or(TokensError::Unknown(id))?);
    tokens.write(data_dir)?;
    Ok(revoked)
}

/// What root makes belongs to whoever owns the directory: their host has to read it.
fn hand_over(data_dir: &Path, file: &File) -> io::Result<()> {
    let owner = fs::metadata(data_dir)?;
    match rustix::process::geteuid().is_root() {
        true => fchown(file, Some(owner.uid()), Some(owner.gid())),
        false => Ok(()),
    }
}

/// Nobody else changes the tokens for as long as the value is kept.
fn lock(data_dir: &Path) -> Result<File, TokensError> {
    let path = data_dir.join(LOCK);
    let lock = || {
        // As a host makes it.
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        hand_over(data_dir, &file)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|reason| TokensError::Io { file: path.clone(), reason })
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, thread};

    use tempfile::tempdir;

    use super::*;

    fn wish(name: Option<&str>) -> Wish {
        Wish { name: name.map(str::to_owned), scope: Scope::Run, expires_at: None }
    }

    #[test]
    fn a_token_is_kept_without_its_secret() {
        let dir = tempdir().unwrap();
        let dir = dir.path();
        assert!(Tokens::read(dir).unwrap().list().is_empty());
        let (known, text) = make(dir, wish(Some("nightly")), Timestamp::UNIX_EPOCH).unwrap();
        let kept = fs::read_to_string(dir.join(NAME)).unwrap();
        let (_, secret) = text.rsplit_once('_').unwrap();
        assert!(!kept.contains(secret) && kept.contains(&known.id.to_string()));
        let mode = fs::metadata(dir.join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(revoke(dir, known.id).unwrap().name.as_deref(), Some("nightly"));
        assert!(matches!(revoke(dir, known.id), Err(TokensError::Unknown(id)) if id == known.id));
    }

    #[test]
    fn two_who_make_tokens_at_once_both_do() {
        let dir = tempdir().unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| make(dir.path(), wish(None), Timestamp::UNIX_EPOCH).unwrap());
            }
        });
        assert_eq!(Tokens::read(dir.path()).unwrap().list().len(), 8);
    }

    #[test]
    fn a_file_that_others_may_have_touched_is_none() {
        let dir = tempdir().unwrap();
        let dir = dir.path();
        let (_, _) = make(dir, wish(None), Timestamp::UNIX_EPOCH).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602] {
            fs::set_permissions(dir.join(NAME), Permissions::from_mode(mode)).unwrap();
            assert!(matches!(Tokens::read(dir), Err(TokensError::Exposed(_))), "{mode:o}");
            assert!(make(dir, wish(None), Timestamp::UNIX_EPOCH).is_err());
        }
        fs::set_permissions(dir.join(NAME), Permissions::from_mode(0o600)).unwrap();
        for broken in ["", "{", "[]", "{\"version\":2,\"tokens\":[]}", "{\"version\":1}"] {
            fs::write(dir.join(NAME), broken).unwrap();
            assert!(matches!(Tokens::read(dir), Err(TokensError::Broken { .. })), "{broken}");
        }
        fs::remove_file(dir.join(NAME)).unwrap();
        fs::create_dir(dir.join(NAME)).unwrap();
        assert!(matches!(Tokens::read(dir), Err(TokensError::Io { .. } | TokensError::Exposed(_))));
    }

    #[test]
    fn a_name_can_be_printed() {
        let dir = tempdir().unwrap();
        for name in ["", "\u{1b}[2J", "two\nlines", &"x".repeat(65)] {
            let made = make(dir.path(), wish(Some(name)), Timestamp::UNIX_EPOCH);
            assert!(matches!(made, Err(TokensError::Name)), "{name:?}");
        }
    }
}
