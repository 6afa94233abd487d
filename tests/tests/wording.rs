//! What somebody reads who slips: each error names the thing, the place and the way out, in
//! the program's own words.

use e2e::{Ran, Web, Workspace, serving::signal_once_it_says};
use rustix::process::Signal;

const TASKS: &str = r#"
    [task.quick]
    plugin = "noop"
    schedule = { manual = true }
    [task.night]
    plugin = "noop"
    schedule = { cron = "0 0 * * *", timezone = "Europe/Paris" }
    [notify.ops]
    webhook = { url = "http://127.0.0.1:1/" }
    tasks = ["night"]
"#;

/// Words of those who wrote what this program is made of.
const FOREIGN: &[&str] = &[
    "invalid digit",
    "(os error",
    "failed to parse",
    "failed to find",
    "friendly",
    "ByteSize",
    "SI unit",
    "socket address syntax",
    "CronPattern",
    "Component error",
    "InvalidContentType",
];

#[track_caller]
fn in_our_words(ran: Ran) -> Ran {
    for foreign in FOREIGN {
        assert!(!ran.stderr.contains(foreign), "{foreign:?} is not ours: {ran}");
    }
    ran
}

#[test]
fn what_makes_no_sense_is_answered_with_what_would() {
    let workspace = Workspace::new(TASKS);
    let run = ["run", "--plugin", "plugins/noop.wasm"];
    for (args, says) in [
        (
            &["serve", "--listen", "localhost:17900"][..],
            "is a name; write an address and a port, such as `127.0.0.1:17900`",
        ),
        (
            &["serve", "--listen", "8080"],
            "it has no address; write an address and a port, such as `127.0.0.1:8080`",
        ),
        (
            &["serve", "--for", "5"],
            "it has no unit; write a length of time with its unit, such as `5s`",
        ),
        (&["trigger", "quick", "--after", "soon"], "it is not a length of time; write"),
        (
            &["trigger", "quick", "--at", "tomorrow"],
            "it is not an instant; write an instant with its offset",
        ),
        (
            &["backfill", "night", "--from", "2020-01-01T00:00:00"],
            "it has no offset; write an instant with its offset, such as `2020-01-01T00:00:00Z`",
        ),
        (&["backfill", "night", "--from", "2020-02-30"], "there is no such day or time"),
        (&[run[0], run[1], run[2], "--timeout", "5"], "it has no unit"),
        (
            &[run[0], run[1], run[2], "--memory", "big"],
            "it is not a number of bytes; write a number of bytes, such as `64MiB`",
        ),
        (
            &[run[0], run[1], run[2], "--fuel", "lots"],
            "fuel is a number above zero, or `unlimited`",
        ),
        (
            &["trigger", "quick", "--args", "{x"],
            "this is not JSON: it makes no sense at character 2 of line 1",
        ),
        (&["trigger", "quick", "--args", "{"], "this is not JSON: it ends too early"),
        (&["trigger", "quick", "--priority", "500"], "a priority is a number from -100 to 100"),
        (&["runs", "last"], "a run is called by its number, as `horarium runs` lists it"),
        (&["cancel", "it"], "a run is called by its number"),
        (
            &["token", "new", "--scope", "read", "--expires", "5"],
            "a length of time such as `90d` or `12h`, or `never`",
        ),
        (
            &["token", "revoke", "mine"],
            "a token's id has eight digits, as `horarium token list` shows it",
        ),
        (
            &["token", "revoke", "hor_0123abcd_00ff"],
            "this is a whole token; its id is what is wanted here, 0123abcd",
        ),
    ] {
        let _ = in_our_words(workspace.run(args).misused()).says(&[says]);
    }
    for verb in [&["run", "--plugin"][..], &["inspect"]] {
        let ran = workspace.run(&[verb, &["plugins/nosuch.wasm"]].concat()).failed();
        assert_eq!(ran.stderr, "error: there is no plugins/nosuch.wasm\n");
    }
    let ran = workspace.run(&["status", "--host", "http://127.0.0.1:1"]).failed();
    let _ = in_our_words(ran).says(&["no host answers at", "Connection refused; `[web]`"]);
}

