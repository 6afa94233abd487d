//! Browsers that somebody has logged in with a token.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    keyring::Keyring,
    token::{SecretHash, TokenId, hex, unhex},
    tokens::KnownToken,
};

/// The most at once; the oldest makes room.
const MOST: usize = 1000;

/// How long one lasts.
pub(super) const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// The sessions of a host, gone with it.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Key, Session>>);

/// The hash of what a cookie holds, so that how long a look-up takes says nothing of it.
type Key = [u8; 32];

struct Session {
    token: TokenId,
    hash: SecretHash,
    since: Instant,
}

impl Sessions {
    /// Begins one for whoever holds this token; what is returned is for a cookie.
    ///
    /// # Errors
    /// Where the system has no random bytes.
    pub(super) fn begin(
        &self,
        token: &KnownToken,
        now: Instant,
    ) -> Result<String, getrandom::Error> {
        let mut id = [0; 32];
        getrandom::fill(&mut id)?;
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.lasts(now));
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.since);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                sessions.remove(&oldest);
            }
        }
        let session = Session { token: token.id, hash: token.sha256, since: now };
        sessions.insert(Sha256::digest(id).into(), session);
        Ok(hex(&id))
    }

    /// Whose session this is, as long as their token counts.
    pub(super) fn of(
        &self,
        cookie: &str,
        keyring: &Keyring,
        (now, clock): (Instant, Timestamp),
    ) -> Option<KnownToken> {
        let key = key(cookie)?;
        let (token, hash) = {
            let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let session = sessions.get(&key).filter(|session| session.lasts(now))?;
            (session.token, session.hash)
        };
        keyring.still(token, &hash, clock).ok()
    }

    /// Ends one.
    pub(super) fn end(&self, cookie: &str) {
        if let Some(key) = key(cookie) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
    }
}

impl Session {
    fn lasts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < LIFE
    }
}

fn key(cookie: &str) -> Option<Key> {
    unhex::<32>(cookie).map(|id| Sha256::digest(id).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tempfile::tempdir;

    use super::*;
    use crate::access::{
        Scope,
        tokens::{self, Wish},
    };

    #[test]
    fn a_session_lasts_as_long_as_its_token_and_no_longer_than_half_a_day() {
        let dir = tempdir().unwrap();
        let keyring = Keyring::new(dir.path(), Arc::new(|_| {}));
        let clock = Timestamp::UNIX_EPOCH;
        let wish = || Wish { name: None, scope: Scope::Read, expires_at: None };
        let (token, _) = tokens::make(dir.path(), wish(), clock).unwrap();
        let (other, _) = tokens::make(dir.path(), wish(), clock).unwrap();
        let sessions = Sessions::default();
        let begin = Instant::now();
        let cookie = sessions.begin(&token, begin).unwrap();
        let its = |cookie: &str, now| sessions.of(cookie, &keyring, (now, clock)).map(|of| of.id);
        assert_eq!(its(&cookie, begin), Some(token.id));
        assert_eq!(its(&cookie, begin + LIFE), None);
        assert_eq!(its(&cookie.replace(|_| true, "0"), begin), None);
        assert_eq!(its("", begin), None);

        let second = sessions.begin(&other, begin).unwrap();
        tokens::revoke(dir.path(), token.id).unwrap();
        assert_eq!((its(&cookie, begin), its(&second, begin)), (None, Some(other.id)));
        sessions.end(&second);
        assert_eq!(its(&second, begin), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let dir = tempdir().unwrap();
        let keyring = Keyring::new(dir.path(), Arc::new(|_| {}));
        let clock = Timestamp::UNIX_EPOCH;
        let wish = Wish { name: None, scope: Scope::Read, expires_at: None };
        let (token, _) = tokens::make(dir.path(), wish, clock).unwrap();
        let sessions = Sessions::default();
        let begin = Instant::now();
        let cookies: Vec<_> = (0..=MOST)
            .map(|n| {
                let later = Duration::from_millis(u64::try_from(n).unwrap());
                sessions.begin(&token, begin + later).unwrap()
            })
            .collect();
        let lasts = |cookie: &String| sessions.of(cookie, &keyring, (begin, clock)).is_some();
        assert_eq!((lasts(&cookies[0]), lasts(&cookies[1])), (false, true));
    }
}
