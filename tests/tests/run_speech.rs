//! What a guest says is bounded, and can't pass for anything else.

use e2e::Workspace;
use serde_json::{Value, json};

fn message(line: &Value) -> &str {
    line["line"]["message"].as_str().unwrap()
}

/// Serves one run of a function, and returns its log from the history.
fn log_of(function: &str, more: &str) -> Vec<Value> {
    let workspace = Workspace::new(&format!(
        "[task.speaker]\nplugin = \"unruly\"\nfunction = \"{function}\"\n\
         schedule = {{ once = true }}\nretry = {{ max_attempts = 1 }}\n{more}"
    ));
    let mut host = workspace.serve(&[]);
    let run = host.over("speaker")["run"].clone();
    let _ = host.stop().succeeded();
    workspace.log(&run)
}

#[test]
fn of_a_flood_beginning_and_end_are_kept_and_the_rest_is_counted() {
    let lines = log_of("flood", "args = { bytes = 8_000_000 }\nlog = \"64KiB\"");
    let bytes: usize = lines.iter().map(|line| message(line).len()).sum();
    assert!(bytes <= 64 << 10, "{bytes} bytes of log where the limit is 64 KiB");
    let dropped: Vec<_> = lines.iter().filter(|line| line["line"]["source"] == "host").collect();
    let [dropped] = dropped.as_slice() else { panic!("one note, and not {dropped:?}") };
    let kept = lines.len() - 1;
    let count = 100_000 - kept;
    assert_eq!(
        message(dropped),
        format!("{count} lines ({} bytes) of the log were dropped here", count * 79)
    );
    // Something of both ends.
    assert_ne!(lines[0]["line"]["source"], "host");
    assert_ne!(lines[lines.len() - 1]["line"]["source"], "host");
}

#[test]
fn of_a_line_without_end_the_beginning_is_kept() {
    let lines = log_of("flood", "args = { bytes = 5_000_000, one_line = true, to = \"stderr\" }");
    let [line] = lines.as_slice() else { panic!("one line, and not {}", lines.len()) };
    assert_eq!(line["line"]["source"], "stderr");
    assert!(message(line).len() <= 8 << 10);
    assert!(message(line).ends_with(" bytes more"), "{line}");
}

#[test]
fn of_many_entries_none_is_too_much() {
    let lines = log_of("log_many", "args = { entries = 20_000 }\nlog = \"16KiB\"");
    assert_eq!(message(&lines[0]), "0");
    assert_eq!(message(&lines[lines.len() - 1]), "19999");
    assert!(lines.iter().any(|line| message(line).contains("of the log were dropped here")));
}

/// Whatever moves a cursor, starts a colour or turns text around.
fn forged(text: &str) -> Option<char> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().find(|c| (c.is_control() && *c != '\n') || turns(*c))
}

#[test]
fn nothing_that_a_guest_says_reaches_a_terminal_as_it_is() {
    let workspace = Workspace::new(
        "[task.forger]\nplugin = \"unruly\"\nfunction = \"escape\"\nschedule = { manual = true }\n\
         retry = { max_attempts = 1 }",
    );
    let mut host = workspace.serve(&["--trigger", "forger"]);
    let run = host.over("forger")["run"].to_string();
    let _ = host.stop().succeeded();
    for verb in [
        &["runs"][..],
        &["runs", "--json"],
        &["runs", &run],
        &["runs", &run, "--json"],
        &["logs", &run],
        &["logs", &run, "--json"],
        &["tasks"],
    ] {
        let ran = workspace.run(verb).succeeded();
        assert_eq!(forged(&ran.stdout), None, "{ran}");
        assert_eq!(forged(&ran.stderr), None, "{ran}");
    }
    for more in [&[][..], &["--json"]] {
        let ran = workspace.run(&[&["run", "forger"], more].concat()).failed();
        assert_eq!(forged(&ran.stdout), None, "{ran}");
        assert_eq!(forged(&ran.stderr), None, "{ran}");
    }
}

#[test]
fn a_line_that_pretends_to_be_two_stays_recognisable() {
    let lines = log_of("escape", "");
    // Of eight forgeries, each said on standard output, standard error and in the
    // log, one has a line break in it.
    assert_eq!(lines.len(), 3 * 9);
    let forged: Vec<_> =
        lines.iter().filter(|line| message(line) == "2026-01-01T00:00:00Z ERROR two").collect();
    assert_eq!(forged.len(), 3);
    assert!(forged.iter().all(|line| line["line"]["level"] != json!("error")));
}
