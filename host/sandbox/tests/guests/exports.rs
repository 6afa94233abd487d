//! Functions of components that know nothing of tasks, called by their types.

use horarium_core::{
    limits::{Fuel, Limits},
    verdict::{Failure, FailureKind, Verdict},
};
use horarium_sandbox::LoadError;
use serde_json::{Value, json};

use crate::support::{Call, loaded, sandbox, written};

async fn verdict(function: &str, args: Value, limits: Limits) -> Verdict {
    let (sandbox, plugin) = loaded("exports").await;
    Call::to(function).with(args).within(limits).run(&sandbox, &plugin).await.verdict
}

#[track_caller]
fn output(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Succeeded { output: Some(output) } => serde_json::from_str(&output).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_type_goes_there_and_back() {
    let (sandbox, plugin) = loaded("exports").await;
    let echoed = async |function: &str, value: &Value| {
        let call = Call::to(function).with(json!({ "it": value }));
        assert_eq!(&output(call.run(&sandbox, &plugin).await.verdict), value, "{function}");
    };
    let least = json!({
        "tiny": i8::MIN, "byte": 0, "short": i16::MIN, "word": 0, "int": i32::MIN, "id": 0,
        "long": i64::MIN, "wide": 0, "single": -0.5, "double": f64::MIN_POSITIVE,
    });
    let most = json!({
        "tiny": i8::MAX, "byte": u8::MAX, "short": i16::MAX, "word": u16::MAX, "int": i32::MAX,
        "id": u32::MAX, "long": i64::MAX, "wide": u64::MAX, "single": 0.1, "double": 0.1,
    });
    let odd = json!({
        "tiny": 0, "byte": 0, "short": 0, "word": 0, "int": 0, "id": 0, "long": 0, "wide": 0,
        "single": "-inf", "double": "nan",
    });
    for numbers in [least, most, odd] {
        echoed("test:exports/echo.numbers", &numbers).await;
    }
    let texts =
        json!({ "one": "é", "many": "a\0\u{202e}\"漢", "bytes": [0, 255], "pair": ["", true] });
    echoed("test:exports/echo.texts", &texts).await;
    for letters in [json!([]), json!(["b-c"]), json!(["a", "b-c", "d"])] {
        echoed("test:exports/echo.some-of", &letters).await;
    }
    echoed("test:exports/echo.one-of", &json!("dark-blue")).await;
    for figure in [
        json!("none"),
        json!({ "dot": 1.5 }),
        json!({ "line": [0.0, -1.25] }),
        json!({ "nested": null }),
        json!({ "nested": { "some": null } }),
        json!({ "nested": { "some": 7 } }),
    ] {
        echoed("test:exports/echo.either", &figure).await;
    }
    let some = |value: Value| json!({ "some": value });
    for maybe in [json!(null), some(json!(null)), some(some(json!(null))), some(some(json!("x")))] {
        echoed("test:exports/echo.maybe", &maybe).await;
    }
    echoed("test:exports/echo.inner", &json!([{ "ok": 1 }, { "err": "no" }])).await;
    let bare = verdict("test:exports/echo.bare", json!({ "it": "err" }), Limits::DEFAULT).await;
    assert_eq!(output(bare), json!(["err"]), "a result within another value is a value");
    let sum = verdict("add", json!({ "a": u32::MAX, "b": 1 }), Limits::DEFAULT).await;
    assert_eq!(output(sum), json!(1_u64 << 32), "a function without interface");
}

#[tokio::test]
async fn a_result_is_a_verdict() {
    let none = Verdict::Succeeded { output: None };
    let failed = Verdict::failed;
    for (function, args, expected) in [
        ("succeed", Value::Null, none.clone()),
        ("nothing", json!({}), none),
        ("none", Value::Null, Verdict::Succeeded { output: Some("null".to_owned()) }),
        ("fail", Value::Null, failed("it returned an error")),
        ("fail-with", json!({ "message": "no \u{1b}ink" }), failed("no \\u{1b}ink")),
        ("error", json!({ "length": 1 }), failed("[\"\\u001b[31mno\\n\"]")),
    ] {
        let function = format!("test:exports/ends.{function}");
        assert_eq!(verdict(&function, args, Limits::DEFAULT).await, expected, "{function}");
    }
}

#[tokio::test]
async fn functions_have_limits_like_tasks() {
    let limits = Limits { fuel: Fuel::Limited(1_000_000), ..Limits::DEFAULT };
    let spun = verdict("test:exports/ends.spin", Value::Null, limits).await;
    assert_eq!(spun, Verdict::OutOfFuel { limit: 1_000_000 });
    let panicked = verdict("test:exports/ends.panic", Value::Null, Limits::DEFAULT).await;
    assert!(matches!(panicked, Verdict::Trapped(_)), "{panicked:?}");
    for code in [0, 1] {
        let args = json!({ "code": code });
        let exited = verdict("test:exports/ends.exit", args, Limits::DEFAULT).await;
        let Verdict::Failed(failure) = exited else { panic!("{exited:?}") };
        assert!(failure.message.contains("instead of returning"), "{}", failure.message);
    }
}

#[tokio::test]
async fn output_is_bounded_in_json_and_before_that() {
    let limits = Limits { output: 1_000, ..Limits::DEFAULT };
    let fits = verdict("test:exports/ends.text", json!({ "length": 998 }), limits).await;
    assert_eq!(output(fits).as_str().unwrap().len(), 998);
    for (function, args) in
        [("text", json!({ "length": 999 })), ("bytes", json!({ "count": 1_000 }))]
    {
        let over = verdict(&format!("test:exports/ends.{function}"), args, limits).await;
        let Verdict::Failed(Failure { kind, message }) = over else { panic!("{over:?}") };
        assert_eq!(kind, FailureKind::Permanent);
        assert_eq!(message, "its output is longer than its limit of 1000 bytes");
    }
    // So much that the host does not even take it.
    let far = verdict("test:exports/ends.bytes", json!({ "count": 1 << 20 }), limits).await;
    let Verdict::Failed(Failure { kind, message }) = far else { panic!("{far:?}") };
    assert_eq!(kind, FailureKind::Permanent);
    assert!(message.contains("can't be taken"), "{message}");
}

#[tokio::test]
async fn an_error_of_any_length_has_a_bounded_message() {
    let args = json!({ "length": 10_000 });
    let failed = verdict("test:exports/ends.error", args, Limits::DEFAULT).await;
    let Verdict::Failed(failure) = failed else { panic!("{failed:?}") };
    assert!((8_000..10_000).contains(&failure.message.len()), "{}", failure.message.len());
    assert!(!failure.message.contains('\u{1b}'));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_the_function_is_called() {
    for (args, complaint) in [
        (json!({ "a": -1, "b": 0 }), "at /a: this wants a whole number from 0 to 4294967295"),
        (json!({ "a": 1 }), "`b` is missing"),
        (json!({ "a": 1, "b": 1, "c": 1 }), "there is no `c`"),
        (json!([1, 2]), "arguments are an object"),
        (Value::Null, "`a` is missing"),
    ] {
        let refused = verdict("add", args, Limits::DEFAULT).await;
        let Verdict::Failed(Failure { kind, message }) = refused else { panic!("{refused:?}") };
        assert_eq!(kind, FailureKind::Permanent);
        assert!(message.contains(complaint), "{message}");
    }
}

#[tokio::test]
async fn names_are_with_or_without_version() {
    let (sandbox, plugin) = loaded("reports").await;
    let day = json!({ "day": { "year": 2024, "month": 3, "day": 1 } });
    for name in ["acme:reports/daily@1.2.0.day-before", "acme:reports/daily.day-before"] {
        assert_eq!(plugin.function(name).unwrap().name, "acme:reports/daily@1.2.0.day-before");
        let outcome = Call::to(name).with(day.clone()).run(&sandbox, &plugin).await;
        let before = json!({ "year": 2024, "month": 2, "day": 29 });
        assert_eq!(output(outcome.verdict), before);
    }
    assert!(plugin.function("acme:reports/daily@1.1.0.day-before").is_none());
    let outcome = Call::to("day-before").with(day).run(&sandbox, &plugin).await;
    let missing = Verdict::failed_for_good("it has no task function `day-before`");
    assert_eq!(outcome.verdict, missing);
}

/// Two versions of one interface.
const VERSIONS: &str = r#"(component
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func $f (canon lift (core func $i "f")))
    (instance $one (export "f" (func $f)) (export "only-here" (func $f)))
    (instance $two (export "f" (func $f)))
    (export "acme:a/b@1.0.0" (instance $one))
    (export "acme:a/b@2.0.0" (instance $two)))"#;