#[test]
fn whatever_goes_wrong_is_one_object_for_programs() {
    let bare = Workspace::bare();
    let served = Workspace::new(TASKS);
    let broken = Workspace::new("[task.a]\nschedule = 1");
    let mut host = served.serve(&[]);
    host.event("tasks");
    for (workspace, args) in [
        (&bare, &["tasks"][..]),
        (&bare, &["runs"]),
        (&bare, &["check"]),
        (&broken, &["tasks"]),
        (&broken, &["trigger", "a"]),
        (&broken, &["db", "export"]),
        (&served, &["trigger", "quikc"]),
        (&served, &["cancel", "99"]),
        (&served, &["runs", "99"]),
        (&served, &["channels", "test", "opps"]),
        (&served, &["token", "revoke", "0123abcd"]),
        (&served, &["run", "quikc"]),
        (&served, &["grants", "quikc"]),
        (&served, &["status", "--host", "nowhere"]),
        (&served, &["token", "list", "--host", "http://127.0.0.1:1"]),
    ] {
        let ran = in_our_words(workspace.run(&[args, &["--json"]].concat()).failed());
        let told = ran.json();
        let detail = told["detail"].as_str().unwrap_or_else(|| panic!("no detail: {ran}"));
        let words = ran.stderr.lines().last().unwrap_or_default();
        assert!(words.starts_with("error: ") && words.contains(detail), "{ran}");
    }
    let told = broken.run(&["tasks", "--json"]).failed().json();
    assert_eq!(told["problems"][0]["key"], "task.a.schedule");
    let _ = host.stop().succeeded();
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    for (args, says) in [
        (&["trigger", "quikc"][..], "there is no task `quikc`; did you mean `quick`?"),
        (&["trigger", "other"], "there is no task `other`; there are `night`, `quick`"),
        (&["backfill", "nigth", "--from", "2020-01-01"], "there is no task `nigth`"),
        (&["backfill", "nigth", "--from", "2020-01-01T00:00:00Z"], "did you mean `night`?"),
        (&["pause", "quikc"], "there is no task `quikc`; did you mean `quick`?"),
        (&["channels", "test", "opps"], "there is no channel `opps`; did you mean `ops`?"),
        (&["plugins", "rollback", "nop"], "there is no plugin `nop`; did you mean `noop`?"),
        (&["plugins", "versions", "nop"], "there is no plugin `nop`; did you mean `noop`?"),
        (&["token", "revoke", "0123abcd"], "there is no token 0123abcd; see `horarium token list`"),
    ] {
        let _ = in_our_words(workspace.run(args).failed()).says(&[says]);
    }
    let none = workspace.run(&["runs", "--task", "quikc"]).succeeded().stdout;
    assert_eq!(none, "no runs: no host has known a task `quikc` here\n");
    let none = workspace.run(&["runs", "--task", "quick"]).succeeded().stdout;
    assert_eq!(none, "no runs of `quick`\n");
    let _ = host.stop().succeeded();
}

#[test]
fn a_day_is_made_up_for_from_midnight_where_its_schedule_is() {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let days = ["backfill", "night", "--from", "2020-07-01", "--to", "2020-07-03"];
    assert_eq!(workspace.run(&days).succeeded().stdout, "2 new runs\n");
    let instants: Vec<_> =
        workspace.runs("night").iter().map(|run| run["scheduled_for"].clone()).collect();
    assert_eq!(instants, ["2020-06-30T22:00:00Z", "2020-07-01T22:00:00Z"]);
    let _ = host.stop().succeeded();
}

#[test]
fn a_run_says_what_it_waits_for_and_why_it_is_there() {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let args = ["trigger", "quick", "--at", "2099-01-01T00:00:00Z"];
    let told = workspace.command(&args).env("TZ", "UTC").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told, "run 1 of quick: scheduled, waits until 2099-01-01 00:00:00\n");
    let shown = workspace.run(&["runs", "1"]).succeeded().stdout;
    assert!(shown.contains("  asked for, due at "), "{shown}");
    let told = workspace.run(&["cancel", "1"]).succeeded().stdout;
    assert_eq!(told, "run 1 of quick: cancelled\n");
    let _ = host.stop().succeeded();
}

#[test]
fn who_means_another_host_is_told_where_that_does_not_count() {
    let workspace = Workspace::new(TASKS);
    let elsewhere = [("HORARIUM_HOST", "http://127.0.0.1:1")];
    for verb in [&["token", "list"][..], &["grants", "quick"], &["run", "quick"]] {
        let ran = workspace.run_with(verb, &elsewhere).succeeded();
        let _ = ran.says(&["note: this looks at what is on this machine, whatever HORARIUM_HOST"]);
    }
    assert_eq!(workspace.run_with(&["schema"], &elsewhere).succeeded().stderr, "");
    for option in ["--host", "--token-file", "--ca"] {
        let ran = workspace.run(&["token", "list", option, "x"]).failed();
        let _ = ran.says(&["on this machine", &format!("leave {option} out")]);
    }
}

#[test]
fn an_address_that_is_taken_is_told_with_a_way_out() {
    let (first, second) = (Workspace::new(TASKS), Workspace::new(TASKS));
    let mut host = first.serve(&["--listen", "127.0.0.1:0"]);
    let address = Web::of(&mut host).address.to_string();
    let ran = in_our_words(second.run(&["serve", "--listen", &address]).failed());
    let _ = ran.says(&[
        &format!("can't listen at {address}: another program does, perhaps another host"),
        "take another port by `[web] listen` or --listen",
    ]);
    // It speaks no TLS.
    let ran = second.run(&["status", "--host", &format!("https://{address}")]).failed();
    let _ = in_our_words(ran).says(&["does not speak TLS", &format!("`http://{address}`")]);
    let _ = host.stop().succeeded();
}

#[test]
fn a_host_without_a_page_says_how_to_have_one() {
    let workspace = Workspace::new(TASKS);
    let page = "no page: `--listen 127.0.0.1:7878` or `[web] listen` shows one";
    let _ = signal_once_it_says(workspace.start(&["serve"]), page, Signal::TERM).succeeded();
}
