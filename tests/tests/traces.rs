//! Traces, as a collector gets them.

mod collector;

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Instant,
};

use e2e::{DEADLINE, Workspace, asking::read};
use serde_json::json;

use self::collector::{Collector, Manner, Span};
use crate::authority::vouched_for;

/// A host that has tasks of every kind.
fn workspace(url: &str) -> Workspace {
    let workspace = Workspace::new(&format!(
        r#"
        [defaults]
        retry = {{ max_attempts = 2, delay = "1ms" }}
        [task.fine]
        plugin = "noop"
        schedule = {{ manual = true }}
        [task.ask]
        plugin = "fetcher"
        function = "fetch"
        schedule = {{ manual = true }}
        args = {{ url = "{url}/orders?token=hunter2hunter2" }}
        grants = {{ http = ["{url}"] }}
        [task.astray]
        plugin = "fetcher"
        function = "fetch"
        schedule = {{ manual = true }}
        args = {{ url = "https://elsewhere.example/" }}
        [task.broken]
        plugin = "unruly"
        schedule = {{ manual = true }}
        function = "fail"
        args = {{ kind = "retry" }}
        "#
    ));
    workspace.add_plugin("fetcher", "tests/fetcher");
    workspace
}

/// A server that answers everything, and nothing with much.
fn server() -> String {
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
    url
}

/// The spans of a task's only run, the run's own first, then in the order of their ends.
fn of_task(spans: &[Span], task: &str) -> Vec<Span> {
    let root = spans.iter().find(|span| span.name == format!("run {task}"));
    let trace = root.unwrap_or_else(|| panic!("no run of {task} in {spans:#?}")).trace.clone();
    let mut spans: Vec<_> = spans.iter().filter(|span| span.trace == trace).cloned().collect();
    spans.sort_by_key(|span| (!span.parent.is_empty(), span.to, span.from));
    spans
}

