//! Alerts as HTTP requests.

use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::Full;
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

use super::{
    channel::Webhook,
    message::Message,
    post::{PATIENCE, Undelivered},
    signature,
};
use crate::outgoing;

/// Posts a message. What is answered beside the status is not looked at.
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
    match status {
        status if status.is_success() => Ok(()),
        // It says that nobody should ask again.
        StatusCode::GONE => Err(Undelivered::for_good(format!("it answered {status}"))),
        status if status.is_redirection() => {
            let error = format!("it answered {status}, and where it points to is not followed");
            Err(Undelivered::now(error))
        }
        _ => Err(Undelivered { after: retry_after(&answer), ..said(status) }),
    }
}

fn said(status: StatusCode) -> Undelivered {
    Undelivered::now(format!("it answered {status}"))
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
