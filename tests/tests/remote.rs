//! The verbs against a host that is elsewhere: the same words as against one that is here.

use std::fs;

use e2e::{Ran, Serving, Web, Workspace};

/// A host that listens, after a run that succeeded and one that failed, and a folder without
/// any configuration to ask from.
struct Story {
    workspace: Workspace,
    elsewhere: Workspace,
    host: Serving,
    url: String,
}

const TASKS: &str = r#"
    [task.quick]
    plugin = "noop"
    schedule = { manual = true }
    [task.talk]
    plugin = "unruly"
    function = "flood"
    args = { bytes = 240 }
    schedule = { manual = true }
    [task.yearly]
    plugin = "noop"
    schedule = { cron = "30 2 29 3 *", timezone = "Europe/Berlin" }
    [task.often]
    plugin = "noop"
    schedule = { every = "100h", offset = "99h" }
    [task.later]
    plugin = "noop"
    schedule = { at = "2099-01-01T00:00:00Z" }
"#;

fn story() -> Story {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&["--listen", "127.0.0.1:0"]);
    let url = format!("http://{}", Web::of(&mut host).address);
    for _ in 0..2 {
        let _ = workspace.run(&["trigger", "talk"]).succeeded();
        host.over("talk");
    }
    let _ = workspace.run(&["state", "set", "talk", "cursor", "7"]).succeeded();
    Story { workspace, elsewhere: Workspace::bare(), host, url }
}

impl Story {
    /// Asks from elsewhere, with this token.
    fn ask(&self, token: &str, args: &[&str]) -> Ran {
        let env = [("HORARIUM_HOST", self.url.as_str()), ("HORARIUM_TOKEN", token)];
        self.elsewhere.run_with(args, &env)
    }
}

#[test]
fn what_is_read_is_the_same_from_here_and_from_elsewhere() {
    let story = story();
    let token = story.workspace.token("read", &[]);
    let from = "2026-01-01T00:00:00Z";
    for verb in [
        &["runs"][..],
        &["runs", "--limit", "1"],
        &["runs", "--before", "2"],
        &["runs", "--task", "quick"],
        &["runs", "--state", "succeeded", "--state", "failed"],
        &["runs", "2"],
        &["logs", "1"],
        &["logs", "1", "--level", "error"],
        &["logs", "2", "--attempt", "1"],
        &["tasks"],
        &["plugins"],
        &["next", "--from", from],
        &["next", "yearly", "--from", from, "-n", "1200"],
        &["state"],
        &["state", "list", "talk", "--prefix", "cur"],
        &["status"],
    ] {
        for more in [&[][..], &["--json"]] {
            let args = [verb, more].concat();
            let here = story.workspace.run(&args).succeeded().stdout;
            let there = story.ask(&token, &args).succeeded().stdout;
            assert_eq!(there, here, "{args:?}");
            assert!(!here.is_empty() || verb.contains(&"error"), "{args:?}");
        }
    }
    let _ = story.ask(&token, &["runs", "99"]).failed().says(&["there is no run 99"]);
    let _ = story.ask(&token, &["next", "none"]).failed().says(&["there is no task `none`"]);
    let _ = story.host.stop().succeeded();
}

#[test]
fn what_is_asked_for_takes_a_token_with_enough_scope() {
    let story = story();
    let run = story.workspace.token("run", &[]);
    let admin = story.workspace.token("admin", &[]);
    let ran = story.ask(&run, &["trigger", "talk", "--key", "once"]).succeeded();
    assert!(ran.stdout.starts_with("run 3 of talk"), "{ran}");
    let _ = story.ask(&run, &["pause", "talk"]).failed().says(&["`admin`"]);
    let _ = story.ask(&admin, &["pause", "talk"]).succeeded();
    let _ = story.ask(&admin, &["resume", "talk"]).succeeded();
    let _ = story.ask(&admin, &["reload"]).succeeded();
    for verb in [&["get", "talk", "cursor"][..], &["export"], &["set", "talk", "cursor", "8"]] {
        let _ = story.ask(&run, &[&["state"], verb].concat()).failed().says(&["`admin`"]);
    }
    let value = story.ask(&admin, &["state", "get", "talk", "cursor"]).succeeded().stdout;
    assert_eq!(value, "7");
    let exported = story.ask(&admin, &["state", "export"]).succeeded().json_lines();
    assert_eq!((exported.len(), &exported[0]["value"]), (1, &"7".into()));
    let backfill =
        ["backfill", "often", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-10T00:00:00Z"];
    let _ = story.ask(&run, &backfill).succeeded();
    let _ = story.ask(&run, &["cancel", "1"]).failed().says(&["run 1 is over"]);
    let _ = story.ask(&run, &["rerun", "1"]).succeeded();
    // Without a token, with one that counts no more, and with one that is none.
    for token in ["", "hor_", &run[..run.len() - 1]] {
        let ran = story.ask(token, &["trigger", "talk"]).failed();
        let ran = ran.says(&["HORARIUM_TOKEN", "--token-file"]);
        assert!(!ran.stderr.contains(&run[..20]), "{ran}");
    }
    story.elsewhere.write("token", format!("{run}\n"));
    let ran = story.elsewhere.run(&["status", "--host", &story.url, "--token-file", "token"]);
    assert!(ran.succeeded().stdout.contains("5 tasks"));
    let _ = story.host.stop().succeeded();
}

#[test]
fn who_can_t_be_asked_is_said_with_a_way_out() {
    let elsewhere = Workspace::bare();
    elsewhere.write("token", "hor_secret");
    let status = |url: &str, more: &[&str]| {
        elsewhere.run(&[&["status", "--host", url][..], more].concat()).failed()
    };
    // Nobody listens at port 1.
    let _ = status("http://127.0.0.1:1", &[]).says(&["no host answers", "--listen"]);
    let _ = status("127.0.0.1:1", &[]).says(&["no host's URL", "https://"]);
    let ran = status("http://h.example:1", &["--token-file", "token"]).says(&["take `https`"]);
    assert!(!ran.stderr.contains("secret"), "{ran}");
    let _ = status("http://127.0.0.1:1", &["--token-file", "none"]).says(&["can't read the token"]);
    for verb in ["schema", "serve"] {
        let ran = elsewhere.run(&[verb, "--host", "http://127.0.0.1:1"]).failed();
        let _ = ran.says(&["leave --host out"]);
    }
    assert!(fs::read_dir(elsewhere.path("data")).unwrap().count() <= 1, "nothing was made here");
}
