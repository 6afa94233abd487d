//! `horarium run`: every way in which an attempt can end is told apart.

use e2e::{Workspace, serving::signal_once_it_says};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Runs a function of `unruly` that does not succeed.
#[track_caller]
fn fails(function: &str, args: Value, more: &[&str]) -> Value {
    Workspace::bare().unruly(function, &args, more).failed().json()
}

#[track_caller]
fn error(outcome: &Value) -> &str {
    outcome["error"].as_str().unwrap_or_else(|| panic!("no error in {outcome}"))
}

#[test]
fn a_success_has_its_output_and_what_it_used() {
    let outcome = Workspace::bare().unruly("succeed", &json!(null), &[]).succeeded().json();
    assert_eq!(outcome["verdict"], "succeeded");
    assert_eq!(outcome["output"], "done");
    assert_eq!(outcome["error"], Value::Null);
    assert!(outcome["fuel"].as_u64().unwrap() > 0, "{outcome}");
    assert!(outcome["peak_memory"].as_u64().unwrap() >= 64 << 10, "{outcome}");
    assert!(outcome["wall_us"].as_u64().unwrap() > 0, "{outcome}");
    assert_eq!(outcome["plugin"].as_str().unwrap().len(), 64);
}

#[test]
fn people_see_the_output_alone_on_standard_output() {
    let workspace = Workspace::new("");
    let ran = workspace
        .run(&["run", "--plugin", "plugins/unruly.wasm", "-f", "succeed"])
        .succeeded()
        .says(&["succeeded in", "fuel", "memory"]);
    assert_eq!(ran.stdout, "\"done\"\n");
}

#[test]
fn a_guest_is_told_all_about_its_run() {
    let args = json!({ "numbers": [1, 2.5, null], "text": "ünïcödé" });
    let output = Workspace::bare().unruly("echo", &args, &[]).succeeded().json()["output"].clone();
    assert_eq!(output["args"], args);
    assert_eq!(output["function"], "echo");
    assert_eq!(output["trigger"], "manual");
    assert_eq!((&output["attempt"], &output["max_attempts"]), (&json!(1), &json!(1)));
    assert!(output["deadline"].as_u64() > output["scheduled_for"].as_u64(), "{output}");
}

#[test]
fn a_failure_speaks_for_itself() {
    for kind in ["retry", "retry_after", "permanent"] {
        let outcome = fails("fail", json!({ "kind": kind, "message": "no ink" }), &[]);
        assert_eq!(outcome["verdict"], "failed");
        assert_eq!(error(&outcome), "no ink");
    }
}

#[test]
fn a_guest_asleep_is_timed_out() {
    let outcome = fails("sleep", json!({ "ms": 3_600_000 }), &["--timeout", "300ms"]);
    assert_eq!(outcome["verdict"], "timed_out");
    assert_eq!(error(&outcome), "not done after 300ms");
    assert!(outcome["wall_us"].as_u64().unwrap() >= 300_000, "{outcome}");
}

#[test]
fn a_guest_that_spins_is_timed_out_as_well() {
    let outcome = fails("spin", json!(null), &["--timeout", "300ms", "--fuel", "unlimited"]);
    assert_eq!(outcome["verdict"], "timed_out");
    assert_eq!(outcome["fuel"], Value::Null, "what is unlimited is not counted");
}

#[test]
fn a_guest_that_spins_runs_out_of_fuel() {
    let outcome = fails("spin", json!(null), &["--fuel", "10_000_000"]);
    assert_eq!(outcome["verdict"], "out_of_fuel");
    assert_eq!(error(&outcome), "used up its fuel of 10000000");
    assert_eq!(outcome["fuel"], 10_000_000);
}

#[test]
fn a_guest_that_hoards_runs_out_of_memory() {
    let outcome = fails("grow", json!(null), &["--memory", "16MiB"]);
    assert_eq!(outcome["verdict"], "out_of_memory");
    assert!(error(&outcome).ends_with("bytes of memory where the limit is 16777216"), "{outcome}");
    assert!(outcome["peak_memory"].as_u64().unwrap() <= 16 << 20, "{outcome}");
}

#[test]
fn a_guest_that_takes_no_for_an_answer_succeeds() {
    let workspace = Workspace::bare();
    let outcome = workspace.unruly("grow_politely", &json!(null), &["--memory", "16MiB"]);
    let got = outcome.succeeded().json()["output"].as_u64().unwrap();
    assert!((8..16).contains(&got), "{got} MiB of 16");
}

#[test]
fn a_panic_is_a_trap_with_its_text_its_place_and_its_frames() {
    let outcome = fails("panic", json!({ "message": "the ledger is gone" }), &[]);
    assert_eq!(outcome["verdict"], "trapped");
    assert!(error(&outcome).starts_with("panicked at tests/guests/unruly/src/ending.rs:"));
    assert!(error(&outcome).ends_with(": the ledger is gone"), "{outcome}");
    assert_eq!(outcome["backtrace"][0], "guest_unruly::ending::give_up");
}

#[test]
fn a_stack_that_overflows_is_a_trap_with_the_frames_that_did_it() {
    let outcome = fails("recurse", json!(null), &[]);
    assert_eq!(outcome["verdict"], "trapped");
    assert!(error(&outcome).contains("call stack exhausted"), "{outcome}");
    let frames = outcome["backtrace"].as_array().unwrap();
    assert!(frames.len() <= 32, "{outcome}");
    assert!(frames.iter().any(|frame| frame == "guest_unruly::computing::deeper"), "{outcome}");
}

#[test]
fn an_exit_is_no_way_to_return() {
    for code in [0, 1, 77] {
        let outcome = fails("exit", json!({ "code": code }), &[]);
        assert_eq!(outcome["verdict"], "failed");
        assert!(error(&outcome).contains("instead of returning"), "{outcome}");
    }
}

#[test]
fn an_output_beyond_its_limit_is_a_failure() {
    let outcome = fails("output", json!({ "bytes": 3 << 19 }), &[]);
    assert_eq!(outcome["verdict"], "failed");
    assert_eq!(error(&outcome), "its output has 1572866 bytes where the limit is 1048576");
    // Far beyond, it does not even get out of the guest.
    let far = fails("output", json!({ "bytes": 8 << 20 }), &[]);
    assert_eq!(far["verdict"], "failed");
    assert!(error(&far).contains("too much data"), "{far}");
    let fits = json!({ "bytes": (1 << 20) - 2 });
    let fits = Workspace::bare().unruly("output", &fits, &[]).succeeded().json();
    assert_eq!(fits["output"].as_str().unwrap().len(), (1 << 20) - 2);
}

#[test]
fn an_interrupt_cancels() {
    let workspace = Workspace::new("");
    let args = r#"{ "path": "/never" }"#;
    let line = ["run", "--json", "--plugin", "plugins/unruly.wasm", "-f", "wait", "--args", args];
    let guest = workspace.start(&line);
    let outcome = signal_once_it_says(guest, "waiting", Signal::INT).failed().json();
    assert_eq!(outcome["verdict"], "cancelled");
}
