//! Programs as tasks: words from the configuration, files from the grants, the exit
//! code as verdict, and what they print as log.

use e2e::Workspace;
use serde_json::{Value, json};

/// A host that serves these tasks of `program`.
fn with_tasks(tasks: &str) -> Workspace {
    let workspace = Workspace::bare();
    workspace.add_plugin("program", "tests/program");
    workspace.make_dir("in");
    workspace.write("in/note", "to be\nread\n");
    workspace.configure(&format!("defaults.retry.max_attempts = 1\n{tasks}"));
    workspace
}

fn messages(workspace: &Workspace, run: &Value) -> Vec<String> {
    let line = |line: &Value| line["line"]["message"].as_str().unwrap().to_owned();
    workspace.log(run).iter().map(line).collect()
}

#[test]
fn a_served_program_reads_says_and_ends() {
    let workspace = with_tasks(
        r#"
        [task.reading]
        plugin = "program"
        args = ["read", "/in/note"]
        schedule = { once = true }
        grants.dirs = [{ host = "in", guest = "/in" }]

        [task.saying]
        plugin = "program"
        function = "run"
        args = ["say", "two words", 3, true]
        schedule = { once = true }

        [task.failing]
        plugin = "program"
        args = ["read", "/in/note"]
        schedule = { once = true }
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.all_over(&["reading", "saying", "failing"]);
    let _ = host.stop().succeeded();
    let run = |task: &str| workspace.runs(task)[0].clone();
    let reading = run("reading");
    assert_eq!((&reading["state"], &reading["output"]), (&json!("succeeded"), &Value::Null));
    assert_eq!(messages(&workspace, &reading["run"]), ["to be", "read"]);
    let said = messages(&workspace, &run("saying")["run"]);
    assert_eq!(said, ["\"two words\"", "\"3\"", "\"true\""]);
    let failing = run("failing");
    assert_eq!(failing["state"], "failed");
    let attempt = &workspace.attempts(&failing["run"])[0];
    assert!(attempt["error"].as_str().unwrap().starts_with("exit code 1: /in/note: "), "{attempt}");
}

#[test]
fn a_run_in_the_foreground_has_the_programs_exit_code_as_verdict() {
    let workspace = with_tasks("");
    let run = |args: &str| {
        workspace.run(&["run", "--json", "--plugin", "plugins/program.wasm", "--args", args])
    };
    let done = run(r#"["say", "hello"]"#).succeeded();
    assert!(done.stderr.contains("hello"), "{done}");
    assert_eq!(done.json()["output"], Value::Null);
    assert_eq!(run(r#"["exit", 0]"#).succeeded().json()["verdict"], "succeeded");
    let failed = run(r#"["exit", 1]"#).failed().json();
    assert_eq!((&failed["verdict"], &failed["error"]), (&json!("failed"), &json!("exit code 1")));
    let lost = run(r#"["dance"]"#).failed().json();
    assert_eq!(lost["error"], "exit code 1: program: I don't know how to dance");
}

/// Exits with 3, by the function of WASI 0.2.12 that can say so.
const THREE: &str = r#"(component
    (import "wasi:cli/exit@0.2.12" (instance $exit
        (export "exit-with-code" (func (param "status-code" u8)))))
    (core func $leave (canon lower (func $exit "exit-with-code")))
    (core module $m
        (import "e" "leave" (func $leave (param i32)))
        (func (export "run") (result i32) (call $leave (i32.const 3)) unreachable))
    (core instance $i (instantiate $m (with "e" (instance (export "leave" (func $leave))))))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $r (export "run" (func $run)))
    (export "wasi:cli/run@0.2.12" (instance $r)))"#;

#[test]
fn an_exit_code_of_three_is_told() {
    let workspace = Workspace::bare();
    workspace.add_bytes("three", &wat::parse_str(THREE).unwrap());
    workspace.configure("[task.three]\nschedule = { once = true }\nretry.max_attempts = 1");
    let mut host = workspace.serve(&[]);
    let end = host.over("three");
    assert_eq!((&end["verdict"], &end["error"]), (&json!("failed"), &json!("exit code 3")));
    let _ = host.stop().succeeded();
}

#[test]
fn a_program_is_told_about_its_run() {
    let workspace = with_tasks(
        r#"
        [task.telling]
        plugin = "program"
        args = ["env"]
        schedule = { at = "2026-01-01T00:00:00Z" }
        grants.env = { REGION = "eu" }
        "#,
    );
    let mut host = workspace.serve(&[]);
    let _ = host.over("telling");
    let _ = host.stop().succeeded();
    let told = messages(&workspace, &workspace.runs("telling")[0]["run"]);
    for line in [
        "REGION=eu",
        "HORARIUM_TASK=telling",
        "HORARIUM_ATTEMPT=1",
        "HORARIUM_MAX_ATTEMPTS=1",
        "HORARIUM_TRIGGER=at",
        "HORARIUM_SCHEDULED_FOR=2026-01-01T00:00:00Z",
    ] {
        assert!(told.iter().any(|told| told == line), "{line}: {told:?}");
    }
    assert_eq!(told.iter().filter(|line| line.starts_with("HORARIUM_")).count(), 7, "{told:?}");
}

#[test]
fn what_is_no_list_of_words_is_refused_where_it_stands() {
    let workspace = with_tasks(
        r#"
        [task.telling]
        plugin = "program"
        args = "say hello"
        schedule = { once = true }

        [task.nesting]
        plugin = "program"
        args = ["say", ["hello"]]
        schedule = { once = true }
        "#,
    );
    let told = workspace.run(&["check", "--json"]).failed().json();
    let problem = |key: &str| {
        let problems = told["problems"].as_array().unwrap();
        problems.iter().find(|problem| problem["key"] == key).unwrap().clone()
    };
    let telling = problem("task.telling.args");
    let wanted = "a program takes a list of arguments, such as `[\"-v\", 3]`";
    assert_eq!((&telling["message"], &telling["line"]), (&json!(wanted), &json!(7)));
    let nesting = problem("task.nesting.args");
    assert!(nesting["message"].as_str().unwrap().starts_with("at /1: "), "{nesting}");
}

#[test]
fn a_program_is_shown_as_one() {
    let workspace = with_tasks("");
    let shown = workspace.run(&["inspect", "plugins/program.wasm", "--json"]).succeeded().json();
    let function = &shown["functions"][0];
    assert_eq!((&function["name"], &function["kind"]), (&json!("run"), &json!("command")));
    assert_eq!(shown["uncallable"], json!([]));
    let people = workspace.run(&["inspect", "plugins/program.wasm"]).succeeded().stdout;
    assert!(people.contains("command run\n"), "{people}");
    assert!(people.contains("takes a list of arguments"), "{people}");
}

#[test]
fn a_library_for_preview_1_is_refused_with_a_way_out() {
    let workspace = Workspace::bare();
    let library = r#"(module (memory (export "memory") 1) (func (export "_initialize")))"#;
    workspace.write("library.wasm", wat::parse_str(library).unwrap());
    let ran = workspace.run(&["inspect", "library.wasm"]).failed();
    let _ = ran.says(&["it is a library", "`_start`", "wasm32-wasip2", "wasm32-wasip1"]);
}
