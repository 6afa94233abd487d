//! What is told of a request: that there was one, where to, and how it ended.

use std::time::Duration;

use horarium_core::{
    attempt::{HttpEnd, HttpRequest},
    net::Scheme,
};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    let world = World::new().name("api.example.com", &[&["1.1.1.1"]]);
    world.grant("https://api.example.com/v1", &["GET"]).grant("http://api.example.com/", &["GET"])
}

/// The only request that was told of.
fn told(attempt: &Attempt) -> HttpRequest {
    let mut told = std::mem::take(&mut *attempt.lines.requests.lock().unwrap());
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_its_status_and_without_its_path() {
    let slow = |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        tokio::time::sleep(3 * SECOND).await;
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await
    };
    let mut attempt = world().server("1.1.1.1:80", slow).start();
    attempt.get("http://api.example.com/orders?token=hunter2hunter2").await.unwrap();
    let HttpRequest { at, took, method, scheme, host, port, end } = told(&attempt);
    assert_eq!((took, end), (3 * SECOND, HttpEnd::Answered(404)));
    assert_eq!((method.as_str(), scheme, host.as_str()), ("GET", Scheme::Http, "api.example.com"));
    assert_eq!(port, 80);
    assert!(at > jiff::Timestamp::UNIX_EPOCH);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_and_what_fails() {
    let mut attempt = world().start();
    attempt.fail("http://[::1]:8080/").await;
    let refused = told(&attempt);
    assert_eq!((refused.host.as_str(), refused.port), ("::1", 8080));
    assert_eq!((refused.took, refused.end), (Duration::ZERO, denied()));
    attempt.fail("https://api.example.com/v1").await;
    let failed = told(&attempt);
    assert_eq!((failed.scheme, failed.port), (Scheme::Https, 443));
    assert_eq!(failed.took, HttpLimits::DEFAULT.connect);
    assert_eq!(failed.end, HttpEnd::Failed("connection-timeout"));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for() {
    let mut attempt = world().start();
    let answer = attempt.ask(request("GET", "http://api.example.com/"), RequestOptions::default());
    let given_up = tokio::time::timeout(SECOND, answer).await;
    assert!(given_up.is_err());
    let abandoned = told(&attempt);
    assert_eq!((abandoned.took, abandoned.end), (SECOND, HttpEnd::Abandoned));
}

#[tokio::test(start_paused = true)]
async fn a_name_of_the_guests_is_cut() {
    let mut attempt = world().start();
    attempt.fail(&format!("https://{}.example.com/", "a".repeat(5_000))).await;
    assert_eq!(told(&attempt).host.len(), 255);
}

fn denied() -> HttpEnd {
    HttpEnd::Failed("HTTP-request-denied")
}
