//! Programs: words in, words out, an exit code.

use std::fs;

use horarium_core::{
    grants::{DirAccess, DirGrant, Environment, Grants, Origin, Secret, Variable},
    limits::{Fuel, Limits},
    log::Source,
    verdict::{FailureKind, Verdict},
};
use serde_json::{Value, json};

use crate::support::{Call, loaded, written};

/// The message of a failure that another attempt may mend.
#[track_caller]
fn failure(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Failed(failure) if failure.kind == FailureKind::Retry => &failure.message,
        other => panic!("{other:?}"),
    }
}

/// Runs the test program with these words; its verdict, and what it said.
async fn program(args: Value, grants: Grants, limits: Limits) -> (Verdict, Vec<String>) {
    let (sandbox, plugin) = loaded("program").await;
    let call = Call::to("run").with(args).granted(grants).within(limits);
    let heard = call.heard.clone();
    let outcome = call.run(&sandbox, &plugin).await;
    (outcome.verdict, heard.messages())
}

async fn plainly(args: Value) -> (Verdict, Vec<String>) {
    program(args, Grants::default(), Limits::DEFAULT).await
}

const DONE: Verdict = Verdict::Succeeded { output: None };

#[tokio::test]
async fn a_program_is_one_function() {
    let (_, plugin) = loaded("program").await;
    let [run] = plugin.functions() else { panic!("{plugin:?}") };
    assert_eq!((run.name.as_str(), run.kind.as_str()), ("run", "command"));
    assert!(plugin.uncallable().is_empty());
}

#[tokio::test]
async fn arguments_become_words_after_the_plugins_name() {
    let (verdict, said) = plainly(json!(["say", "two words", "", 3, -1.5, true, "é\n"])).await;
    assert_eq!(verdict, DONE);
    let words = [r#""two words""#, r#""""#, r#""3""#, r#""-1.5""#, r#""true""#, r#""é\n""#];
    assert_eq!(said, words);
    let (verdict, said) = plainly(Value::Null).await;
    assert_eq!((verdict, said), (DONE, vec!["unruly has nothing to do".to_owned()]));
}

#[tokio::test]
async fn what_is_no_list_of_words_is_refused_for_good() {
    for args in [json!("say a"), json!({ "say": "a" }), json!([["say"]]), json!([null])] {
        let (verdict, said) = plainly(args).await;
        let Verdict::Failed(failure) = verdict else { panic!("{verdict:?}") };
        assert_eq!(failure.kind, FailureKind::Permanent);
        assert!(failure.message.contains("takes a list of arguments"), "{}", failure.message);
        assert!(said.is_empty(), "it never began");
    }
}

#[tokio::test]
async fn the_environment_is_what_is_granted_and_what_the_attempt_is() {
    let variable = |name: &str, value: &str| Variable {
        name: name.to_owned(),
        value: Secret::new(value),
        origin: Origin::Written,
    };
    let env = Environment::new(vec![
        variable("REGION", "eu"),
        variable("HORARIUM_TRIGGER", "my own word"),
    ]);
    let grants = Grants { env, ..Grants::default() };
    let (verdict, mut said) = program(json!(["env"]), grants, Limits::DEFAULT).await;
    assert_eq!(verdict, DONE);
    said.retain(|line| !line.starts_with("HORARIUM_DEADLINE=20"));
    said.sort();
    assert_eq!(
        said,
        [
            "HORARIUM_ATTEMPT=2",
            "HORARIUM_MAX_ATTEMPTS=5",
            "HORARIUM_RUN_ID=test-1",
            "HORARIUM_SCHEDULED_FOR=1970-01-01T00:00:00Z",
            "HORARIUM_TASK=test",
            "HORARIUM_TRIGGER=my own word",
            "REGION=eu",
        ]
    );
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(plainly(json!(["listen"])).await, (DONE, vec![r#"heard Some("")"#.to_owned()]));
}

#[tokio::test]
async fn a_granted_directory_is_there_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("in.txt"), "one\ntwo\n").unwrap();
    let host = dir.path().canonicalize().unwrap();
    let grant = DirGrant { host, guest: "/data".to_owned(), access: DirAccess::ReadOnly };
    let grants = Grants { dirs: vec![grant], ..Grants::default() };
    let read = json!(["read", "/data/in.txt"]);
    let (verdict, said) = program(read.clone(), grants, Limits::DEFAULT).await;
    assert_eq!((verdict, said), (DONE, vec!["one".to_owned(), "two".to_owned()]));
    let (verdict, _) = plainly(read).await;
    assert!(failure(&verdict).starts_with("exit code 1: /data/in.txt: "), "{verdict:?}");
}

#[tokio::test]
async fn the_exit_code_is_the_verdict() {
    for verb in ["exit", "leave"] {
        assert_eq!(plainly(json!([verb, 0])).await.0, DONE);
        // WASI 0.2's `exit` and `run` say that it failed, and no more.
        assert_eq!(failure(&plainly(json!([verb, 1])).await.0), "exit code 1");
        assert_eq!(failure(&plainly(json!([verb, 3])).await.0), "exit code 1");
    }
}

/// One that exits with a code of its own, after it was asked to return all the same.
fn with_code(code: u8) -> String {
    format!(
        r#"(component
            (import "wasi:cli/exit@0.2.12" (instance $exit
                (export "exit-with-code" (func (param "status-code" u8)))))
            (core func $leave (canon lower (func $exit "exit-with-code")))
            (core module $m
                (import "e" "leave" (func $leave (param i32)))
                (func (export "run") (result i32) (call $leave (i32.const {code})) (i32.const 0)))
            (core instance $i (instantiate $m
                (with "e" (instance (export "leave" (func $leave))))))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $r (export "run" (func $run)))
            (export "wasi:cli/run@0.2.12" (instance $r)))"#
    )
}