fn names(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

#[track_caller]
fn lies_within(inner: &Span, outer: &Span) {
    assert_eq!((&inner.parent, &inner.trace), (&outer.id, &outer.trace), "{inner:?} {outer:?}");
    let lies = outer.from <= inner.from && inner.from <= inner.to && inner.to <= outer.to;
    assert!(lies, "{inner:?} does not lie within {outer:?}");
}

#[test]
fn a_run_from_its_fire_to_its_guests_request() {
    let (workspace, collector) = (workspace(&server()), Collector::start(Manner::Takes));
    let endpoint = format!("http://127.0.0.1:{}/otel/", collector.port);
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hunter2,x-scope=ops"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
        ("OTEL_SERVICE_NAME", "cron"),
    ];
    let asked = ["--trigger", "ask", "--trigger", "astray", "--trigger", "broken"];
    let mut host = workspace.serve_in(&env, &asked);
    host.all_over(&["ask", "astray", "broken"]);
    // What has not been sent by then is sent at the end.
    let _ = host.stop().succeeded();
    let received = collector.received();
    let first = &received[0];
    assert!(first.head.starts_with("post /otel/v1/traces http/1.1\r\n"), "{}", first.head);
    for header in
        ["content-type: application/x-protobuf", "authorization: bearer hunter2", "x-scope: ops"]
    {
        assert!(first.head.lines().any(|line| line == header), "{}", first.head);
    }
    assert_eq!(first.resource["service.name"], "cron");
    assert_eq!(first.resource["deployment.environment"], "test");
    assert_eq!(first.resource["telemetry.sdk.language"], "rust");
    let spans: Vec<_> = received.into_iter().flat_map(|received| received.spans).collect();
    let ids: BTreeSet<_> = spans.iter().map(|span| &span.id).collect();
    assert_eq!(ids.len(), spans.len(), "each span has its own number");

    let ask = of_task(&spans, "ask");
    let [run, wait, request, attempt] = ask.as_slice() else { panic!("{:?}", names(&ask)) };
    assert_eq!(names(&ask), ["run ask", "wait", "GET", "attempt"]);
    assert!(run.parent.is_empty());
    lies_within(wait, run);
    lies_within(attempt, run);
    lies_within(request, attempt);
    assert_eq!(wait.to, attempt.from, "the wait ends where the attempt begins");
    assert!(ask.iter().all(|span| span.error.is_none()), "{ask:?}");
    let history = &workspace.runs("ask")[0];
    assert_eq!(run.says["horarium.run_key"], history["key"].as_str().unwrap());
    assert_eq!(run.says["horarium.run"], history["run"].to_string());
    assert_eq!(run.says["horarium.outcome"], "succeeded");
    assert_eq!(run.says["horarium.trigger"], "manual");
    let recorded = &workspace.attempts(&history["run"])[0];
    assert_eq!(attempt.says["horarium.fuel"], recorded["fuel"].to_string());
    assert_eq!(attempt.says["horarium.plugin"], recorded["plugin"].as_str().unwrap());
    assert_eq!(attempt.says["horarium.requests"], "1");
    assert_eq!(request.says["http.request.method"], "GET");
    assert_eq!(request.says["server.address"], "127.0.0.1");
    assert_eq!(request.says["http.response.status_code"], "204");
    let everything = format!("{spans:?}");
    assert!(!everything.contains("orders") && !everything.contains("hunter2"), "{everything}");

    let astray = of_task(&spans, "astray");
    assert_eq!(names(&astray), ["run astray", "wait", "GET", "attempt"]);
    assert_eq!(astray[2].says["error.type"], "HTTP-request-denied");
    assert!(astray[2].error.is_some() && astray[3].error.is_none(), "{astray:?}");

    let broken = of_task(&spans, "broken");
    assert_eq!(names(&broken), ["run broken", "wait", "attempt", "wait", "attempt"]);
    let run = &broken[0];
    broken[1..].iter().for_each(|span| lies_within(span, run));
    assert!(broken[2].to <= broken[3].from, "the second one waits for the end of the first");
    for (attempt, number) in [(&broken[2], "1"), (&broken[4], "2")] {
        assert_eq!(attempt.says["horarium.attempt"], number);
        assert_eq!(attempt.says["horarium.verdict"], "failed");
        assert!(attempt.error.as_ref().is_some_and(|error| !error.is_empty()), "{attempt:?}");
    }
    assert_eq!(run.says["horarium.outcome"], "failed");
    assert_eq!((run.says["horarium.attempts"].as_str(), &run.error), ("2", &broken[4].error));
}

#[test]
fn a_run_that_outlives_its_host_has_one_trace() {
    let (workspace, collector) = (workspace("http://[::1]:1"), Collector::start(Manner::Takes));
    workspace.configure(
        r#"
        [task.twice]
        plugin = "unruly"
        schedule = { manual = true }
        function = "wait"
        args = { path = "/gate/open" }
        timeout = "5m"
        fuel = "unlimited"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        "#,
    );
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let mut host = workspace.serve_in(&env, &["--trigger", "twice"]);
    host.of("twice", "started");
    let _ = host.kill();
    workspace.write("gate/open", "");
    let mut host = workspace.serve_in(&env, &[]);
    host.over("twice");
    let _ = host.stop().succeeded();
    // Of what the first one saw, its end took with it what it had not sent.
    let spans = of_task(&collector.spans(), "twice");
    let attempts: Vec<_> = spans.iter().filter(|span| span.name == "attempt").collect();
    let verdicts: Vec<_> =
        attempts.iter().map(|attempt| attempt.says["horarium.verdict"].as_str()).collect();
    assert_eq!(verdicts, ["lost", "succeeded"]);
    attempts.into_iter().for_each(|attempt| lies_within(attempt, &spans[0]));
    assert_eq!(spans[0].says["horarium.outcome"], "succeeded");
}

