//! A guest's HTTP requests, to servers on this machine.

use std::{io, sync::Mutex, time::Duration};

use horarium_core::{
    attempt::Outcome,
    executor::StopReason,
    grants::{Grants, Secret},
    log::Source,
    net::http::{Credential, HttpGrant, Methods},
    verdict::{FailureKind, Verdict},
};
use horarium_sandbox::{Plugin, Sandbox};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{OnceCell, oneshot},
};

use crate::support::{Call, guest, sandbox};

const SECRET: &str = "hunter2hunter2";

/// `fetcher`, compiled once for all that is done with it here.
async fn fetcher() -> &'static (Sandbox, Plugin) {
    static FETCHER: OnceCell<(Sandbox, Plugin)> = OnceCell::const_new();
    let load = async || {
        let sandbox = sandbox();
        let plugin = sandbox.load_bytes(guest("fetcher")).await.unwrap();
        (sandbox, plugin)
    };
    FETCHER.get_or_init(load).await
}

/// Starts a server that does this with each connection; its URL.
async fn serve<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    url
}

/// Reads a request's head.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A server that says back what it was told.
async fn echo() -> String {
    serve(|mut stream| async move {
        let head = head(&mut stream).await?;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nX-Server: echo\r\nContent-Length: {}\r\n\r\n{head}",
            head.len()
        );
        stream.write_all(answer.as_bytes()).await
    })
    .await
}

/// A server that says yes to whatever it has read to its end. One that answered before
/// would close the connection on who still writes.
async fn listen() -> String {
    serve(|mut stream| async move {
        let head = head(&mut stream).await?.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await
    })
    .await
}

