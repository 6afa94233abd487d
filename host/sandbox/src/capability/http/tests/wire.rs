//! What the server hears, and what the guest hears of it.

use horarium_core::{grants::Secret, net::http::Credential};

use super::*;

const URL: &str = "http://api.example.com/v1";

/// A world whose server remembers the heads of requests.
fn world(answer: &'static str) -> (World, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let remember = heard.clone();
    let serve = move |mut stream: DuplexStream| {
        let heard = remember.clone();
        async move {
            let head = head(&mut stream).await?;
            heard.lock().unwrap().push(head);
            stream.write_all(answer.as_bytes()).await
        }
    };
    let names = World::new().name("api.example.com", &[&["1.1.1.1"]]);
    (names.server("1.1.1.1:80", serve).grant(URL, &["GET", "POST"]), heard)
}

#[tokio::test(start_paused = true)]
async fn what_was_checked_is_what_is_sent() {
    let (world, heard) = world(OK);
    let mut attempt = world.start();
    attempt.get("http://API.example.com.:80/v1/a/../b%2Fc?x=%2e%2e").await.unwrap();
    let expected = "GET /v1/b%2Fc?x=%2e%2e HTTP/1.1\r\nhost: api.example.com\r\n\r\n";
    assert_eq!(heard.lock().unwrap()[0], expected);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_announced_as_the_guest_says() {
    let (world, heard) = world(OK);
    let mut attempt = world.start();
    let mut post = with_body("POST", URL, "text");
    post.headers_mut().insert("content-length", 4.into());
    attempt.ask(post, RequestOptions::default()).await.unwrap();
    assert!(heard.lock().unwrap()[0].contains("content-length: 4\r\n"));
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_connection_are_not_the_guests() {
    let (world, _) = world(OK);
    let mut attempt = world.start();
    for name in
        ["host", "connection", "transfer-encoding", "upgrade", "te", "x-http-method-override"]
    {
        let name = http::HeaderName::from_static(name);
        assert!(attempt.hooks.is_forbidden_header(&name), "{name}");
        assert!(attempt.hooks.forbidden_header_filter()(&name), "{name}");
    }
    for name in ["authorization", "content-length", "cookie", "user-agent"] {
        assert!(!attempt.hooks.is_forbidden_header(&http::HeaderName::from_static(name)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_replaces_the_guests_own() {
    let (mut world, heard) = world(OK);
    world.grants[0].credential =
        Credential::header("Authorization", "Bearer ", Secret::new("hunter2")).ok();
    let mut attempt = world.start();
    let mut get = request("GET", URL);
    get.headers_mut().insert("authorization", "Bearer mine".parse().unwrap());
    attempt.ask(get, RequestOptions::default()).await.unwrap();
    let head = heard.lock().unwrap()[0].clone();
    assert!(head.contains("authorization: Bearer hunter2\r\n") && !head.contains("mine"), "{head}");
}

#[tokio::test(start_paused = true)]
async fn a_credential_goes_where_its_grant_is_and_nowhere_else() {
    let (mut world, heard) = world(OK);
    world.grants[0].credential = Credential::header("x-key", "", Secret::new("hunter2")).ok();
    let mut world = world.grant("http://api.example.com/v2", &["GET"]);
    world.grants.push(grant("http://api.example.com/v1/open", &["GET"]));
    let mut attempt = world.start();
    for (path, goes) in [("v1", true), ("v1/x", true), ("v2", false), ("v1/open/x", false)] {
        attempt.get(&format!("http://api.example.com/{path}")).await.unwrap();
        let head = heard.lock().unwrap().pop().unwrap();
        assert_eq!(head.contains("hunter2"), goes, "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_in_the_query_does_not_come_back() {
    let (mut world, heard) = world(
        "HTTP/1.1 302 Found\r\nLocation: http://evil.example/?a=1&key=hunter2+%26%20x\r\n\
         X-Echo: key=hunter2+%26+x, hunter2 & x\r\nX-Other: hunter\r\nContent-Length: 0\r\n\r\n",
    );
    world.grants[0].credential = Credential::query("key", Secret::new("hunter2 & x")).ok();
    let mut attempt = world.start();
    let answered = attempt.get("http://api.example.com/v1?a=1&key=mine").await.unwrap();
    let line = "GET /v1?a=1&key=hunter2+%26+x HTTP/1.1\r\n";
    assert!(heard.lock().unwrap()[0].starts_with(line), "{heard:?}");
    let headers = answered.response.headers();
    assert_eq!(headers["x-echo"], "key=***, ***");
    assert_eq!(headers["x-other"], "hunter");
    assert_eq!(headers["location"], "http://evil.example/?a=1&key=***");
    assert_eq!(attempt.lines(), [""; 0]);
}
