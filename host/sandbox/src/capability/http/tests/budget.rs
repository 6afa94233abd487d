//! What a server or a guest can make the host take is bounded.

use super::*;

const URL: &str = "http://api.example.com/";

fn world() -> World {
    World::new().name("api.example.com", &[&["1.1.1.1"]]).grant(URL, &["GET", "POST"])
}

/// Says this, and then that for ever.
fn endless(first: &'static str, then: String) -> impl Fn(DuplexStream) -> Served + Send + Sync {
    move |mut stream| {
        let then = then.clone();
        Box::pin(async move {
            head(&mut stream).await?;
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(then.as_bytes()).await?;
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_ends() {
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for (head, piece) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(10_000)),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
    ] {
        let mut world = world().server("1.1.1.1:80", endless(head, piece));
        world.limits.received = 1 << 20;
        let mut attempt = world.start();
        let reason = attempt.get(URL).await.unwrap().body().await.unwrap_err();
        assert!(matches!(reason, Error::HttpResponseBodySize(Some(0x10_0000))), "{reason}");
        assert!(attempt.lines()[0].contains("at most 1048576 bytes together"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_says_how_long_it_is_is_not_even_begun() {
    let long = "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n";
    let mut world = world().server("1.1.1.1:80", says(long));
    world.limits.received = 1 << 20;
    let reason = world.start().fail(URL).await;
    assert!(matches!(reason, Error::HttpResponseBodySize(Some(_))), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn all_responses_share_one_budget() {
    let mut world = world().server("1.1.1.1:80", says(OK));
    world.limits.received = 5;
    let mut attempt = world.start();
    for _ in 0..2 {
        assert_eq!(attempt.get(URL).await.unwrap().body().await.unwrap(), "hi");
    }
    assert!(matches!(attempt.fail(URL).await, Error::HttpResponseBodySize(Some(5))));
}

#[tokio::test(start_paused = true)]
async fn a_header_section_has_a_limit() {
    let line = format!("X: {}\r\n", "y".repeat(1000));
    let mut attempt = world().server("1.1.1.1:80", endless("HTTP/1.1 200 OK\r\n", line)).start();
    let reason = attempt.fail(URL).await;
    assert!(matches!(reason, Error::HttpResponseHeaderSectionSize(Some(65536))), "{reason}");

    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(200));
    let reason = world().server("1.1.1.1:80", says(many)).start().fail(URL).await;
    assert!(matches!(reason, Error::HttpResponseHeaderSectionSize(_)), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn interim_responses_end() {
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    let mut attempt = world().server("1.1.1.1:80", endless("", hint.to_owned())).start();
    let reason = attempt.fail(URL).await;
    assert!(matches!(reason, Error::HttpResponseHeaderSectionSize(Some(65536))), "{reason}");

    let body = "x".repeat(1 << 20);
    let some = format!("{hint}{hint}HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n{body}");
    let mut attempt = world().server("1.1.1.1:80", says(some)).start();
    assert_eq!(attempt.get(URL).await.unwrap().body().await.unwrap().len(), body.len());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_http_is_told() {
    for (said, expected) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", "HTTP protocol error"),
        ("HTTP/1.1 999999 No\r\n\r\n", "HTTP protocol error"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP protocol error",
        ),
        ("", "incomplete HTTP response"),
        ("HTTP/1.1 200", "incomplete HTTP response"),
    ] {
        let reason = world().server("1.1.1.1:80", says(said)).start().fail(URL).await;
        assert_eq!(reason.to_string(), expected, "{said:?}");
    }
    for (body, expected) in [
        ("Content-Length: 10\r\n\r\nhi", "incomplete HTTP response"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "incomplete HTTP response"),
        ("Transfer-Encoding: chunked\r\n\r\nhi\r\n", "HTTP protocol error"),
    ] {
        let said = format!("HTTP/1.1 200 OK\r\n{body}");
        let mut attempt = world().server("1.1.1.1:80", says(&said)).start();
        let reason = attempt.get(URL).await.unwrap().body().await.unwrap_err();
        assert_eq!(reason.to_string(), expected, "{said}");
    }
}

/// Takes everything that comes.
async fn swallow(mut stream: DuplexStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_huge_request_is_stopped() {
    let mut world = world().server("1.1.1.1:80", swallow);
    world.limits.sent = 100_000;
    let mut attempt = world.start();
    let endless = Pieces(|_: &mut Context<'_>| Poll::Ready(Some(Bytes::from_static(&[0; 1000]))));
    let endless = request("POST", URL).map(|_| endless.boxed_unsync());
    let reason = attempt.ask(endless, RequestOptions::default()).await.err().unwrap();
    assert!(matches!(reason, Error::HttpRequestBodySize(Some(100_000))), "{reason}");
    assert!(attempt.lines()[0].contains("at most 100000 bytes together"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_says_that_it_is_huge_is_not_sent() {
    let mut attempt = world().start();
    let mut request = request("POST", URL);
    request.headers_mut().insert("content-length", (1_u64 << 40).into());
    let reason = attempt.ask(request, RequestOptions::default()).await.err().unwrap();
    assert!(matches!(reason, Error::HttpRequestBodySize(_)), "{reason}");
    assert_eq!(attempt.connected(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn connections_are_few_and_come_back() {
    let mut world = world().server("1.1.1.1:80", |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await?;
        std::future::pending().await
    });
    world.limits.connections = 2;
    let mut attempt = world.start();
    let first = attempt.get(URL).await.unwrap();
    let _second = attempt.get(URL).await.unwrap();
    let reason = attempt.fail(URL).await;
    assert!(matches!(reason, Error::ConnectionLimitReached), "{reason}");
    drop(first);
    attempt.get(URL).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_kept_counts_in_the_next_attempt() {
    let mut world = world().server("1.1.1.1:80", |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await?;
        std::future::pending().await
    });
    world.limits.connections = 2;
    world.limits.requests = 2;
    let mut attempt = world.start();
    let _first = attempt.get(URL).await.unwrap();
    let second = attempt.get(URL).await.unwrap();
    attempt.hooks.renew();
    let reason = attempt.fail(URL).await;
    assert!(matches!(reason, Error::ConnectionLimitReached), "{reason}");
    drop(second);
    attempt.get(URL).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_the_attempt() {
    let (hung_up, heard) = tokio::sync::oneshot::channel();
    let hung_up = Mutex::new(Some(hung_up));
    let serve = move |mut stream: DuplexStream| {
        let hung_up = hung_up.lock().unwrap().take();
        async move {
            head(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await?;
            let rest = stream.read_u8().await;
            hung_up.unwrap().send(rest.is_err()).unwrap();
            Ok(())
        }
    };
    let mut attempt = world().server("1.1.1.1:80", serve).start();
    let answered = attempt.get(URL).await.unwrap();
    drop(answered);
    drop(attempt);
    assert!(heard.await.unwrap());
}
