//! What verbs print for people: on a terminal, which is narrow, into a file, which is not,
//! and of what nobody knows for certain.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use e2e::{Workspace, built};

/// What a verb prints on a terminal with so many columns; none where this machine can't make
/// one.
fn on_terminal(workspace: &Workspace, columns: u16, args: &str) -> Option<Vec<String>> {
    let there = Command::new("script").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: what is printed on a terminal, since there is no `script` here");
        return None;
    }
    let line = format!("stty cols {columns} rows 24; exec {} {args}", built::horarium().display());
    let ran = workspace.program("script").args(["-qec", &line, "/dev/null"]).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{text}");
    Some(text.lines().map(|line| line.trim_end().to_owned()).collect())
}

/// A task that fails at great length, and whom that is told.
fn failed() -> Workspace {
    let workspace = Workspace::new(&format!(
        r#"
        [task.long-winded]
        plugin = "unruly"
        function = "fail"
        args = {{ kind = "permanent", message = "{}end" }}
        schedule = {{ once = true }}
        "#,
        "on and on ".repeat(25)
    ));
    let mut host = workspace.serve(&[]);
    host.over("long-winded");
    let _ = host.stop().succeeded();
    workspace
}

#[test]
fn a_row_has_one_line_on_a_terminal_and_all_of_its_text_in_a_file() {
    let workspace = failed();
    for verb in ["runs", "alerts"] {
        let whole = workspace.run(&[verb]).succeeded().stdout;
        assert!(whole.lines().any(|line| line.ends_with(" and on end")), "{whole}");
        for columns in [80, 200] {
            let Some(lines) = on_terminal(&workspace, columns, verb) else { return };
            let wide = |line: &String| line.chars().count() > usize::from(columns);
            assert!(!lines.iter().any(wide), "{lines:#?}");
            assert!(lines[1].contains("long-winded") && lines[1].ends_with('…'), "{lines:#?}");
            let rows = lines.iter().filter(|line| line.contains("on and")).count();
            assert_eq!(rows, 1, "{lines:#?}");
        }
    }
    // Today needs no date, which would have two hyphens beside the name's.
    let Some(lines) = on_terminal(&workspace, 80, "runs") else { return };
    assert_eq!(lines[1].matches('-').count(), 1, "{lines:#?}");
}

#[test]
fn all_of_an_error_stands_below_the_attempts() {
    let workspace = failed();
    let error = format!("error of attempt 1: {}end", "on and on ".repeat(25));
    let whole = workspace.run(&["runs", "1"]).succeeded().stdout;
    assert!(whole.lines().any(|line| line == error), "{whole}");
    let Some(lines) = on_terminal(&workspace, 80, "runs 1") else { return };
    let table = lines.iter().position(|line| line.starts_with("ATTEMPT")).unwrap();
    assert!(lines[table + 1].contains("failed"), "{lines:#?}");
    assert_eq!(lines[table + 2], error);
}

#[test]
fn what_a_host_left_running_when_it_died_is_not_said_to_run() {
    let workspace = Workspace::new(
        r#"
        [task.gated]
        plugin = "unruly"
        function = "wait"
        args = { path = "/gate/open" }
        schedule = { once = true }
        timeout = "5m"
        fuel = "unlimited"
        on_lost = "fail"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.says("gated", "waiting");
    let shown = workspace.run(&["runs"]).succeeded().stdout;
    assert!(shown.contains("▶ running") && !shown.contains("its host ended"), "{shown}");
    drop(host.kill());
    for verb in [&["runs"][..], &["runs", "1"], &["runs", "--tree", "1"]] {
        let shown = workspace.run(verb).succeeded().stdout;
        assert!(shown.contains("? unknown"), "{shown}");
        assert!(shown.contains("was running when its host ended"), "{shown}");
        assert!(!shown.contains("▶ running"), "{shown}");
    }
    let tasks = workspace.run(&["tasks"]).succeeded().stdout;
    assert!(tasks.contains("? unknown") && !tasks.contains("running"), "{tasks}");
    let log = workspace.run(&["logs", "1"]).succeeded().stdout;
    assert!(log.starts_with("── attempt 1 · unknown\n"), "{log}");
    for (verb, place) in [
        (&["runs"][..], "/0/state"),
        (&["runs", "1"], "/run/state"),
        (&["runs", "--tree", "1"], "/0/state"),
        (&["tasks"], "/0/history/last/state"),
    ] {
        let told = workspace.run(&[verb, &["--json"]].concat()).succeeded().json();
        assert_eq!(told.pointer(place).unwrap(), "unknown", "{verb:?}: {told}");
    }
    // Nobody saw how long it went on, and no length is made up.
    let mut host = workspace.serve(&[]);
    assert_eq!(host.over("gated")["verdict"], "lost");
    let _ = host.stop().succeeded();
    let shown = workspace.run(&["runs", "1"]).succeeded().stdout;
    assert!(shown.contains("lost") && !shown.contains("0µs"), "{shown}");
}

/// What somebody is told on a terminal, who answers this; none where this machine can't make
/// one.
fn answering(workspace: &Workspace, answer: &str, args: &str) -> Option<(bool, String)> {
    let there = Command::new("script").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: what is asked on a terminal, since there is no `script` here");
        return None;
    }
    let line = format!("exec {} {args}", built::horarium().display());
    let mut script = workspace.program("script");
    script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = script.spawn().unwrap();
    // What is typed before it is asked for waits for that.
    script.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    let ran = script.wait_with_output().unwrap();
    Some((ran.status.success(), String::from_utf8(ran.stdout).unwrap()))
}

#[test]
fn what_is_gone_for_good_is_asked_for_on_a_terminal() {
    let workspace =
        Workspace::new("task.quick = { plugin = \"noop\", schedule = { once = true } }");
    let mut host = workspace.serve(&[]);
    host.over("quick");
    let _ = workspace.run(&["state", "set", "quick", "cursor", "7"]).succeeded();
    let held = || {
        let keys = workspace.run(&["state", "list", "quick", "--json"]).succeeded().json();
        keys.as_array().unwrap().len()
    };
    for verb in ["state clear quick", "state delete quick cursor"] {
        for answer in ["n\n", "\n", "maybe\n"] {
            let Some((done, told)) = answering(&workspace, answer, verb) else { return };
            assert!(!done && told.contains("[y/N]"), "{verb}: {told}");
            assert!(told.contains("nothing was done") && held() == 1, "{verb}: {told}");
        }
    }
    let Some((done, told)) = answering(&workspace, "y\n", "state clear quick") else { return };
    assert!(done && told.contains("task/quick holds 1 key, 7 B"), "{told}");
    assert_eq!(held(), 0);
    let _ = workspace.run(&["state", "set", "quick", "cursor", "7"]).succeeded();
    let Some((done, told)) = answering(&workspace, "", "state delete quick cursor --yes") else {
        return;
    };
    assert!(done && !told.contains("[y/N]"), "{told}");
    let _ = host.stop().succeeded();
}
