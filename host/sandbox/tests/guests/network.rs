//! A guest on the network goes where it was granted, and nowhere else.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use horarium_core::{grants::Grants, log::Source, net::Endpoint};
use horarium_sandbox::{Plugin, Resolution, Resolver, Sandbox, Turn};
use serde_json::{Value, json};

use crate::support::{Call, guest, output, prober, sandbox};

fn endpoints<T: AsRef<str>>(texts: &[T]) -> Vec<Endpoint> {
    texts.iter().map(|text| text.as_ref().parse().unwrap()).collect()
}

fn tcp<T: AsRef<str>>(texts: &[T]) -> Grants {
    Grants { tcp: endpoints(texts), ..Grants::default() }
}

fn udp<T: AsRef<str>>(texts: &[T]) -> Grants {
    Grants { udp: endpoints(texts), ..Grants::default() }
}

#[track_caller]
fn refused(tried: &Value) {
    assert!(tried["refused"].is_string(), "{tried}");
}

/// A TCP server that answers whoever says something, and counts who came.
struct Server {
    address: SocketAddr,
    visitors: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let visitors = Arc::new(AtomicUsize::new(0));
        let count = visitors.clone();
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let mut said = [0; 6];
                    if stream.read_exact(&mut said).is_ok() {
                        let _ = stream.write_all(b"you said ");
                        let _ = stream.write_all(&said);
                    }
                });
            }
        });
        Self { address, visitors }
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    fn visitors(&self) -> usize {
        self.visitors.load(Ordering::SeqCst)
    }
}