#[tokio::test]
async fn a_name_that_could_mean_two_functions_means_none() {
    let (_, plugin) = written(VERSIONS).await;
    assert!(plugin.function("acme:a/b.f").is_none());
    assert!(plugin.function("acme:a/b@1.0.0.f").is_some());
    assert!(plugin.function("acme:a/b@2.0.0.f").is_some());
    assert!(plugin.function("acme:a/b.only-here").is_some());
}

#[tokio::test]
async fn signatures_say_what_a_function_takes() {
    let (_, plugin) = loaded("reports").await;
    let signature = |name: &str| plugin.function(name).unwrap().summary.clone();
    assert_eq!(signature("version"), "func() -> string");
    assert_eq!(
        signature("acme:reports/daily.day-before"),
        "func(day: record { year: u16, month: u8, day: u8 }) -> option<record { year: u16, month: u8, day: u8 }>"
    );
    assert_eq!(signature("acme:reports/daily.close"), "func(ledger: ledger) -> result<_, string>");
    let merged = signature("acme:reports/types.ledger.merged");
    assert_eq!(merged, "func(first: ledger, second: borrow<ledger>) -> ledger");
}

#[tokio::test]
async fn what_no_json_can_express_has_a_reason() {
    let stream = r#"(component
        (import "wasi:io/streams@0.2.0" (instance $s
            (export "input-stream" (type (sub resource)))))
        (alias export $s "input-stream" (type $in))
        (core module $m (func (export "read") (param i32)) (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "read") (param "input" (borrow $in)) (canon lift (core func $i "read")))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    let (_, plugin) = written(stream).await;
    assert_eq!(plugin.functions().len(), 1);
    let [read] = plugin.uncallable() else { panic!("{:?}", plugin.uncallable()) };
    assert_eq!(read.name, "read");
    assert!(read.reason.contains("resource `wasi:io/streams@0.2.0.input-stream`"), "{read:?}");
    let only = stream.replace(r#"(func (export "f") (canon lift (core func $i "f"))))"#, ")");
    let error = sandbox().load_bytes(wat::parse_str(only).unwrap()).await.unwrap_err();
    assert!(matches!(error, LoadError::NothingToCall(_)), "{error}");
    assert!(error.to_string().contains("not `read`: it takes the resource"), "{error}");
}

/// A record of two records of two records …: 2^`depth` fields when it is written out.
fn doubling(depth: u32) -> String {
    let mut types = "(type $t0 (record (field \"x\" u8)))".to_owned();
    for n in 1..=depth {
        let below = n - 1;
        types.push_str(&format!(
            "(type $r{n} (record (field \"l\" $t{below}) (field \"r\" $t{below})))
             (export $t{n} \"t{n}\" (type $r{n}))"
        ));
    }
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
                (func (export "f") (param i32)) (func (export "g")))
            (core instance $i (instantiate $m))
            {types}
            (func (export "f") (param "it" $t{depth})
                (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
            (func (export "g") (canon lift (core func $i "g"))))"#
    )
    .replace("(type $t0 (record", "(type $r0 (record")
    .replace("(field \"x\" u8)))", "(field \"x\" u8))) (export $t0 \"t0\" (type $r0))")
}

#[tokio::test]
async fn a_type_that_fills_the_world_is_not_written_out() {
    let (_, plugin) = written(&doubling(5)).await;
    assert!(plugin.uncallable().is_empty(), "{:?}", plugin.uncallable());
    let (_, plugin) = written(&doubling(16)).await;
    let [f] = plugin.uncallable() else { panic!("{:?}", plugin.uncallable()) };
    assert_eq!(f.reason, "its type is too long to be checked");
}

#[tokio::test]
async fn more_functions_than_anybody_asks_for_are_refused() {
    let component = |count: usize| {
        let exports: String = (0..count).map(|n| format!("(export \"f{n}\" (func $f))")).collect();
        wat::parse_str(format!(
            r#"(component
                (core module $m (func (export "f")))
                (core instance $i (instantiate $m))
                (func $f (canon lift (core func $i "f")))
                {exports})"#
        ))
        .unwrap()
    };
    assert_eq!(sandbox().load_bytes(component(256)).await.unwrap().functions().len(), 256);
    let error = sandbox().load_bytes(component(257)).await.unwrap_err();
    assert!(matches!(error, LoadError::TooManyExports { limit: 256 }), "{error}");
}
