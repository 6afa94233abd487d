//! What no grant admits never leaves the host.

use super::*;

const API: &str = "1.1.1.1:443";

fn world() -> World {
    World::new()
        .name("api.example.com", &[&["1.1.1.1"]])
        .server(API, says(OK))
        .server("1.1.1.1:80", says(OK))
}

#[tokio::test(start_paused = true)]
async fn what_is_granted_goes_through() {
    let mut attempt = world().grant("http://api.example.com/v1", &["GET"]).start();
    let answered = attempt.get("http://api.example.com/v1/users?page=2").await.unwrap();
    assert_eq!(answered.response.status(), 200);
    assert_eq!(answered.body().await.unwrap(), "hi");
    assert_eq!(attempt.connected(), ["1.1.1.1:80"]);
    assert_eq!(attempt.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_else_does_and_the_log_says_what_would_allow_it() {
    let mut attempt = world().grant("http://api.example.com/v1", &["GET"]).start();
    for url in [
        "http://api.example.com/v2",
        "http://api.example.com/v10",
        "http://api.example.com/v1/../v2",
        "http://api.example.com/v1/%2e%2e/v2",
        "http://api.example.com:81/v1",
        "https://api.example.com/v1",
        "http://other.example.com/v1",
        "http://127.0.0.1/v1",
    ] {
        assert!(matches!(attempt.fail(url).await, Error::HttpRequestDenied), "{url}");
    }
    for url in ["http://api.example.com/v1/..%2fv2", "http://me@api.example.com/v1"] {
        assert!(matches!(attempt.fail(url).await, Error::HttpRequestUriInvalid), "{url}");
    }
    let post = attempt.ask(request("POST", "http://api.example.com/v1"), RequestOptions::default());
    assert!(matches!(post.await.err().unwrap(), Error::HttpRequestDenied));
    assert_eq!(attempt.connected(), [""; 0]);
    let lines = attempt.lines();
    assert!(lines[0].contains("`http = [\"http://api.example.com/v2\"]`"), "{}", lines[0]);
    assert!(lines[8].contains("hides a `.` or `..`"), "{}", lines[8]);
    assert!(lines[10].contains("add \"POST\" to its `methods`"), "{}", lines[10]);
}

#[tokio::test(start_paused = true)]
async fn refusals_show_no_query_and_are_not_endless() {
    let mut attempt = world().start();
    for n in 0..100 {
        attempt.fail(&format!("http://api.example.com/{n}?token=hunter2")).await;
    }
    let lines = attempt.lines();
    assert_eq!(lines.len(), 33);
    assert!(lines.iter().all(|line| !line.contains("hunter2")), "{lines:?}");
    assert!(lines[32].contains("nothing is said of them"), "{}", lines[32]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_so_many_requests() {
    let mut world = world().grant("http://api.example.com", &["GET"]);
    world.limits.requests = 3;
    let mut attempt = world.start();
    attempt.fail("http://elsewhere.example").await;
    for _ in 0..2 {
        attempt.get("http://api.example.com/").await.unwrap();
    }
    let refused = attempt.fail("http://api.example.com/").await;
    assert!(matches!(refused, Error::HttpRequestDenied));
    assert!(attempt.lines()[1].contains("at most 3"));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_a_request_of_its_own() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n";
    let world = World::new().name("api.example.com", &[&["1.1.1.1"]]);
    let world = world.server("1.1.1.1:80", says(redirect)).server("127.0.0.1:80", says(OK));
    let mut attempt = world.grant("http://api.example.com", &["GET"]).start();
    let answered = attempt.get("http://api.example.com/").await.unwrap();
    assert_eq!(answered.response.status(), 302, "nobody has followed it");
    let location = answered.response.headers()["location"].to_str().unwrap();
    assert!(matches!(attempt.fail(location).await, Error::HttpRequestDenied));
    assert_eq!(attempt.connected(), ["1.1.1.1:80"]);
}
