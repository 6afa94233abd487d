//! `horarium run`: requests by the configuration's grants, over TLS.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
};

use e2e::{Ran, Workspace};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::authority::vouched_for;

const SECRET: &str = "hunter2hunter2";

/// An HTTPS server on `localhost` that answers everything with "hi".
struct Server {
    port: u16,
    /// The certificate of who signed its own.
    root: String,
    /// The heads of the requests that it got.
    heard: mpsc::Receiver<String>,
}

impl Server {
    fn start() -> Self {
        let (config, root) = vouched_for();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // Who doesn't trust it hangs up.
                if let Ok(head) = answer(stream.unwrap(), config.clone()) {
                    tell.send(head).unwrap();
                }
            }
        });
        Self { port, root, heard }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<String> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Runs the task `ask` of a workspace that grants what it says.
fn ask(url: &str, grants: &str, roots: &str) -> Ran {
    let workspace = Workspace::bare();
    workspace.add_plugin("fetcher", "tests/fetcher");
    workspace.write("roots.pem", roots);
    workspace.configure(&format!(
        "[task.ask]
         plugin = \"fetcher\"
         function = \"fetch\"
         schedule = {{ manual = true }}
         args = {{ url = \"{url}\" }}
         grants = {{ http = [{grants}] }}"
    ));
    let roots = workspace.text("roots.pem");
    let env = [("E2E_TOKEN", SECRET), ("SSL_CERT_FILE", roots.as_str()), ("SSL_CERT_DIR", "")];
    workspace.run_with(&["run", "ask", "--json"], &env).succeeded()
}

fn output(ran: &Ran) -> Value {
    ran.json()["output"].clone()
}

#[test]
fn a_server_is_trusted_by_the_roots_that_the_environment_names() {
    let server = Server::start();
    let url = server.url();
    let ran = ask(&format!("{url}/v1/users"), &format!("\"{url}/v1\""), &server.root);
    assert_eq!(output(&ran)["answer"]["body"], "hi");
    assert!(server.heard.recv().unwrap().starts_with("GET /v1/users HTTP/1.1\r\n"));
}

#[test]
fn a_credential_reaches_the_server_and_nobody_else() {
    let server = Server::start();
    let url = server.url();
    let value = "value = { from_env = \"E2E_TOKEN\" }";
    for (place, heard) in [
        (
            "header = \"Authorization\", prefix = \"Bearer \"",
            "authorization: Bearer hunter2hunter2",
        ),
        ("query = \"key\"", "GET /v1?key=hunter2hunter2 HTTP/1.1"),
    ] {
        let credential = format!("credential = {{ {place}, {value} }}");
        let grant = format!("{{ url = \"{url}\", {credential} }}");
        let ran = ask(&format!("{url}/v1"), &grant, &server.root);
        assert!(server.heard.recv().unwrap().contains(heard));
        assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{ran}");
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_refused_and_the_log_says_why() {
    let (server, stranger) = (Server::start(), Server::start());
    let url = server.url();
    for (roots, reason, refusal) in [
        (stranger.root.as_str(), "invalid peer certificate", "certificate is not trusted"),
        ("", "no root certificates", "the host is not set up for it"),
    ] {
        let ran = ask(&url, &format!("\"{url}\""), roots);
        let refused = output(&ran)["refused"].as_str().unwrap().to_owned();
        assert!(refused.contains(refusal), "{refused}");
        let _ = ran.says(&[reason]);
    }
}

#[test]
fn what_is_granted_on_the_command_line_is_granted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1 << 10];
            let _ = stream.read(&mut head).unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        }
    });
    let workspace = Workspace::bare();
    let plugin = e2e::built::plugin("tests/fetcher");
    let args = json!({ "url": url, "method": "POST" }).to_string();
    let run = |grant: &str| {
        let plugin = plugin.to_str().unwrap();
        let line = [
            "run",
            "--json",
            "--plugin",
            plugin,
            "--function",
            "fetch",
            "--args",
            &args,
            "--http",
            grant,
        ];
        output(&workspace.run(&line).succeeded())
    };
    assert_eq!(run(&format!("GET,POST {url}"))["answer"]["status"], 204);
    assert!(run(&url)["refused"].is_string());
}
