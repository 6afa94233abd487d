//! What Prometheus finds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use e2e::{
    Serving, Workspace,
    asking::{ask, read},
};
use serde_json::Value;

/// A scrape: each series with its labels, as it is written, and its value.
type Scrape = BTreeMap<String, f64>;

fn scrape(workspace: &Workspace) -> Scrape {
    let (head, text) = read(&workspace.path("data"), "/metrics");
    assert!(head.contains("200 ok"), "{head}");
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    parse(&text)
}

/// Reads a scrape as OpenMetrics has it, and finds fault with everything that is not so.
fn parse(text: &str) -> Scrape {
    let mut found = Scrape::new();
    let mut kinds = BTreeMap::<&str, &str>::new();
    let mut family = "";
    let text = text.strip_suffix("# EOF\n").expect("an end");
    for line in text.lines() {
        if let Some(told) = line.strip_prefix("# ") {
            let mut words = told.splitn(3, ' ');
            let (what, name) = (words.next().unwrap(), words.next().unwrap());
            match what {
                "HELP" => {
                    assert!(!kinds.contains_key(name), "{name} comes twice");
                    family = name;
                }
                "TYPE" => drop(kinds.insert(name, words.next().unwrap())),
                "UNIT" => assert!(name.ends_with(&format!("_{}", words.next().unwrap()))),
                _ => panic!("{line}"),
            }
            assert_eq!(name, family, "{line}");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect(line);
        let name = series.split('{').next().unwrap();
        assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')), "{line}");
        let suffix = name.strip_prefix(family).expect(line);
        let fits = match kinds[family] {
            "counter" => suffix == "_total",
            "gauge" => suffix.is_empty(),
            "info" => suffix == "_info",
            "histogram" => ["_sum", "_count", "_bucket"].contains(&suffix),
            kind => panic!("{kind}"),
        };
        assert!(fits, "{line}");
        let value: f64 = value.parse().expect(line);
        assert!(value >= 0.0 && value.is_finite(), "{line}");
        assert_eq!(found.insert(series.to_owned(), value), None, "{line} comes twice");
    }
    buckets_add_up(&found);
    found
}

/// A histogram's last bucket holds all, and none holds less than the one before.
fn buckets_add_up(scrape: &Scrape) {
    let mut last = BTreeMap::<String, f64>::new();
    for (series, value) in scrape {
        let Some((name, labels)) = series.split_once("_bucket{") else { continue };
        let (bound, rest) =
            labels.strip_prefix("le=\"").and_then(|it| it.split_once('"')).expect(series);
        let bound: f64 = bound.parse().expect(series);
        let count = match rest.trim_start_matches(',').trim_end_matches('}') {
            "" => format!("{name}_count"),
            labels => format!("{name}_count{{{labels}}}"),
        };
        assert!(*value <= scrape[&count], "{series}");
        if bound.is_infinite() {
            assert_eq!(last.insert(count.clone(), *value), None);
            assert_eq!(*value, scrape[&count], "{series}");
        }
    }
    assert!(last.len() > 5, "{last:?}");
}

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(
        r#"
        [host]
        capacity = 4
        [defaults]
        retry = { max_attempts = 2, delay = "1ms" }
        [task.gated]
        plugin = "unruly"
        schedule = { manual = true }
        function = "wait"
        args = { path = "/gate/open" }
        timeout = "5m"
        fuel = "unlimited"
        overlap = "queue_all"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        [task.fine]
        plugin = "noop"
        schedule = { manual = true }
        [task.often]
        plugin = "noop"
        schedule = { every = "300ms" }
        [task.broken]
        plugin = "unruly"
        schedule = { manual = true }
        function = "fail"
        args = { kind = "retry" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn start(workspace: &Workspace, task: &str) {
    let path = format!("/api/v1/tasks/{task}/runs");
    let _ = ask(&workspace.path("data"), "POST", &path, "{}").good();
}

#[test]
fn counts_are_those_of_the_history() {
    let (workspace, mut host) = host();
    for _ in 0..3 {
        start(&workspace, "fine");
        host.over("fine");
    }
    host.over("often");
    start(&workspace, "broken");
    host.over("broken");
    start(&workspace, "gated");
    host.says("gated", "waiting");
    start(&workspace, "gated");
    let before = scrape(&workspace);
    assert_eq!(before["horarium_slots_used"], 1.0);
    assert_eq!(before["horarium_slots"], 4.0);
    assert_eq!(before["horarium_queue_runs{reason=\"held\"}"], 1.0);
    assert_eq!(before["horarium_tasks"], 4.0);
    assert!(before["horarium_guest_memory_promised_bytes"] > 0.0);
    assert!(before["horarium_start_lateness_seconds_count"] >= 1.0);
    workspace.write("gate/open", "");
    host.all_over(&["gated", "gated"]);
    // Nothing new from here on.
    let _ = ask(&workspace.path("data"), "POST", "/api/v1/host/pause", "").good();
    let (after, statistics) = (0..)
        .map(|_| {
            let statistics = ask(&workspace.path("data"), "GET", "/api/v1/statistics", "").good();
            (scrape(&workspace), statistics)
        })
        .find(|(_, statistics)| statistics["running"] == 0)
        .unwrap();
    let states = statistics["ended"].as_object().unwrap();
    assert_eq!(states["failed"], 1);
    for (state, runs) in states {
        let series = format!("horarium_runs_total{{state=\"{state}\"}}");
        assert_eq!(Some(after[&series]), runs.as_f64(), "{series}");
    }
    // Two attempts of the one that fails.
    assert_eq!(after["horarium_attempts_total{verdict=\"failed\"}"], 2.0);
    let attempts = after["horarium_attempts_total{verdict=\"succeeded\"}"] + 2.0;
    assert_eq!(after["horarium_attempt_duration_seconds_count"], attempts);
    assert!(after["horarium_store_commit_verbs_sum"] >= attempts);
    let triggered = "{method=\"POST\",route=\"/api/v1/tasks/{task}/runs\",status=\"201\"}";
    assert_eq!(after[&format!("horarium_api_requests_total{triggered}")], 6.0);
    let text = serde_json::to_string(&after.keys().collect::<Vec<_>>()).unwrap();
    for name in ["fine", "gated", "unruly"] {
        assert!(!text.contains(name), "no labels that others choose: {name}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn the_dashboard_shows_what_there_is() {
    let (workspace, mut host) = host();
    host.over("often");
    let _ = scrape(&workspace);
    let there: BTreeSet<String> =
        scrape(&workspace).keys().map(|it| it.split('{').next().unwrap().to_owned()).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grafana.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut shown = BTreeSet::new();
    for target in targets {
        let expression = target["expr"].as_str().unwrap();
        let words = expression.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        shown.extend(words.filter(|it| it.starts_with("horarium_") || it.starts_with("process_")));
    }
    assert!(shown.len() > 20, "{shown:?}");
    for name in shown {
        // Of a word in an address, such as `process`, there is no metric.
        assert!(there.contains(name), "there is no {name}");
    }
    let _ = host.stop().succeeded();
}