#[test]
fn a_collector_over_tls() {
    let (config, root) = vouched_for();
    let (workspace, collector) = (workspace("http://[::1]:1"), Collector::start_tls(config));
    workspace.write("root.pem", root);
    let endpoint = format!("https://localhost:{}/v1/traces", collector.port);
    let env = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "root.pem"),
    ];
    let mut host = workspace.serve_in(&env, &["--trigger", "fine"]);
    host.over("fine");
    let _ = host.stop().succeeded();
    assert_eq!(of_task(&collector.spans(), "fine").len(), 3);
    // Of somebody whom it has no reason to trust.
    let stranger = Collector::start_tls(vouched_for().0);
    let endpoint = format!("https://localhost:{}/v1/traces", stranger.port);
    let env = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()), env[1]];
    let mut host = workspace.serve_in(&env, &["--trigger", "fine"]);
    host.over("fine");
    let _ = host.stop().succeeded().says(&["are lost", "invalid peer certificate"]);
    assert!(stranger.spans().is_empty());
}

/// Spans that a host says it has sent, and lost.
fn counted(workspace: &Workspace) -> (u64, u64) {
    let (_, text) = read(&workspace.path("data"), "/metrics");
    let of = |outcome| {
        let name = format!("horarium_trace_spans_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap()
    };
    (of("sent"), of("lost"))
}

#[test]
fn who_takes_no_spans_keeps_nobody_from_running() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refuses = Collector::start(Manner::RefusesAll).port;
    let takes_some = Collector::start(Manner::RefusesOne).port;
    for (port, reason, some) in [
        (nobody, "nobody answers there", 0),
        (refuses, "it answers 403 Forbidden", 0),
        (takes_some, "it refuses some of them", 1),
    ] {
        let workspace = workspace("http://[::1]:1");
        let endpoint = format!("http://127.0.0.1:{port}");
        let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
        let mut host = workspace.serve_in(&env, &["--trigger", "fine"]);
        host.over("fine");
        let begun = Instant::now();
        while counted(&workspace).1 == 0 {
            assert!(begun.elapsed() < DEADLINE, "nothing is lost");
        }
        assert_eq!(counted(&workspace).0 > 0, some > 0);
        let ran = host.stop().succeeded().says(&["are lost", reason]);
        assert_eq!(ran.stderr.matches("are lost").count(), 1, "it is told once: {ran}");
    }
}

#[test]
fn who_never_answers_does_not_keep_a_host_from_ending() {
    let (workspace, collector) = (workspace("http://[::1]:1"), Collector::start(Manner::Hangs));
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let mut host = workspace.serve_in(&env, &["--trigger", "fine"]);
    host.over("fine");
    let _ = host.stop().succeeded().says(&["3 spans are lost: the host ends"]);
}

#[test]
fn variables_that_make_no_sense_are_refused_before_anything_runs() {
    let workspace = workspace("http://[::1]:1");
    for (variable, value, help) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "`http/protobuf`"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "`traceidratio`"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "none.pem", "can't read the certificates none.pem"),
    ] {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4318");
        let ran = workspace.run_with(&["serve"], &[endpoint, (variable, value)]).failed();
        let _ = ran.says(&["can't send traces", help]);
    }
    assert_eq!(workspace.runs("fine"), [json!(null); 0]);
}

#[test]
fn without_a_collector_there_are_no_traces() {
    let (workspace, collector) = (workspace("http://[::1]:1"), Collector::start(Manner::Takes));
    let endpoint = format!("http://127.0.0.1:{}", collector.port);
    let env =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_TRACES_EXPORTER", "none")];
    let mut host = workspace.serve_in(&env, &["--trigger", "fine"]);
    host.over("fine");
    assert_eq!(counted(&workspace), (0, 0));
    let ran = host.stop().succeeded();
    assert_eq!(ran.stderr, "");
    assert!(collector.spans().is_empty());
}