async fn run(to: &(Sandbox, Plugin), function: &str, args: Value, grants: Grants) -> Value {
    output(&Call::to(function).with(args).granted(grants).run(&to.0, &to.1).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_granted_server_answers() {
    let server = Server::start();
    let guest = prober().await;
    let port = server.port();
    for (addr, grant) in [
        (format!("127.0.0.1:{port}"), format!("127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("127.0.0.0/8:{port}")),
        (format!("127.0.0.1:{port}"), "0.0.0.0/0:*".to_owned()),
        (format!("localhost:{port}"), format!("localhost:{port}")),
        (format!("LOCALHOST:{port}"), format!("localhost.:1-{port}")),
    ] {
        let talked = run(&guest, "talk", json!({ "addr": addr }), tcp(&[grant])).await;
        assert_eq!(talked["got"], "you said hello\n", "{addr}: {talked}");
    }
    assert_eq!(server.visitors(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_does() {
    let server = Server::start();
    let guest = prober().await;
    let port = server.port();
    let here = format!("127.0.0.1:{port}");
    let some = |grant: &str| tcp(&[grant]);
    for (addr, grants) in [
        (here.clone(), Grants::default()),
        (here.clone(), udp(&[&here])),
        (here.clone(), some(&format!("127.0.0.2:{port}"))),
        (here.clone(), some(&format!("127.0.0.1:{}", port - 1))),
        (here.clone(), some(&format!("[::1]:{port}"))),
        (here.clone(), some("[::/0]:*")),
        // A name's address is no grant for the address itself.
        (here.clone(), some(&format!("localhost:{port}"))),
        // A name that is not granted has no address.
        (format!("localhost:{port}"), some(&here)),
        // IPv4 written as IPv6, and what means "here" to the kernel.
        (format!("[::ffff:127.0.0.1]:{port}"), some("[::/0]:*")),
        (format!("[::ffff:127.0.0.1]:{port}"), some(&here)),
        (format!("[::127.0.0.1]:{port}"), some("[::/0]:*")),
        (format!("0.0.0.0:{port}"), some("0.0.0.0/0:*")),
        (format!("[::]:{port}"), some("[::/0]:*")),
        // A cloud's metadata, a neighbour, everybody.
        ("169.254.169.254:80".to_owned(), some(&here)),
        ("10.0.0.1:80".to_owned(), some(&here)),
        ("[fe80::1]:80".to_owned(), some(&here)),
        ("255.255.255.255:80".to_owned(), some("0.0.0.0/0:*")),
        ("224.0.0.1:80".to_owned(), some("0.0.0.0/0:*")),
    ] {
        let shown = format!("{addr} with {:?}", grants.tcp);
        let talked = run(&guest, "talk", json!({ "addr": addr }), grants).await;
        assert!(talked["refused"].is_string(), "{shown}: {talked}");
    }
    assert_eq!(server.visitors(), 0, "somebody came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_denied_is_in_the_log() {
    let (sandbox, plugin) = prober().await;
    let call =
        Call::to("talk").with(json!({ "addr": "10.0.0.1:80" })).granted(tcp(&["10.0.0.2:80"]));
    let heard = call.heard.clone();
    refused(&output(&call.run(&sandbox, &plugin).await));
    let told = heard.lines().into_iter().find(|line| line.source == Source::Host).unwrap();
    assert_eq!(told.message, "it may not connect to 10.0.0.1:80");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_listens() {
    let guest = prober().await;
    let any = || tcp(&["0.0.0.0/0:*", "[::/0]:*"]);
    for addr in ["127.0.0.1:0", "0.0.0.0:0", "0.0.0.0:8080", "[::1]:0", "[::]:0"] {
        refused(&run(&guest, "listen", json!({ "addr": addr }), any()).await);
        refused(&run(&guest, "listen", json!({ "addr": addr }), Grants::default()).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_go_where_they_may() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let here = socket.local_addr().unwrap().to_string();
    let guest = prober().await;
    let granted = || udp(&[&here]);

    let echo = socket.try_clone().unwrap();
    let answer = thread::spawn(move || {
        let mut said = [0; 64];
        let (length, from) = echo.recv_from(&mut said).unwrap();
        // From an address that is not granted: it does not arrive.
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"forged", from).unwrap();
        echo.send_to(&said[..length], from).unwrap();
    });
    let asked = run(&guest, "ask", json!({ "to": here }), granted()).await;
    assert_eq!(asked["got"], "hello", "{asked}");
    answer.join().unwrap();

    socket.set_nonblocking(true).unwrap();
    for connect in [false, true] {
        for (to, from, grants) in [
            (&*here, "0.0.0.0:0", Grants::default()),
            (&*here, "0.0.0.0:0", tcp(&[&here])),
            (&*here, "0.0.0.0:0", udp(&["127.0.0.2:*"])),
            // To be found is another matter than to send.
            (&*here, "127.0.0.1:0", granted()),
            (&*here, "0.0.0.0:5353", granted()),
            ("127.0.0.2:9", "0.0.0.0:0", granted()),
            ("255.255.255.255:9", "0.0.0.0:0", granted()),
            ("224.0.0.251:5353", "0.0.0.0:0", granted()),
        ] {
            let args = json!({ "to": to, "from": from, "connect": connect });
            refused(&run(&guest, "send", args, grants).await);
        }
    }
    assert!(socket.recv_from(&mut [0; 64]).is_err(), "something arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_bound_the_connections() {
    let server = Server::start();
    let (sandbox, plugin) = prober().await;
    let addr = server.address.to_string();
    let hold = |count: usize| {
        let call = Call::to("hold").with(json!({ "addr": addr, "count": count }));
        call.granted(tcp(&[&addr]))
    };
    assert_eq!(output(&hold(20).run(&sandbox, &plugin).await), 20);
    let outcome = hold(1_000).run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict.kind().as_str(), "trapped", "{outcome:?}");
    assert!(server.visitors() < 200, "{} came", server.visitors());
}

/// A resolver whose answer changes, as that of somebody who wants to get in does.
#[derive(Default)]
struct Rebinding {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Rebinding {
    fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        let mut answers: Vec<_> = answers.iter().map(parse).collect();
        answers.reverse();
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }
}

impl Resolver for Rebinding {
    fn resolve(&self, _name: &str, _turn: Turn) -> Resolution {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop();
        Box::pin(std::future::ready(answer.ok_or_else(|| io::ErrorKind::NotFound.into())))
    }
}

async fn prober_with(resolver: &Arc<Rebinding>) -> (Sandbox, Plugin) {
    let sandbox = sandbox().with_resolver(resolver.clone());
    let plugin = sandbox.load_bytes(guest("prober")).await.unwrap();
    (sandbox, plugin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_granted_names_are_looked_up() {
    let resolver = Rebinding::answering(&[&["1.1.1.1", "10.0.0.1", "2606:4700::1111"]]);
    let guest = prober_with(&resolver).await;
    let granted = || tcp(&["api.example:443"]);
    for name in ["evil.example:443", "secret.api.example:443", "api.example.evil:443"] {
        refused(&run(&guest, "resolve", json!({ "addr": name }), granted()).await);
    }
    refused(&run(&guest, "resolve", json!({ "addr": "api.example:443" }), Grants::default()).await);
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);
    let found = run(&guest, "resolve", json!({ "addr": "api.example:443" }), granted()).await;
    let mut found: Vec<String> = serde_json::from_value(found["got"].clone()).unwrap();
    found.sort();
    assert_eq!(found, ["1.1.1.1", "2606:4700::1111"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_inside_leads_nowhere() {
    let server = Server::start();
    let addr = format!("api.example:{}", server.port());
    for inside in ["127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.169.254"] {
        let guest = prober_with(&Rebinding::answering(&[&[inside]])).await;
        let call = Call::to("talk").with(json!({ "addr": addr })).granted(tcp(&[&addr]));
        let heard = call.heard.clone();
        refused(&output(&call.run(&guest.0, &guest.1).await));
        let told = heard
            .lines()
            .into_iter()
            .any(|line| line.source == Source::Host && line.message.contains("is not public"));
        assert!(told, "{:?}", heard.lines());
    }
    assert_eq!(server.visitors(), 0, "somebody came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_elsewhere_the_second_time_leads_where_it_did() {
    let server = Server::start();
    let port = server.port();
    let resolver = Rebinding::answering(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let guest = prober_with(&resolver).await;
    let mut endpoint: Endpoint = format!("inner.example:{port}").parse().unwrap();
    endpoint.within = vec!["127.0.0.0/8".parse().unwrap()];
    let grants = Grants { tcp: vec![endpoint], ..Grants::default() };
    let addr = json!({ "addr": format!("inner.example:{port}") });
    let connected = run(&guest, "rebind", addr, grants).await;
    let here = json!({ "got": SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string() });
    assert_eq!(connected, json!([here, here]));
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1, "it is asked once an attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_is_waited_for_until_the_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let (sandbox, plugin) = prober().await;
    let mut call = Call::to("talk").with(json!({ "addr": addr })).granted(tcp(&[&addr]));
    call.limits.timeout = Duration::from_millis(200);
    let outcome = call.run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict.kind().as_str(), "timed_out", "{outcome:?}");
}
