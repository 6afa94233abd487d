//! Following what happens, as it happens.

use std::io::{BufRead, BufReader};

use e2e::{
    Serving, Workspace,
    asking::{Followed, Told, ask, follow},
};
use serde_json::{Value, json};

/// A host with a task that says `waiting` and is over when the test says so, one that logs
/// two thousand lines, one whose second attempt succeeds, and one that says evil things.
fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(
        r#"
        [defaults]
        retry = { max_attempts = 2, delay = "1ms" }
        [task.gated]
        plugin = "unruly"
        schedule = { manual = true }
        function = "wait"
        args = { path = "/gate/open" }
        overlap = "queue_all"
        timeout = "5m"
        fuel = "unlimited"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        [task.long]
        plugin = "unruly"
        schedule = { manual = true }
        function = "log_many"
        args = { entries = 2000 }
        overlap = "queue_all"
        [task.twice]
        plugin = "unruly"
        schedule = { manual = true }
        function = "attempts"
        args = { succeed_on = 2 }
        [task.evil]
        plugin = "unruly"
        schedule = { manual = true }
        function = "escape"
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    (workspace, host)
}

fn start(workspace: &Workspace, task: &str) -> i64 {
    let path = format!("/api/v1/tasks/{task}/runs");
    let run = ask(&workspace.path("data"), "POST", &path, "{}").good();
    run["run"].as_i64().unwrap()
}

fn log(workspace: &Workspace, run: i64, query: &str, head: &str) -> Followed {
    let path = format!("/api/v1/runs/{run}/log/events{query}");
    follow(&workspace.path("data"), &path, head)
}

fn events(workspace: &Workspace, query: &str) -> Followed {
    follow(&workspace.path("data"), &format!("/api/v1/events{query}"), "")
}

fn names(all: &[Told]) -> Vec<&str> {
    all.iter().map(|told| told.name.as_str()).collect()
}

fn messages(all: &[Told]) -> Vec<&str> {
    let lines = all.iter().filter(|told| told.name == "line");
    lines.map(|told| told.data["message"].as_str().unwrap()).collect()
}

#[test]
fn lines_come_before_the_run_is_over() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "gated");
    host.says("gated", "waiting");
    // The attempt is under way, and its line is not in the history yet.
    let mut followed = log(&workspace, run, "", "");
    let first = followed.next().unwrap();
    assert_eq!((first.name.as_str(), &first.data["attempt"]), ("attempt", &json!(1)));
    assert_eq!(first.data.get("verdict"), None);
    let line = followed.next().unwrap();
    assert_eq!((line.id.as_deref(), &line.data["message"]), (Some("1-1"), &json!("waiting")));
    workspace.write("gate/open", "");
    let rest = followed.rest();
    assert_eq!(names(&rest), ["attempt", "end"]);
    assert_eq!(rest[0].data["verdict"], "succeeded");
    assert_eq!((&rest[1].data["run"], &rest[1].data["state"]), (&json!(run), &json!("succeeded")));
    let _ = host.stop().succeeded();
}

#[test]
fn whoever_follows_first_hears_all_of_it() {
    let (workspace, host) = host();
    let path = "/api/v1/tasks/long/runs";
    let later = ask(&workspace.path("data"), "POST", path, r#"{"after":"500ms"}"#).good();
    let run = later["run"].as_i64().unwrap();
    let all = log(&workspace, run, "", "").rest();
    let expected: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    assert_eq!(messages(&all), expected);
    assert_eq!(names(&all).last(), Some(&"end"));
    let _ = host.stop().succeeded();
}

#[test]
fn a_follower_goes_on_where_it_was() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "long");
    host.over("long");
    let all = log(&workspace, run, "", "").rest();
    let seen = &all[1500];
    let head = format!("Last-Event-ID: {}\r\n", seen.id.as_deref().unwrap());
    let rest = log(&workspace, run, "?after=9-9", &head).rest();
    assert_eq!(rest, all[1501..], "nothing twice, nothing left out");
    // The one and the other way to say it.
    let after = format!("?after={}", seen.id.as_deref().unwrap());
    assert_eq!(log(&workspace, run, &after, "").rest(), rest);
    let loud = log(&workspace, run, "?level=warn", "").rest();
    assert_eq!(names(&loud), ["attempt", "attempt", "end"]);
    let _ = host.stop().succeeded();
}

