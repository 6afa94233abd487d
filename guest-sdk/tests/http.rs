//! Requests, with servers that the tests make up.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::{cell::RefCell, io::Read, rc::Rc, time::Duration};

use horarium_sdk::{
    Context, TaskError, anyhow, http,
    http::{ErrorKind, Response, Sent},
    plugin::FailureKind,
    serde_json::{Value, json},
};

/// Answers this thread's requests.
fn serve<A: Into<Result<Response, ErrorKind>>>(answer: impl FnMut(&Sent) -> A + 'static) {
    let _context = Context::for_test("task").http(answer).build();
}

/// Answers this thread's requests with responses one after the other, and keeps what
/// was asked.
fn script(answers: Vec<Response>) -> Rc<RefCell<Vec<Sent>>> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let (keep, mut answers) = (heard.clone(), answers.into_iter());
    serve(move |request: &Sent| {
        keep.borrow_mut().push(request.clone());
        answers.next().expect("one more answer")
    });
    heard
}

fn redirect(status: u16, location: &str) -> Response {
    Response::new(status).with_header("Location", location)
}

#[test]
fn a_request_is_what_its_author_wrote() {
    let heard = script(vec![Response::new(201).with_header("X-Id", "7").with_json(&[1, 2])]);
    let response = http::post("https://api.example.com/a b?x=1")
        .query("q", "night & day")
        .query("n", 3)
        .header("X-Trace", "t")
        .json(&json!({ "name": "Ä" }))
        .send()
        .unwrap();
    let sent = heard.borrow()[0].clone();
    assert_eq!(sent.method(), "POST");
    assert_eq!(sent.url(), "https://api.example.com/a%20b?x=1&q=night%20%26%20day&n=3");
    assert_eq!(sent.header("x-trace"), Some("t"));
    assert_eq!(sent.header("Content-Type"), Some("application/json"));
    assert!(sent.header("user-agent").unwrap().starts_with("horarium-sdk/"));
    assert_eq!(sent.json::<Value>().unwrap(), json!({ "name": "Ä" }));

    assert!(response.is_success());
    assert_eq!((response.status(), response.header("x-id")), (201, Some("7")));
    assert_eq!(response.url(), sent.url());
    assert_eq!(response.json::<Vec<u8>>().unwrap(), [1, 2]);
}

#[test]
fn a_body_can_be_read_in_every_way() {
    serve(|_: &Sent| Response::new(200).with_body("hällo"));
    let get = || http::get("https://a.example").send().unwrap();
    assert_eq!(get().text().unwrap(), "hällo");
    assert_eq!(get().bytes().unwrap(), "hällo".as_bytes());
    let mut text = String::new();
    get().into_reader().take(3).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hä");
    let error = get().json::<Value>().unwrap_err();
    assert!(error.to_string().contains("not the JSON that was expected"), "{error}");

    serve(|_: &Sent| Response::new(200).with_body([0xff]));
    assert!(matches!(get().text().unwrap_err().kind(), ErrorKind::Content(_)));
}

#[test]
fn what_makes_no_sense_is_told_when_it_is_sent() {
    serve(|_: &Sent| Response::new(200));
    for url in ["", "api.example.com", "/v1", "ftp://a.example/", "https://"] {
        let error = http::get(url).send().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{url}: {error}");
    }
    let keys = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = http::post("https://a.example").json(&keys).send().unwrap_err();
    assert!(error.to_string().contains("can't be written as JSON"), "{error}");
}

#[test]
fn a_test_without_a_server_is_told_what_it_lacks() {
    serve(|_: &Sent| Response::new(200));
    let _other = Context::for_test("task").build();
    let error = http::get("https://a.example").send().unwrap_err();
    assert!(error.to_string().contains("Context::for_test(…).http(…)"), "{error}");
}

#[test]
fn redirects_are_followed_as_far_as_they_may_be() {
    let heard = script(vec![
        redirect(301, "/v2/users?page=1"),
        redirect(302, "../login"),
        redirect(307, "//other.example"),
        Response::new(200),
    ]);
    let response = http::get("https://a.example/v1/users").send().unwrap();
    assert_eq!(response.url(), "https://other.example");
    let urls: Vec<_> = heard.borrow().iter().map(|sent| sent.url().to_owned()).collect();
    assert_eq!(
        urls,
        [
            "https://a.example/v1/users",
            "https://a.example/v2/users?page=1",
            "https://a.example/v2/../login",
            "https://other.example",
        ]
    );

    serve(|_: &Sent| redirect(302, "/again"));
    let error = http::get("https://a.example").follow_redirects(3).send().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Redirects(3));
    assert_eq!(http::get("https://a.example").follow_redirects(0).send().unwrap().status(), 302);
    assert_eq!(http::post("https://a.example").send().unwrap().status(), 302);
    serve(|_: &Sent| Response::new(302));
    assert_eq!(http::get("https://a.example").send().unwrap().status(), 302, "to nowhere");
}

