//! Sending a request, and following where it is sent to.

use std::time::Instant;

use super::{Error, ErrorKind, Response, Sent, transport, url};

/// Headers that are for one host only.
const CONFIDENTIAL: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Sends a request, and follows at most so many redirects. With `most` zero, a
/// redirect is an answer as any other.
pub(super) fn send(
    mut request: Sent,
    deadline: Option<Instant>,
    most: u32,
) -> Result<Response, Error> {
    let mut followed = 0;
    loop {
        let sent = transport::send(&request, deadline);
        let mut response = sent.map_err(|kind| Error::new(&request, kind))?;
        response.of(&request);
        let Some(location) = redirect(&response).filter(|_| most > 0) else {
            return Ok(response);
        };
        if followed == most {
            return Err(Error::new(&request, ErrorKind::Redirects(most)));
        }
        followed += 1;
        let next = url::joined(&request.url, &url::encoded(location));
        let status = response.status();
        turn(&mut request, status, next);
    }
}

/// Where a response sends to.
fn redirect(response: &Response) -> Option<&str> {
    matches!(response.status(), 301 | 302 | 303 | 307 | 308)
        .then(|| response.header("location"))
        .flatten()
}

/// Turns a request into the one that a redirect asks for.
fn turn(request: &mut Sent, status: u16, next: String) {
    // What the Fetch Standard says, and browsers always did.
    let looks = ["GET", "HEAD"].contains(&request.method.as_str());
    if status == 303 && !looks || matches!(status, 301 | 302) && request.method == "POST" {
        "GET".clone_into(&mut request.method);
        request.body = None;
        request.headers.retain(|(name, _)| !starts_with(name, "content-"));
    }
    if !url::same_origin(&request.url, &next) {
        let confidential =
            |name: &str| CONFIDENTIAL.iter().any(|own| own.eq_ignore_ascii_case(name));
        request.headers.retain(|(name, _)| !confidential(name));
    }
    request.url = next;
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