#[tokio::test]
async fn an_exit_code_of_its_own_is_told() {
    let (sandbox, plugin) = written(&with_code(3)).await;
    let outcome = Call::to("run").run(&sandbox, &plugin).await;
    assert_eq!(failure(&outcome.verdict), "exit code 3");
    let (sandbox, plugin) = written(&with_code(0)).await;
    assert_eq!(Call::to("run").run(&sandbox, &plugin).await.verdict, DONE);
}

#[tokio::test]
async fn a_failure_ends_with_its_last_words() {
    let (sandbox, plugin) = loaded("program").await;
    let call = Call::to("run").with(json!(["da\u{1b}nce"]));
    let heard = call.heard.clone();
    let outcome = call.run(&sandbox, &plugin).await;
    let last = "unruly: I don't know how to da\\u{1b}nce";
    assert_eq!(failure(&outcome.verdict), format!("exit code 1: {last}"));
    let lines = heard.lines();
    assert_eq!((lines[0].source, lines[0].message.as_str()), (Source::Stderr, last));
}

#[tokio::test]
async fn programs_have_limits_like_everybody() {
    let spin = json!(["spin"]);
    let limits = Limits { fuel: Fuel::Limited(1_000_000), ..Limits::DEFAULT };
    let (verdict, _) = program(spin, Grants::default(), limits).await;
    assert_eq!(verdict, Verdict::OutOfFuel { limit: 1_000_000 });
    let limits = Limits { memory: 8 << 20, ..Limits::DEFAULT };
    let (verdict, _) = program(json!(["hoard"]), Grants::default(), limits).await;
    assert!(matches!(verdict, Verdict::OutOfMemory { .. }), "{verdict:?}");
    let (verdict, said) = plainly(json!(["panic"])).await;
    assert!(matches!(verdict, Verdict::Trapped(_)), "{verdict:?}");
    assert!(said.iter().any(|line| line == "out of luck"), "{said:?}");
}

/// A program that has functions as well, one of them with the program's name.
const BOTH: &str = r#"(component
    (core module $m
        (func (export "run") (result i32) (i32.const 1))
        (func (export "seven") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (func $seven (result u32) (canon lift (core func $i "seven")))
    (instance $r (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $r))
    (export "run" (func $seven))
    (export "seven" (func $seven)))"#;

#[tokio::test]
async fn a_program_may_have_functions_as_well() {
    let (sandbox, plugin) = written(BOTH).await;
    let names: Vec<_> = plugin.functions().iter().map(|function| &function.name).collect();
    assert_eq!(names, ["run", "seven"]);
    let outcome = Call::to("run").run(&sandbox, &plugin).await;
    assert_eq!(failure(&outcome.verdict), "exit code 1");
    let outcome = Call::to("seven").run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict, Verdict::Succeeded { output: Some("7".to_owned()) });
    let [other] = plugin.uncallable() else { panic!("{:?}", plugin.uncallable()) };
    assert_eq!(other.name, "run");
    assert!(other.reason.contains("the program as a whole"), "{}", other.reason);
}
