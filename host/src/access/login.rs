//! Logging in with a browser: a token for a cookie.

use std::time::Instant;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use form_urlencoded::byte_serialize;
use jiff::Timestamp;

use super::{
    Caller, Peer, Refused,
    audit::{self, AuditEvent, AuditLine},
    body::{Longest, whole},
    gate::Entry,
    keyring::Worthless,
    logins::ONCE_IN,
    sessions::LIFE,
};
use crate::{api::problem::Problem, ui};

/// Where one logs in.
const PATH: &str = "/login";

/// The routes that take no token.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(PATH, get(show).post(log_in)).route("/logout", axum::routing::post(log_out))
}

/// Where to log in, to come back to a path.
pub(super) fn address(path: &str) -> String {
    format!("{PATH}?next={}", byte_serialize(path.as_bytes()).collect::<String>())
}

/// The form.
async fn show(request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    page(StatusCode::OK, &field(query.as_bytes(), "next").unwrap_or_default(), None)
}

/// Takes a token, and gives a cookie for it.
async fn log_in(request: Request) -> Result<Response, Problem> {
    let entry = request.extensions().get::<Entry>().cloned();
    let entry = entry.ok_or_else(Problem::draining)?;
    let now = Instant::now();
    let address = match entry.peer() {
        Peer::Net { address, .. } => Some(address.ip()),
        Peer::Socket { .. } => None,
    };
    if !is_form(request.headers()) {
        let detail = "its body has to be `application/x-www-form-urlencoded`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = whole(request, Longest::Wish).await?;
    let next = field(&body, "next").unwrap_or_default();
    let parts = entry.gate();
    if !parts.logins.may_try(address, now) {
        let problem = Some("Too many attempts. Wait a little.");
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, &next, problem);
        response.headers_mut().insert(header::RETRY_AFTER, ONCE_IN.as_secs().into());
        return Ok(response);
    }
    let line = |who: Option<&Caller>| {
        let who = who.map(|caller| &caller.who);
        AuditLine::asked(audit::request_id(), who, entry.peer(), "log_in", PATH)
    };
    let token = field(&body, "token").unwrap_or_default();
    let known = match parts.keyring.of(token.trim(), Timestamp::now()) {
        Ok(known) => known,
        Err(reason) => {
            // A token can't be guessed. This is for what fills logs and takes time.
            parts.logins.failed(address, now);
            let status = StatusCode::UNAUTHORIZED;
            let line = line(None).then(AuditEvent::Refused, Some(status.as_u16()));
            parts.audit.note_refused(line);
            return Ok(page(status, &next, Some(said(reason))));
        }
    };
    let session = parts.sessions.begin(&known, now);
    let session = session.map_err(|reason| Problem::unavailable(reason.to_string()))?;
    let status = Some(StatusCode::SEE_OTHER.as_u16());
    let line = line(Some(&known.into())).then(AuditEvent::Answered, status);
    if let Err(reason) = parts.audit.keep(line).await {
        parts.sessions.end(&session);
        return Ok(Refused::Unaudited(reason).into_response());
    }
    let mut response = Redirect::to(local(&next)).into_response();
    set_cookie(&mut response, entry.peer(), &session, LIFE.as_secs());
    Ok(response)
}

/// Ends a session.
async fn log_out(request: Request) -> Response {
    let mut response = Redirect::to(PATH).into_response();
    if let Some(entry) = request.extensions().get::<Entry>() {
        for session in cookies(request.headers(), entry.peer()) {
            entry.gate().sessions.end(session);
        }
        set_cookie(&mut response, entry.peer(), "", 0);
    }
    response
}

fn said(reason: Worthless) -> &'static str {
    match reason {
        Worthless::Unknown => "This host does not know this token.",
        Worthless::Expired => "This token has expired.",
        Worthless::Unusable => "The host can't read its tokens; its own output says why.",
    }
}

/// The cookie's name. Cookies are for all ports of a host, so the port is part of it; over
/// TLS browsers see to it that nobody else sets one of this name.
fn cookie_name(peer: Peer) -> String {
    match peer {
        Peer::Net { tls: true, .. } => "__Host-horarium".to_owned(),
        Peer::Net { reached, .. } => format!("horarium-{}", reached.port()),
        Peer::Socket { .. } => "horarium".to_owned(),
    }
}

/// What the cookies of sessions hold.
pub(super) fn cookies(headers: &HeaderMap, peer: Peer) -> impl Iterator<Item = &str> {
    let name = cookie_name(peer);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.filter(move |(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

fn set_cookie(response: &mut Response, peer: Peer, value: &str, seconds: u64) {
    let name = cookie_name(peer);
    let secure = if matches!(peer, Peer::Net { tls: true, .. }) { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// A path of this host; anything else leads to its first page.
fn local(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let is_plain = next.len() <= 2048 && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_path && is_plain { next } else { "/" }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The form, with a word on what went wrong.
fn page(status: StatusCode, next: &str, problem: Option<&str>) -> Response {
    ui::login(status, local(next), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_logged_in_stays_at_this_host() {
        for path in ["/", "/tasks/a?b=c", "/runs/1"] {
            assert_eq!(local(path), path);
        }
        for other in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "/\u{e9}"]
        {
            assert_eq!(local(other), "/", "{other}");
        }
    }

    #[test]
    fn an_address_leads_back() {
        assert_eq!(address("/a b"), "/login?next=%2Fa+b");
    }

    #[test]
    fn cookies_have_the_port_in_their_name() {
        let peer = |tls| Peer::Net {
            address: "10.0.0.1:1".parse().unwrap(),
            reached: "10.0.0.2:7878".parse().unwrap(),
            tls,
        };
        let mut headers = HeaderMap::new();
        let line = "a=b; horarium-7878=one; horarium-7879=two; __Host-horarium=three";
        headers.append(header::COOKIE, HeaderValue::from_static(line));
        headers.append(header::COOKIE, HeaderValue::from_static("horarium-7878=four"));
        let found: Vec<_> = cookies(&headers, peer(false)).collect();
        assert_eq!(found, ["one", "four"]);
        let found: Vec<_> = cookies(&headers, peer(true)).collect();
        assert_eq!(found, ["three"]);
    }
}