#[test]
fn who_reads_slowly_misses_nothing() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "gated");
    host.says("gated", "waiting");
    let slow: Vec<_> = (0..3).map(|_| log(&workspace, run, "", "")).collect();
    let many: Vec<_> = (0..5).map(|_| start(&workspace, "long")).collect();
    let long = log(&workspace, many[0], "", "");
    host.all_over(&["long"; 5]);
    workspace.write("gate/open", "");
    host.over("gated");
    // Only now they read.
    assert_eq!(messages(&long.rest()).len(), 2000);
    for follower in slow {
        assert_eq!(names(&follower.rest()), ["attempt", "line", "attempt", "end"]);
    }
    let _ = host.stop().succeeded();
}

#[test]
fn each_attempt_is_told_around_its_lines() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "twice");
    host.over("twice");
    let all = log(&workspace, run, "", "").rest();
    let attempts = all.iter().filter(|told| told.name == "attempt");
    let verdicts: Vec<_> = attempts.map(|told| told.data["verdict"].clone()).collect();
    assert_eq!(verdicts, [json!(null), json!("failed"), json!(null), json!("succeeded")]);
    assert_eq!(names(&all).last(), Some(&"end"));
    let _ = host.stop().succeeded();
}

#[test]
fn who_comes_while_the_second_attempt_runs_hears_of_the_first_one_first() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "gated");
    host.of("gated", "started");
    let _ = host.kill();
    let mut host = workspace.serve(&[]);
    host.of("gated", "started");
    let mut following = log(&workspace, run, "", "");
    let mut all = vec![following.next().unwrap()];
    workspace.write("gate/open", "");
    all.extend(following.rest());
    let attempts = all.iter().filter(|told| told.name == "attempt");
    let told: Vec<_> =
        attempts.map(|told| json!([told.data["attempt"], told.data["verdict"]])).collect();
    assert_eq!(json!(told), json!([[1, null], [1, "lost"], [2, null], [2, "succeeded"]]));
    let _ = host.stop().succeeded();
}

#[test]
fn what_a_guest_says_stays_within_its_event() {
    let (workspace, mut host) = host();
    let mut all = events(&workspace, "?task=evil");
    assert_eq!(all.next().unwrap().name, "ready");
    let run = start(&workspace, "evil");
    host.over("evil");
    let told = log(&workspace, run, "", "").rest();
    let known = ["attempt", "line", "progress", "end"];
    assert!(names(&told).iter().all(|name| known.contains(name)), "{told:?}");
    assert!(messages(&told).iter().any(|text| text.contains("ERROR two")));
    let ended = all.until("ended");
    assert!(ended.data["error"].as_str().unwrap().contains("ERROR two"));
    let _ = host.stop().succeeded();
}

#[test]
fn the_host_is_followed_task_by_task_or_whole() {
    let (workspace, host) = host();
    let (mut whole, mut twice) = (events(&workspace, ""), events(&workspace, "?task=twice"));
    for stream in [&mut whole, &mut twice] {
        assert_eq!(stream.next().unwrap().name, "ready");
    }
    let long = start(&workspace, "long");
    assert_eq!(whole.until("started").data["run"], long);
    assert_eq!(whole.until("ended").data["over"], true);
    let run = start(&workspace, "twice");
    let mut story: Vec<_> = (0..5).map(|_| twice.next().unwrap()).collect();
    assert!(story.iter().all(|told| told.data["run"] == run && told.data["task"] == "twice"));
    // That a run was made is told when that is durable: its attempt may have begun by then.
    story.retain(|told| told.name != "fired");
    assert_eq!(names(&story), ["started", "ended", "started", "ended"]);
    let over: Vec<&Value> = story.iter().map(|told| &told.data["over"]).collect();
    assert_eq!((over[1], over[3]), (&json!(false), &json!(true)));
    // The streams end with the host, and it with them open.
    let _ = host.stop().succeeded();
    assert!(twice.rest().is_empty());
}