#[test]
fn a_redirect_takes_no_credential_elsewhere() {
    let heard = script(vec![
        redirect(302, "/here"),
        redirect(302, "https://b.example/"),
        Response::new(200),
    ]);
    let request =
        http::get("https://a.example").header("Authorization", "Bearer t").header("X-A", "b");
    request.send().unwrap();
    let heard = heard.borrow();
    assert_eq!(heard[1].header("authorization"), Some("Bearer t"));
    assert_eq!(heard[2].header("authorization"), None);
    assert_eq!(heard[2].header("x-a"), Some("b"));
}

#[test]
fn a_redirect_says_whether_the_body_goes_along() {
    for (method, status, expected) in [
        ("POST", 301, ("GET", "")),
        ("POST", 303, ("GET", "")),
        ("PUT", 303, ("GET", "")),
        ("POST", 307, ("POST", "text")),
        ("PUT", 302, ("PUT", "text")),
    ] {
        let heard = script(vec![redirect(status, "/next"), Response::new(200)]);
        let request = http::request(method, "https://a.example").body("text");
        request.header("Content-Type", "text/plain").follow_redirects(1).send().unwrap();
        let next = heard.borrow()[1].clone();
        assert_eq!((next.method(), std::str::from_utf8(next.body()).unwrap()), expected);
        assert_eq!(next.header("content-type").is_some(), !next.body().is_empty());
    }
}

#[test]
fn an_error_of_status_quotes_the_server() {
    serve(|_: &Sent| {
        Response::new(404).with_body(format!("no such\n\n  user{}", "!".repeat(9_000)))
    });
    let response = http::get("https://me:secret@a.example/users/7?token=secret").send().unwrap();
    let error = response.error_for_status().unwrap_err();
    assert_eq!(error.status(), Some(404));
    let text = error.to_string();
    assert!(
        text.starts_with("GET https://a.example/users/7: 404 Not Found: no such user!!"),
        "{text}"
    );
    assert!(text.len() < 700 && !text.contains("secret"), "{text}");
    serve(|_: &Sent| Response::new(204));
    assert!(http::get("https://a.example").send().unwrap().error_for_status().is_ok());
}

/// What the host would be told.
fn failure(answer: fn(&Sent) -> Result<Response, ErrorKind>) -> FailureKind {
    serve(answer);
    let ask = || http::get("https://a.example").send()?.error_for_status();
    let typed = TaskError::from(ask().unwrap_err());
    let bare = horarium_sdk::plugin::Failure::from(anyhow::Error::from(ask().unwrap_err())).kind;
    let wrapped = anyhow::Error::from(ask().unwrap_err()).context("ask").context("again");
    assert_eq!(horarium_sdk::plugin::Failure::from(wrapped).kind, bare);
    let expected = match typed {
        TaskError::Retry(_) => FailureKind::Retry,
        TaskError::RetryAfter(wait, _) => FailureKind::RetryAfter(wait),
        TaskError::Permanent(_) => FailureKind::Permanent,
    };
    assert_eq!(bare, expected);
    bare
}

#[test]
fn an_error_knows_whether_another_attempt_makes_sense() {
    assert_eq!(failure(|_| Err(ErrorKind::Denied)), FailureKind::Permanent);
    assert_eq!(failure(|_| Err(ErrorKind::Timeout)), FailureKind::Retry);
    assert_eq!(failure(|_| Ok(Response::new(404))), FailureKind::Permanent);
    assert_eq!(failure(|_| Ok(Response::new(500))), FailureKind::Retry);
    let busy = failure(|_| Ok(Response::new(429).with_header("Retry-After", "90")));
    assert_eq!(busy, FailureKind::RetryAfter(Duration::from_secs(90)));
    // Whoever asks for patience and can't be helped is not asked again.
    let gone = failure(|_| Ok(Response::new(410).with_header("Retry-After", "90")));
    assert_eq!(gone, FailureKind::Permanent);
}

#[test]
fn what_the_task_says_itself_comes_first() {
    serve(|_: &Sent| Response::new(404));
    let error = http::get("https://a.example").send().unwrap().error_for_status().unwrap_err();
    let error = anyhow::Error::from(error).context(TaskError::retry("later"));
    assert_eq!(horarium_sdk::plugin::Failure::from(error).kind, FailureKind::Retry);
}
