//! The tokens as a host that runs knows them: always those in the file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use super::{
    Caller, Who,
    notice::{Notice, Notices},
    token::{SecretHash, Token, TokenId},
    tokens::{self, KnownToken, Tokens},
};
use crate::stamp::Stamp;

/// Knows whose token is whose.
pub(super) struct Keyring {
    data_dir: PathBuf,
    read: Mutex<Read>,
    notices: Notices,
}

/// What was read, and of which file.
struct Read {
    stamp: Option<Stamp>,
    /// None where the file can't be used.
    tokens: Option<Arc<Tokens>>,
}

/// Why a token is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Worthless {
    /// It is none, or none of this host.
    #[error("this host does not know this token")]
    Unknown,
    #[error("this token has expired; make a new one, `horarium token new`")]
    Expired,
    #[error("the host can't read its tokens, and takes none; its own output says why")]
    Unusable,
}

impl Keyring {
    pub(super) fn new(data_dir: &Path, notices: Notices) -> Self {
        // Without a file there are none.
        let read = Mutex::new(Read { stamp: None, tokens: Some(Arc::default()) });
        let keyring = Self { data_dir: data_dir.to_owned(), read, notices };
        // What is wrong with them is said at once.
        keyring.tokens();
        keyring
    }

    /// Whose token this is.
    pub(super) fn of(&self, text: &str, now: Timestamp) -> Result<KnownToken, Worthless> {
        let tokens = self.tokens().ok_or(Worthless::Unusable)?;
        let token: Token = text.parse().map_err(|_| Worthless::Unknown)?;
        let hash = token.hash();
        match tokens.get(token.id()) {
            Some(known) if known.sha256.is(&hash) => alive(known, now),
            _ => Err(Worthless::Unknown),
        }
    }

    /// The same of a token that was shown before.
    pub(super) fn still(
        &self,
        id: TokenId,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<KnownToken, Worthless> {
        let tokens = self.tokens().ok_or(Worthless::Unusable)?;
        match tokens.get(id) {
            Some(known) if known.sha256.is(hash) => alive(known, now),
            _ => Err(Worthless::Unknown),
        }
    }

    /// The tokens in the file as it is now. To look takes a microsecond.
    fn tokens(&self) -> Option<Arc<Tokens>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.data_dir.join(tokens::NAME));
        if stamp != read.stamp {
            let was_usable = read.tokens.is_some();
            read.stamp = stamp;
            match Tokens::read(&self.data_dir) {
                Ok(tokens) => {
                    read.tokens = Some(Arc::new(tokens));
                    if !was_usable {
                        (self.notices)(&Notice::TokensUsable);
                    }
                }
                Err(reason) => {
                    read.tokens = None;
                    (self.notices)(&Notice::TokensUnusable(reason.to_string()));
                }
            }
        }
        read.tokens.clone()
    }
}

fn alive(known: &KnownToken, now: Timestamp) -> Result<KnownToken, Worthless> {
    match known.is_expired(now) {
        true => Err(Worthless::Expired),
        false => Ok(known.clone()),
    }
}

impl From<KnownToken> for Caller {
    fn from(token: KnownToken) -> Self {
        Self { who: Who::Token { id: token.id, name: token.name }, scope: token.scope }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use jiff::SignedDuration;
    use tempfile::tempdir;

    use super::*;
    use crate::access::{Scope, tokens::Wish};

    #[test]
    fn it_knows_what_the_file_says_right_now() {
        let dir = tempdir().unwrap();
        let dir = dir.path();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = told.clone();
        let notices: Notices = Arc::new(move |notice: &Notice| {
            listener.lock().unwrap().push(notice.to_string());
        });
        let keyring = Keyring::new(dir, notices);
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_secs(1);
        assert_eq!(keyring.of("hor_", now).unwrap_err(), Worthless::Unknown);
        let wish = Wish { name: None, scope: Scope::Run, expires_at: Some(later) };
        let (known, text) = tokens::make(dir, wish, now).unwrap();
        assert_eq!(keyring.of(&text, now).unwrap().scope, Scope::Run);
        assert_eq!(keyring.of(&text, later).unwrap_err(), Worthless::Expired);
        let forged = format!("hor_{}_{}", known.id, "00".repeat(32));
        assert_eq!(keyring.of(&forged, now).unwrap_err(), Worthless::Unknown);

        let file = dir.join(tokens::NAME);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(keyring.of(&text, now).unwrap_err(), Worthless::Unusable);
        assert_eq!(keyring.of(&text, now).unwrap_err(), Worthless::Unusable);
        assert_eq!(told.lock().unwrap().len(), 1, "it is told once");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(keyring.of(&text, now).is_ok());
        tokens::revoke(dir, known.id).unwrap();
        assert_eq!(keyring.of(&text, now).unwrap_err(), Worthless::Unknown);
        assert_eq!(keyring.still(known.id, &known.sha256, now).unwrap_err(), Worthless::Unknown);
    }
}