#[test]
fn a_log_is_followed_from_the_command_line() {
    let (workspace, mut host) = host();
    let run = start(&workspace, "gated").to_string();
    host.says("gated", "waiting");
    let mut child = workspace.start(&["logs", run.as_str(), "--follow"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "── attempt 1 · running");
    let line = next();
    assert!(line.contains("info  waiting"), "{line}");
    // Only now it may end.
    workspace.write("gate/open", "");
    assert_eq!(next(), "── attempt 1 · succeeded");
    assert!(child.wait().unwrap().success());
    // The same of a run that is over, for a program.
    let again = workspace.run(&["logs", &run, "-f", "--json"]).succeeded().json_lines();
    let keys: Vec<_> = again.iter().map(|line| line["line"]["message"].as_str()).collect();
    assert_eq!(keys, [None, Some("waiting"), None, None]);
    assert_eq!(again[3]["end"]["state"], "succeeded");
    let _ = workspace.run(&["logs", "99", "-f"]).failed().says(&["there is no run 99"]);
    let _ = host.stop().succeeded();
    let _ = workspace.run(&["logs", &run, "-f"]).failed().says(&["no host serves", "--follow"]);
    let _ = workspace.run(&["watch"]).failed().says(&["terminal", "runs --json"]);
}

#[test]
fn no_more_follow_than_may() {
    let (workspace, host) = host();
    let all: Vec<_> = (0..256).map(|_| events(&workspace, "")).collect();
    let refused = ask(&workspace.path("data"), "GET", "/api/v1/events", "").problem(503);
    assert!(refused.contains("256"), "{refused}");
    let run = start(&workspace, "long");
    let path = format!("/api/v1/runs/{run}/log/events");
    let _ = ask(&workspace.path("data"), "GET", &path, "").problem(503);
    // All of them hear of it.
    for mut follower in all {
        assert_eq!(follower.until("started").data["run"], run);
    }
    let _ = host.stop().succeeded();
}

#[test]
fn a_task_stands_for_its_newest_run() {
    let (workspace, mut host) = host();
    let first = start(&workspace, "gated").to_string();
    host.says("gated", "waiting");
    let shown = workspace.run(&["logs", "gated"]).succeeded().stdout;
    assert!(shown.starts_with(&format!("run {first} of gated\n── attempt 1 · running")), "{shown}");
    // What has not begun has no log.
    let second = start(&workspace, "gated").to_string();
    let shown = workspace.run(&["logs", "gated"]).succeeded().stdout;
    assert!(shown.starts_with(&format!("run {first} of gated\n")), "{shown}");
    workspace.write("gate/open", "");
    let shown = workspace.run(&["logs", "gated", "--follow"]).succeeded().stdout;
    assert!(shown.contains("info  waiting"), "{shown}");
    host.all_over(&["gated", "gated"]);
    let shown = workspace.run(&["logs", "gated"]).succeeded().stdout;
    assert!(shown.starts_with(&format!("run {second} of gated\n")), "{shown}");
    let nosuch = workspace.run(&["logs", "nosuch"]).failed();
    let _ = nosuch.says(&["there is no run of a task `nosuch`", "horarium runs"]);
    let _ = workspace.run(&["logs", "no name"]).misused().says(&["neither the number of a run"]);
    let _ = host.stop().succeeded();
}
