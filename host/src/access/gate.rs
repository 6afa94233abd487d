//! Where all that comes in passes: who asks, and whether this host is meant.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;

use super::{
    Caller, Peer, Refused, Scope, Who,
    audit::{self, Audit, AuditEvent, AuditLine},
    hosts,
    keyring::Keyring,
    login,
    logins::Logins,
    notice::Notices,
    origin::{is_foreign, is_safe},
    sessions::Sessions,
};
use crate::config::web::Web;

/// What is known of those who ask.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Parts>);

pub(super) struct Parts {
    anonymous: Option<Scope>,
    hosts: Vec<String>,
    timeout: Duration,
    pub(super) keyring: Keyring,
    pub(super) sessions: Sessions,
    pub(super) logins: Logins,
    pub(super) audit: Audit,
}

/// What the gate has found out about a request.
#[derive(Clone)]
pub(super) struct Entry(Arc<Found>);

struct Found {
    gate: Gate,
    peer: Peer,
    caller: Result<Caller, Refused>,
    /// The path that was asked for, as a whole.
    path: String,
    /// The `key` of a bucket's entry that follows it. What else does is not written down:
    /// it may be anything.
    key: Option<String>,
}

impl Gate {
    /// # Errors
    /// Where there is no thread for the audit log.
    pub(crate) fn new(web: &Web, data_dir: &Path, notices: Notices) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Parts {
            anonymous: web.anonymous,
            hosts: web.hosts.clone(),
            timeout: web.timeout,
            keyring: Keyring::new(data_dir, notices.clone()),
            sessions: Sessions::default(),
            logins: Logins::default(),
            audit: Audit::start(data_dir, notices)?,
        })))
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }

    /// Who asks.
    fn caller(&self, peer: Peer, headers: &HeaderMap) -> Result<Caller, Refused> {
        let Parts { keyring, sessions, anonymous, .. } = &*self.0;
        if let Peer::Socket { uid } = peer {
            return Ok(Caller { who: Who::Uid(uid), scope: Scope::Admin });
        }
        let clock = Timestamp::now();
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        match (shown.next(), shown.next()) {
            (Some(shown), None) => {
                let token = bearer(shown).ok_or(Refused::WrongScheme)?;
                return Ok(keyring.of(token, clock)?.into());
            }
            (Some(_), Some(_)) => return Err(Refused::WrongScheme),
            (None, _) => {}
        }
        let now = (Instant::now(), clock);
        let session = login::cookies(headers, peer).find_map(|id| sessions.of(id, keyring, now));
        if let Some(token) = session {
            return Ok(token.into());
        }
        let anonymous = anonymous.map(|scope| Caller { who: Who::Anonymous, scope });
        anonymous.ok_or(Refused::NoToken)
    }

    /// Whether a request may be answered by this host at all.
    fn admits(&self, peer: Peer, request: &Request) -> Result<(), Refused> {
        let headers = request.headers();
        let mut said = headers.get_all(header::HOST).iter();
        let said = match (said.next(), said.next()) {
            (Some(host), None) => host.to_str().map_err(|_| Refused::NoHost)?,
            _ => return Err(Refused::NoHost),
        };
        // Of an address as a whole, which goes before the header.
        let asked = request.uri().authority().map_or(said, |authority| authority.as_str());
        if let Peer::Net { reached, .. } = peer {
            let is_ours = |name| hosts::is_ours(name, reached, &self.0.hosts);
            if !is_ours(said) || !is_ours(asked) {
                return Err(Refused::Misdirected);
            }
        }
        match is_foreign(request.method(), headers, asked) {
            true => Err(Refused::Foreign),
            false => Ok(()),
        }
    }
}

impl Entry {
    pub(super) fn gate(&self) -> &Parts {
        self.0.gate.parts()
    }

    pub(super) fn peer(&self) -> Peer {
        self.0.peer
    }

    pub(super) fn caller(&self) -> Result<&Caller, Refused> {
        self.0.caller.as_ref().map_err(|refused| *refused)
    }

    /// How long a body may take.
    pub(super) fn timeout(&self) -> Duration {
        self.0.gate.0.timeout
    }

    pub(super) fn line(&self, operation: &str) -> AuditLine {
        let Found { peer, caller, path, key, .. } = &*self.0;
        let who = caller.as_ref().ok().map(|caller| &caller.who);
        AuditLine::asked(audit::request_id(), who, *peer, operation, path).with_key(key.as_deref())
    }
}

/// Who asks, where somebody has been let in.
pub(super) fn caller(extensions: &Extensions) -> Result<Caller, Refused> {
    match extensions.get::<Entry>() {
        Some(entry) => entry.0.caller.clone(),
        None => Err(Refused::NoToken),
    }
}

/// The outermost layer: finds out who asks, and turns away whoever is at the wrong host.
pub(crate) async fn enter(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        return dressed(Refused::NoToken.into_response());
    };
    let caller = gate.caller(peer, request.headers());
    let admitted = gate.admits(peer, &request);
    let path = request.uri().path().to_owned();
    let key = request.uri().query().filter(|_| !is_safe(request.method())).and_then(key);
    let entry = Entry(Arc::new(Found { gate, peer, caller, path, key }));
    if let Err(refused) = admitted {
        note_refused(&entry, request.method(), "-", refused);
        return dressed(refused.into_response());
    }
    request.extensions_mut().insert(entry);
    dressed(next.run(request).await)
}

/// With what browsers are to know of every answer.
fn dressed(mut response: Response) -> Response {
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    let headers = response.headers_mut();
    headers.extend(always);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What nobody is let in to change is written down as well.
pub(super) fn note_refused(entry: &Entry, method: &Method, operation: &str, refused: Refused) {
    if !is_safe(method) {
        let status = Some(refused.status().as_u16());
        let line = entry.line(operation).then(AuditEvent::Refused, status);
        entry.gate().audit.note_refused(line);
    }
}

/// The answer where there is no route: who is not known does not hear that.
pub(crate) async fn stray(request: Request, answer: impl IntoResponse) -> Response {
    match caller(request.extensions()) {
        Ok(_) => answer.into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// What `key` is in what follows a question mark.
fn key(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "key").map(|(_, key)| key.into_owned())
}

/// The token of `Bearer TOKEN`.
fn bearer(shown: &HeaderValue) -> Option<&str> {
    let (scheme, token) = shown.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_after_its_scheme() {
        let read = |text: &'static str| bearer(&HeaderValue::from_static(text)).map(str::to_owned);
        assert_eq!(read("Bearer hor_1").as_deref(), Some("hor_1"));
        assert_eq!(read("bearer  hor_1 ").as_deref(), Some("hor_1"));
        for other in ["", "hor_1", "Bearer", "Basic hor_1", "Bearerhor_1"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
