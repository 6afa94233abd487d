//! Alerts as HTTP requests.

use std::time::Duration;

use anyhow::{Context, Result};
use horarium_core::text::escape;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::time::timeout;
use url::Position;

use super::{channel::Webhook, message::Message, outcome::Undelivered, post::PATIENCE, signature};
use crate::outgoing;

/// The longest part of an answer's first line that is told, in characters.
const LINE: usize = 200;

/// How long whoever refuses a message may take to say why.
const EXPLAINING: Duration = Duration::from_secs(2);

/// Posts a message. Of what is answered beside the status, the first line is told where it was
/// refused.
pub(super) async fn post(
    webhook: &Webhook,
    message: &Message,
    now: Timestamp,
) -> Result<(), Undelivered> {
    let asked = timeout(PATIENCE, ask(webhook, message, now)).await;
    let silent = || Undelivered::now(format!("no answer within {PATIENCE:?}"));
    let answer = asked.map_err(|_| silent())?;
    let place = &webhook.url;
    let answer = answer.map_err(|error| Undelivered::now(format!("{place}: {error:#}")))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let after = retry_after(&answer);
    let said = timeout(EXPLAINING, first_line(answer.into_body())).await.ok().flatten();
    let said = said.map(|line| format!(": {}", without_secrets(webhook, &line)));
    let error = format!("it answered {status}{}", said.unwrap_or_default());
    match status {
        // It says that nobody should ask again.
        StatusCode::GONE => Err(Undelivered::for_good(error)),
        status if status.is_redirection() => {
            let error = format!("it answered {status}, and where it points to is not followed");
            Err(Undelivered::now(error))
        }
        _ => Err(Undelivered { after, ..Undelivered::now(error) }),
    }
}

/// The first line of an answer that says anything; none where it can't be read.
async fn first_line(mut body: Incoming) -> Option<String> {
    let mut begin = Vec::new();
    while begin.len() < 4 * LINE
        && !String::from_utf8_lossy(&begin).trim_start().contains('\n')
        && let Some(Ok(frame)) = body.frame().await
    {
        begin.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
    }
    line_of(&String::from_utf8_lossy(&begin))
}

fn line_of(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let cut = line.char_indices().nth(LINE).map(|(end, _)| end);
    Some(match cut {
        Some(end) => format!("{}…", escape(&line[..end])),
        None => escape(line),
    })
}

/// A line without what is between the webhook and its server: servers repeat what they were
/// asked.
fn without_secrets(webhook: &Webhook, line: &str) -> String {
    let path = &webhook.url.0[Position::BeforePath..Position::AfterQuery];
    let hidden = webhook.headers.values().filter(|value| value.is_sensitive());
    let hidden = hidden.filter_map(|value| value.to_str().ok());
    let hidden = hidden.chain([path]).filter(|secret| secret.len() > 1);
    hidden.fold(line.to_owned(), |line, secret| line.replace(secret, "…"))
}

/// How long it wants to be left alone, in seconds; dates are for others.
fn retry_after(answer: &Response<Incoming>) -> Option<Duration> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

async fn ask(webhook: &Webhook, message: &Message, now: Timestamp) -> Result<Response<Incoming>> {
    let stream = outgoing::connect(&webhook.url.0, webhook.ca.as_deref()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender.
    tokio::spawn(connection);
    let answer = sender.send_request(request(webhook, message, now)?).await;
    answer.context("it hung up without an answer")
}

fn request(webhook: &Webhook, message: &Message, now: Timestamp) -> Result<Request<Full<Bytes>>> {
    let url = &webhook.url.0;
    let body = serde_json::to_string(message)?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(header::USER_AGENT, concat!("horarium/", env!("CARGO_PKG_VERSION")))
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", now.as_second());
    if let Some(secret) = &webhook.secret {
        let signature = signature::sign(secret, &message.id, now, &body);
        request = request.header("webhook-signature", signature);
    }
    let mut request = request.body(Full::from(body))?;
    request.headers_mut().extend(webhook.headers.clone());
    Ok(request)
}

#[cfg(test)]
mod tests {
    use horarium_core::grants::Secret;
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::notify::channel::Endpoint;

    #[test]
    fn of_a_refusal_the_first_line_is_told_without_what_nobody_else_knows() {
        let mut token = HeaderValue::from_static("Bearer hunter2");
        token.set_sensitive(true);
        let webhook = Webhook {
            url: Endpoint("https://hooks.example/services/T0/B0".parse().unwrap()),
            secret: None,
            headers: [(HeaderName::from_static("authorization"), token)].into_iter().collect(),
            ca: None,
        };
        let told = |text: &str| line_of(text).map(|line| without_secrets(&webhook, &line));
        assert_eq!(told("\n  no_text\nmore").as_deref(), Some("no_text"));
        assert_eq!(told("no \u{1b}[31m").as_deref(), Some("no \\u{1b}[31m"));
        let echoed = "Cannot POST /services/T0/B0 as Bearer hunter2";
        assert_eq!(told(echoed).as_deref(), Some("Cannot POST … as …"));
        assert_eq!(told(&"é".repeat(300)).unwrap().chars().count(), LINE + 1);
        assert_eq!(told(" \n"), None);
    }

    #[test]
    fn a_request_says_who_sends_what_to_whom() {
        let token =
            (HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer x"));
        let webhook = Webhook {
            url: Endpoint("https://hooks.example:8443/a/b?c=d#e".parse().unwrap()),
            secret: Some(Secret::new("hunter2")),
            headers: [token].into_iter().collect(),
            ca: None,
        };
        let now = Timestamp::from_second(1_000).unwrap();
        let message = Message::test("0a1b", now);
        let request = request(&webhook, &message, now).unwrap();
        assert_eq!(request.uri(), "/a/b?c=d");
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!(header("host"), "hooks.example:8443");
        assert_eq!(header("webhook-id"), "0a1b-test-1000000000");
        assert_eq!(header("webhook-timestamp"), "1000");
        assert_eq!(header("authorization"), "Bearer x");
        let body = serde_json::to_string(&message).unwrap();
        let expected = signature::sign(&Secret::new("hunter2"), &message.id, now, &body);
        assert_eq!(header("webhook-signature"), expected);
        assert!(!format!("{webhook:?}").contains("hunter2"));
    }
}