/// A server that says this.
async fn says(answer: String) -> String {
    serve(move |mut stream| {
        let answer = answer.clone();
        async move {
            head(&mut stream).await?;
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await
}

/// To look at everything below a URL.
fn looking(url: &str) -> HttpGrant {
    let prefix = url.parse().unwrap();
    HttpGrant { prefix, methods: Methods::default(), within: Vec::new(), credential: None }
}

fn writing(url: &str) -> HttpGrant {
    let methods = ["GET", "POST"].map(|method| method.parse().unwrap());
    HttpGrant { methods: Methods::new(methods.to_vec()), ..looking(url) }
}

fn grants(http: impl IntoIterator<Item = HttpGrant>) -> Grants {
    Grants { http: http.into_iter().collect(), ..Grants::default() }
}

fn output(outcome: &Outcome) -> Value {
    match &outcome.verdict {
        Verdict::Succeeded { output: Some(output) } => serde_json::from_str(output).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What `fetch` returns, and what the host said in the log.
async fn fetch(order: Value, grants: Grants) -> (Value, Vec<String>) {
    let (sandbox, plugin) = fetcher().await;
    let call = Call::to("fetch").with(order).granted(grants);
    let heard = call.heard.clone();
    let outcome = call.run(sandbox, plugin).await;
    let lines = heard.lines().into_iter().filter(|line| line.source == Source::Host);
    (output(&outcome), lines.map(|line| line.message).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_granted_request_is_answered() {
    let url = echo().await;
    let order = json!({
        "url": format!("{url}/v1/a b?c=d"), "method": "POST",
        "headers": { "X-Trace": "t" }, "body": "text"
    });
    let (fetched, lines) = fetch(order, grants([writing(&format!("{url}/v1"))])).await;
    let answer = &fetched["answer"];
    assert_eq!(answer["status"], 200);
    assert_eq!(answer["headers"]["x-server"], "echo");
    let heard = answer["body"].as_str().unwrap();
    assert!(heard.starts_with("POST /v1/a%20b?c=d HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains(&format!("host: {}\r\n", url.strip_prefix("http://").unwrap())));
    assert!(heard.contains("x-trace: t\r\n") && heard.contains("content-length: 4\r\n"), "{heard}");
    assert_eq!(lines, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_granted_is_refused() {
    let url = echo().await;
    let granted = format!("{url}/v1/");
    for (order, refusal) in [
        (json!({ "url": format!("{url}/v2") }), "no grant of the task admits it"),
        (json!({ "url": format!("{url}/v1/../v2") }), "no grant of the task admits it"),
        (json!({ "url": format!("{url}/v1/%2e%2e/v2") }), "no grant of the task admits it"),
        (json!({ "url": format!("{url}/v1/..%2fv2") }), "it goes to no URL"),
        (json!({ "url": granted, "method": "DELETE" }), "no grant of the task admits it"),
        (json!({ "url": granted.replace("127.0.0.1", "localhost") }), "no grant of the task"),
        (json!({ "url": granted, "headers": { "Host": "evil.example" } }), "the host's own"),
        (json!({ "url": granted, "headers": { "Connection": "x" } }), "the host's own"),
        (json!({ "url": granted, "headers": { "X-A": "a\r\nHost: b" } }), "can't be sent"),
        (json!({ "url": granted.replace("http://", "http://me@") }), "it goes to no URL"),
    ] {
        let (fetched, _) = fetch(order.clone(), grants([looking(&granted)])).await;
        let refused = fetched["refused"].as_str().unwrap_or_else(|| panic!("{order}: {fetched}"));
        assert!(refused.contains(refusal), "{order}: {refused}");
    }
    let (fetched, lines) = fetch(json!({ "url": granted }), Grants::default()).await;
    assert!(fetched["refused"].is_string());
    assert!(lines[0].contains(&format!("`http = [\"{granted}\"]`")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_request_can_have_is_not_kept() {
    let url = echo().await;
    let method = json!({ "url": url, "method": "A".repeat(33) });
    let authority = json!({ "url": format!("http://{}/", "a".repeat((8 << 10) + 1)) });
    for (order, refusal) in [(method, "there is no such method"), (authority, "it goes to no URL")]
    {
        let (fetched, lines) = fetch(order, grants([looking(&url)])).await;
        let refused = fetched["refused"].as_str().unwrap();
        assert!(refused.contains(refusal), "{refused}");
        assert_eq!(lines, [""; 0], "it was a request already");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_is_added_for_its_own_server_alone() {
    let other = echo().await;
    let location = format!("{other}/elsewhere");
    let url = serve(move |mut stream| {
        let location = location.clone();
        async move {
            let head = head(&mut stream).await?;
            // It tells both of what it has heard, in the place that a redirect has.
            let query = head.split(' ').nth(1).unwrap().split('?').nth(1).unwrap_or_default();
            let key = head.lines().find(|line| line.starts_with("x-key")).unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 302 Found\r\nLocation: {location}?{query}\r\nX-Heard: {key}\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await
        }
    })
    .await;
    for credential in [
        Credential::query("key", Secret::new(SECRET)),
        Credential::header("X-Key", "", Secret::new(SECRET)),
    ] {
        let keyed = HttpGrant { credential: credential.ok(), ..looking(&url) };
        let granted = grants([keyed, looking(&other)]);
        let order = json!({ "url": format!("{url}/?key=mine"), "headers": { "X-Other": "o" } });
        let (fetched, _) = fetch(order, granted.clone()).await;
        let followed = fetched["answer"]["body"].as_str().unwrap();
        assert!(followed.contains("/elsewhere?"), "{followed}");
        assert!(!fetched.to_string().contains(SECRET), "{fetched}");

        let (fetched, _) = fetch(json!({ "url": url, "redirects": 0 }), granted).await;
        let headers = &fetched["answer"]["headers"];
        let told = format!("{}{}", headers["location"], headers["x-heard"]);
        assert!(told.contains("***"), "it was sent, and can't be seen: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_where_nothing_is_granted_is_refused() {
    let inside = echo().await;
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {inside}/\r\nContent-Length: 0\r\n\r\n");
    let url = says(answer).await;
    let (fetched, lines) = fetch(json!({ "url": url }), grants([looking(&url)])).await;
    let refused = fetched["refused"].as_str().unwrap();
    assert!(refused.starts_with(&format!("GET {inside}/: the host refused it")), "{refused}");
    assert!(lines[0].contains(&inside), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_body_ends_at_its_limit() {
    let url = serve(|mut stream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            stream.write_all(&[b'x'; 64 << 10]).await?;
        }
    })
    .await;
    let (sandbox, plugin) = fetcher().await;
    let call = Call::to("drain").with(json!({ "url": url })).granted(grants([looking(&url)]));
    let drained = output(&call.run(sandbox, plugin).await);
    let length = drained[0].as_u64().unwrap();
    assert!(((63 << 20)..=(64 << 20)).contains(&length), "{drained}");
    assert!(drained[1].as_str().unwrap().contains("67108864 bytes"), "{drained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_request_is_refused() {
    let url = listen().await;
    let (sandbox, plugin) = fetcher().await;
    for (bytes, sent) in [(100_000, true), ((16 << 20) + 1, false)] {
        let args = json!({ "url": url, "bytes": bytes });
        let call = Call::to("flood").with(args).granted(grants([writing(&url)]));
        match call.run(sandbox, plugin).await.verdict {
            Verdict::Succeeded { .. } => assert!(sent),
            Verdict::Failed(failure) => {
                assert!(!sent && failure.message.contains("16777216 bytes"), "{failure:?}");
                assert_eq!(failure.kind, FailureKind::Permanent);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_that_nobody_reads_are_cleared_away() {
    let url =
        says(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}", "x".repeat(100))).await;
    let (sandbox, plugin) = fetcher().await;
    // More than there may be handles, and far more than there may be connections.
    let args = json!({ "url": url, "requests": 200, "keep": false });
    let call = Call::to("crowd").with(args).granted(grants([looking(&url)]));
    assert_eq!(output(&call.run(sandbox, plugin).await), json!([200, "enough"]));
}

/// A server that never answers, and that tells when it is asked, and when it is left
/// alone.
async fn silence() -> (String, oneshot::Receiver<()>, oneshot::Receiver<()>) {
    let (asked, heard_asked) = oneshot::channel();
    let (left, heard_left) = oneshot::channel();
    let tell = Mutex::new(Some((asked, left)));
    let url = serve(move |mut stream| {
        let tell = tell.lock().unwrap().take();
        async move {
            head(&mut stream).await?;
            let (asked, left) = tell.unwrap();
            // Not every test listens.
            let _ = asked.send(());
            let _ = stream.read_u8().await;
            let _ = left.send(());
            Ok(())
        }
    });
    (url.await, heard_asked, heard_left)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_gives_up_when_it_said_it_would() {
    let (url, _, _) = silence().await;
    let order = json!({ "url": url, "timeout_ms": 50 });
    let (fetched, _) = fetch(order, grants([looking(&url)])).await;
    assert_eq!(fetched["refused"], format!("GET {url}: it took too long"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_ends_with_its_attempt() {
    let (url, asked, left) = silence().await;
    let (sandbox, plugin) = fetcher().await;
    let stop = Box::pin(async {
        asked.await.unwrap();
        StopReason::Cancel
    });
    let call = Call::to("fetch").with(json!({ "url": url })).granted(grants([looking(&url)]));
    let outcome = Call { stop, ..call }.run(sandbox, plugin).await;
    assert_eq!(outcome.verdict, Verdict::Cancelled);
    left.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_says_what_the_server_said() {
    let (sandbox, plugin) = fetcher().await;
    for (head, kind) in [
        ("404 Not Found", FailureKind::Permanent),
        ("503 Unavailable", FailureKind::Retry),
        ("429 Slow Down\r\nRetry-After: 90", FailureKind::RetryAfter(Duration::from_secs(90))),
    ] {
        let url = says(format!("HTTP/1.1 {head}\r\nContent-Length: 5\r\n\r\nsorry")).await;
        let call = Call::to("insist").with(json!({ "url": url })).granted(grants([looking(&url)]));
        let Verdict::Failed(failure) = call.run(sandbox, plugin).await.verdict else {
            panic!("{head} was no failure");
        };
        assert_eq!(failure.kind, kind);
        assert!(failure.message.starts_with("ask: GET") || failure.message.starts_with("GET"));
        assert!(failure.message.ends_with(": sorry"), "{}", failure.message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_guest_that_uses_http_imports_it() {
    let sandbox = sandbox();
    let imports = async |name| sandbox.load_bytes(guest(name)).await.unwrap().imports();
    let http = |imports: &[String]| imports.iter().any(|import| import.starts_with("wasi:http/"));
    assert!(http(&imports("fetcher").await));
    assert!(!http(&imports("noop").await));
}
