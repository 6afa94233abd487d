//! Every phase ends, whatever the other side does or doesn't.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::*;

const URL: &str = "http://api.example.com/";
const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    World::new().name("api.example.com", &[&["1.1.1.1"]]).grant(URL, &["GET", "POST"])
}

/// How long a request takes to fail, and why.
async fn fails(attempt: &mut Attempt, options: RequestOptions) -> (Duration, Error) {
    let start = Instant::now();
    let answer = attempt.ask(request("GET", URL), options).await;
    (start.elapsed(), answer.err().expect("it fails"))
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_looked_up_for_ever() {
    let limits = HttpLimits::DEFAULT;
    let mut attempt = World::new().name("api.example.com", &[&[]]).grant(URL, &["GET"]).start();
    let (took, reason) = fails(&mut attempt, RequestOptions::default()).await;
    assert!(matches!(reason, Error::DnsTimeout), "{reason}");
    assert_eq!(took, limits.resolve);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_accepts() {
    let (took, reason) = fails(&mut world().start(), RequestOptions::default()).await;
    assert!(matches!(reason, Error::ConnectionTimeout), "{reason}");
    assert_eq!(took, HttpLimits::DEFAULT.connect);
}

/// Takes everything and says nothing.
async fn silence(mut stream: DuplexStream) -> io::Result<()> {
    loop {
        stream.read_u8().await?;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers() {
    let mut attempt = world().server("1.1.1.1:80", silence).start();
    let (took, reason) = fails(&mut attempt, RequestOptions::default()).await;
    assert!(matches!(reason, Error::HttpResponseTimeout), "{reason}");
    assert_eq!(took, HttpLimits::DEFAULT.first_byte);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_shakes_hands() {
    let world = World::new().name("api.example.com", &[&["1.1.1.1"]]);
    let world = world.server("1.1.1.1:443", silence).grant("https://api.example.com", &["GET"]);
    let mut attempt = world.start();
    let start = Instant::now();
    let reason = attempt.fail("https://api.example.com/").await;
    assert!(matches!(reason, Error::ConnectionTimeout), "{reason}");
    assert_eq!(start.elapsed(), HttpLimits::DEFAULT.handshake);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_for_ever() {
    let drips = |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            stream.write_all(b"X: y\r\n").await?;
            sleep(SECOND).await;
        }
    };
    let mut attempt = world().server("1.1.1.1:80", drips).start();
    let (took, reason) = fails(&mut attempt, RequestOptions::default()).await;
    assert!(matches!(reason, Error::HttpResponseTimeout), "{reason}");
    assert_eq!(took, HttpLimits::DEFAULT.first_byte);
}

#[tokio::test(start_paused = true)]
async fn an_endless_row_of_interim_responses() {
    let waits = |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        loop {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await?;
            sleep(SECOND).await;
        }
    };
    let mut attempt = world().server("1.1.1.1:80", waits).start();
    let (_, reason) = fails(&mut attempt, RequestOptions::default()).await;
    assert!(matches!(reason, Error::HttpResponseTimeout), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_guest_may_be_less_patient_and_not_more() {
    for (theirs, expected) in [(SECOND, SECOND), (1000 * SECOND, HttpLimits::DEFAULT.first_byte)] {
        let mut attempt = world().server("1.1.1.1:80", silence).start();
        let options = RequestOptions { first_byte_timeout: Some(theirs), ..Default::default() };
        assert_eq!(fails(&mut attempt, options).await.0, expected);
    }
    for (theirs, expected) in [(SECOND, SECOND), (1000 * SECOND, HttpLimits::DEFAULT.connect)] {
        let options = RequestOptions { connect_timeout: Some(theirs), ..Default::default() };
        assert_eq!(fails(&mut world().start(), options).await.0, expected);
    }
}

/// A body that drips at this pace.
fn drip(pace: Duration) -> impl Fn(DuplexStream) -> Served + Send + Sync {
    move |mut stream| {
        Box::pin(async move {
            head(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n").await?;
            for _ in 0..100 {
                sleep(pace).await;
                stream.write_all(b".").await?;
            }
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stands_still() {
    let patience = HttpLimits::DEFAULT.between_bytes;
    let mut attempt = world().server("1.1.1.1:80", drip(patience - SECOND)).start();
    let whole = attempt.get(URL).await.unwrap().body().await.unwrap();
    assert_eq!(whole.len(), 100, "as long as something comes, the attempt's timeout counts");

    let mut attempt = world().server("1.1.1.1:80", drip(patience + SECOND)).start();
    let answered = attempt.get(URL).await.unwrap();
    let start = Instant::now();
    let reason = answered.body().await.unwrap_err();
    assert!(matches!(reason, Error::ConnectionReadTimeout), "{reason}");
    assert_eq!(start.elapsed(), patience);
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_takes_its_time_to_read_is_not_the_servers_fault() {
    let mut attempt = world().server("1.1.1.1:80", drip(SECOND)).start();
    let answered = attempt.get(URL).await.unwrap();
    let connection = tokio::spawn(Box::into_pin(answered.connection));
    sleep(2 * HttpLimits::DEFAULT.between_bytes).await;
    assert_eq!(answered.response.into_body().collect().await.unwrap().to_bytes().len(), 100);
    connection.await.unwrap().unwrap();
}

/// A body of a request that goes on for as long as somebody sends pieces of it.
fn streamed() -> (mpsc::Sender<Bytes>, Request<WasiBody>) {
    let (send, mut pieces) = mpsc::channel::<Bytes>(1);
    let body = Pieces(move |context: &mut Context<'_>| pieces.poll_recv(context));
    (send, request("POST", URL).map(|_| body.boxed_unsync()))
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_takes_its_time_to_write_is_waited_for() {
    let mut attempt = world().server("1.1.1.1:80", upload).start();
    let (send, request) = streamed();
    let answer = tokio::spawn(attempt.ask(request, RequestOptions::default()));
    for _ in 0..3 {
        sleep(10 * HttpLimits::DEFAULT.first_byte).await;
        send.send(Bytes::from_static(b"piece")).await.unwrap();
    }
    drop(send);
    assert_eq!(answer.await.unwrap().unwrap().body().await.unwrap(), "hi");
}

/// Reads a chunked body to its end, and answers.
async fn upload(mut stream: DuplexStream) -> io::Result<()> {
    let mut seen = Vec::new();
    while !seen.ends_with(b"0\r\n\r\n") {
        seen.push(stream.read_u8().await?);
    }
    stream.write_all(OK.as_bytes()).await
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_take_a_body() {
    let deaf = |mut stream: DuplexStream| async move {
        head(&mut stream).await?;
        std::future::pending().await
    };
    let mut attempt = world().server("1.1.1.1:80", deaf).start();
    let start = Instant::now();
    let big = Pieces(|_: &mut Context<'_>| Poll::Ready(Some(Bytes::from_static(&[0; 1000]))));
    let big = request("POST", URL).map(|_| big.boxed_unsync());
    let reason = attempt.ask(big, RequestOptions::default()).await.err().unwrap();
    assert!(matches!(reason, Error::ConnectionWriteTimeout), "{reason}");
    assert_eq!(start.elapsed(), HttpLimits::DEFAULT.between_bytes);
}
