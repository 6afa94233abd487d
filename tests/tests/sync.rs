//! The example of an incremental sync, with the configuration that the README gives it, and a
//! shop that fails now and then.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use e2e::{Serving, Workspace};
use serde_json::{Value, json};

/// A shop with orders of the ids 1, 2, 3 …
struct Shop {
    url: String,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    /// How many orders there are.
    orders: u64,
    /// After which orders it was asked for more, one entry a request.
    asked: Vec<u64>,
    /// Which requests it refuses: after which order, and which one of those, from 1.
    refused: Vec<(u64, usize)>,
}

impl Shop {
    /// One with so many orders.
    fn with(orders: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let books = Arc::new(Mutex::new(Books { orders, ..Books::default() }));
        let shared = books.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &shared);
            }
        });
        Self { url, books }
    }

    fn sell(&self, orders: u64) {
        self.books.lock().unwrap().orders += orders;
    }

    fn refuse(&self, requests: &[(u64, usize)]) {
        self.books.lock().unwrap().refused = requests.to_vec();
    }
}

fn answer(mut stream: TcpStream, books: &Mutex<Books>) {
    let mut head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = head.next().unwrap_or_default();
    for _ in head.take_while(|line| !line.is_empty()) {}
    let query = first.strip_prefix("GET /orders?after=").and_then(|rest| rest.split_once(' '));
    let (after, limit) = query.unwrap().0.split_once("&limit=").unwrap();
    let (after, limit): (u64, u64) = (after.parse().unwrap(), limit.parse().unwrap());

    let mut books = books.lock().unwrap();
    books.asked.push(after);
    let nth = books.asked.iter().filter(|asked| **asked == after).count();
    let (status, body) = if books.refused.contains(&(after, nth)) {
        ("503 Closed", Value::Null)
    } else {
        let ids = after + 1..=books.orders.min(after + limit);
        let orders = ids.map(|id| json!({ "id": id, "customer": "ada", "cents": 1 }));
        ("200 OK", orders.collect())
    };
    let (body, kind) = (body.to_string(), "Content-Type: application/json");
    let head = format!("HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    // Who hangs up does not want it.
    let _ = stream.write_all((head + &body).as_bytes());
}

/// The README's tasks at this shop, with so many attempts each, and one that follows them.
fn host(shop: &Shop, attempts: u32) -> (Workspace, Serving) {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("### An incremental sync\n").unwrap();
    let (_, tasks) = section.split_once("```toml\n").unwrap();
    let (tasks, _) = tasks.split_once("```").unwrap();
    let manual = tasks.replace("{ every = \"5m\" }", "{ manual = true }");
    let here = manual.replace("https://shop.example.com/orders", &shop.url);
    assert!(manual != tasks && here != manual, "it is as it is expected to be");
    let workspace = Workspace::new(&format!(
        "defaults.retry = {{ max_attempts = {attempts}, delay = \"1ms\" }}\n{here}\n\
         [task.follower]\nplugin = \"noop\"\nschedule = {{ after = [\"sync\", \"load\"] }}"
    ));
    workspace.add_plugin("sync", "examples/sync");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn trigger(workspace: &Workspace) {
    let _ = workspace.run(&["trigger", "sync"]).succeeded();
}

/// The batches that were loaded, in the order in which they were started.
fn batches(workspace: &Workspace) -> Vec<(u64, u64)> {
    let number = |value: &Value| value.as_u64().unwrap();
    let loads = workspace.runs("load").into_iter().inspect(|run| {
        let orders = number(&run["args"]["until"]) - number(&run["args"]["after"]);
        assert_eq!((&run["state"], &run["output"]), (&json!("succeeded"), &json!(orders)));
    });
    loads.map(|run| (number(&run["args"]["after"]), number(&run["args"]["until"]))).collect()
}

/// How many copies there are.
fn copies(workspace: &Workspace) -> u64 {
    let buckets = workspace.run(&["state", "--json"]).succeeded().json();
    let mut buckets = buckets.as_array().unwrap().iter();
    let orders = buckets.find(|bucket| bucket["bucket"] == "shared/orders");
    orders.map_or(0, |bucket| bucket["keys"].as_u64().unwrap())
}

#[test]
fn each_run_loads_only_what_is_new() {
    let shop = Shop::with(250);
    let (workspace, mut host) = host(&shop, 1);
    trigger(&workspace);
    host.all_over(&["sync", "load", "load", "load", "follower"]);
    assert_eq!(batches(&workspace), [(0, 100), (100, 200), (200, 250)]);
    assert_eq!(copies(&workspace), 250);

    shop.sell(30);
    trigger(&workspace);
    host.all_over(&["sync", "load", "follower"]);
    assert_eq!(batches(&workspace)[3..], [(250, 280)]);
    assert_eq!(copies(&workspace), 280);
    assert_eq!(workspace.runs("follower").len(), 2);
    let _ = host.stop().succeeded();
}

#[test]
fn a_run_that_fails_on_the_way_moves_no_cursor_and_starts_nothing() {
    let shop = Shop::with(250);
    let (workspace, mut host) = host(&shop, 1);
    shop.refuse(&[(200, 1)]);
    trigger(&workspace);
    assert_eq!(host.over("sync")["verdict"], "failed");
    let none = workspace.run(&["state", "get", "sync", "cursor"]).failed();
    assert!(none.stderr.contains("cursor"), "{}", none.stderr);
    assert_eq!(batches(&workspace), []);

    trigger(&workspace);
    host.all_over(&["sync", "load", "load", "load"]);
    assert_eq!(batches(&workspace), [(0, 100), (100, 200), (200, 250)]);
    let _ = host.stop().succeeded();
}

#[test]
fn whatever_is_tried_again_each_batch_is_loaded_once() {
    let shop = Shop::with(250);
    let (workspace, mut host) = host(&shop, 3);
    // The first attempt of `sync`, and, since its second one has the third answer of that
    // place, the first attempt of a `load`.
    shop.refuse(&[(100, 1), (100, 3)]);
    trigger(&workspace);
    host.all_over(&["sync", "load", "load", "load"]);
    assert_eq!(batches(&workspace), [(0, 100), (100, 200), (200, 250)]);
    let attempts = |task| -> Vec<_> {
        workspace.runs(task).iter().map(|run| run["attempts"].as_u64().unwrap()).collect()
    };
    assert_eq!((attempts("sync"), attempts("load")), (vec![2], vec![1, 2, 1]));

    // Somebody begins anew: batches that are loaded are not loaded again, one that grew is.
    let _ = workspace.run(&["state", "set", "sync", "cursor", "0"]).succeeded();
    shop.sell(60);
    trigger(&workspace);
    host.all_over(&["sync", "load", "load"]);
    assert_eq!(batches(&workspace)[3..], [(200, 300), (300, 310)]);
    assert_eq!(copies(&workspace), 310);
    let _ = host.stop().succeeded();
}
