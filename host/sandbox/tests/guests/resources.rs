//! Resources: made out of arguments, dropped when the call is over.

use horarium_core::{limits::Limits, verdict::Verdict};
use serde_json::{Value, json};

use crate::support::{Call, loaded};

async fn call(guest: &str, function: &str, args: Value) -> (Verdict, Vec<String>) {
    let (sandbox, plugin) = loaded(guest).await;
    let call = Call::to(function).with(args).within(Limits::DEFAULT);
    let heard = call.heard.clone();
    let outcome = call.run(&sandbox, &plugin).await;
    (outcome.verdict, heard.messages())
}

fn succeeded(output: &Value) -> Verdict {
    Verdict::Succeeded { output: Some(output.to_string()) }
}

fn entry(account: &str, amount: i64) -> Value {
    json!({ "day": { "year": 2026, "month": 11, "day": 21 }, "account": account, "amount": amount })
}

fn bolts(lengths: &[u32]) -> Value {
    lengths.iter().map(|length| json!({ "length": length })).collect()
}

#[tokio::test]
async fn a_method_is_called_on_what_its_constructor_made() {
    let entries = json!([entry("rent", -70), entry("wages", 100)]);
    let args = json!({ "self": { "entries": entries } });
    let (verdict, said) = call("reports", "acme:reports/types.ledger.balance", args).await;
    assert_eq!(verdict, succeeded(&json!(30)));
    assert_eq!(said, ["a ledger of 2 was put away"], "dropped, once");
}

#[tokio::test]
async fn records_variants_lists_options_and_flags_meet_in_one_signature() {
    let args = json!({
        "ledger": { "entries": [entry("rent", 70), entry("wages", 100), entry("rent", 5)] },
        "period": { "between": [
            { "year": 2026, "month": 1, "day": 1 }, { "year": 2026, "month": 12, "day": 31 },
        ] },
        "order": "amount",
        "columns": ["total", "count"],
    });
    let (verdict, said) = call("reports", "acme:reports/daily.rebuild", args.clone()).await;
    let line = |account: &str, count: u32, total: i64| {
        format!(r#"{{"account":"{account}","count":{count},"total":{total},"largest":null}}"#)
    };
    let output = format!("[{},{}]", line("rent", 2, 75), line("wages", 1, 100));
    assert_eq!(verdict, Verdict::Succeeded { output: Some(output) });
    assert_eq!(said, ["a ledger of 3 was put away"]);

    let mut since = args.clone();
    since["period"] = json!({ "since": { "year": 2026, "month": 2, "day": 29 } });
    let (verdict, _) = call("reports", "acme:reports/daily.rebuild", since).await;
    let problem = r#"{"no-such-day":{"year":2026,"month":2,"day":29}}"#;
    assert_eq!(verdict, Verdict::failed(problem));

    let mut empty = args;
    empty["ledger"]["entries"] = json!([]);
    empty["order"] = json!(null);
    let (verdict, _) = call("reports", "acme:reports/daily.rebuild", empty).await;
    assert_eq!(verdict, Verdict::failed("\"empty\""));
}

#[tokio::test]
async fn what_is_given_away_is_the_functions_to_drop() {
    let args = |amount| json!({ "ledger": { "entries": [entry("rent", amount)] } });
    let (verdict, said) = call("reports", "acme:reports/daily.close", args(0)).await;
    assert_eq!(verdict, Verdict::Succeeded { output: None });
    assert_eq!(said, ["a ledger of 1 was put away"]);
    let (verdict, _) = call("reports", "acme:reports/daily.close", args(5)).await;
    assert_eq!(verdict, Verdict::failed("5 cents are left"));
}

#[tokio::test]
async fn a_resource_can_not_leave_and_is_dropped() {
    let ledger = json!({ "resource": "ledger" });
    let (verdict, said) = call("reports", "acme:reports/daily.blank", Value::Null).await;
    assert_eq!(verdict, succeeded(&ledger));
    assert_eq!(said, ["a ledger of 0 was put away"]);
    // One is given away, one is lent, one is returned.
    let made = json!({ "entries": [entry("rent", 1)] });
    let args = json!({ "first": made, "second": made });
    let (verdict, mut said) = call("reports", "acme:reports/types.ledger.merged", args).await;
    assert_eq!(verdict, succeeded(&ledger));
    said.sort();
    let put_away = |count| format!("a ledger of {count} was put away");
    assert_eq!(said, [put_away(1), put_away(1), put_away(2)]);
    // And by itself.
    let args = json!({ "entries": [entry("rent", 1)] });
    let (verdict, said) = call("reports", "acme:reports/types.ledger", args).await;
    assert_eq!((verdict, said), (succeeded(&ledger), vec![put_away(1)]));
}

#[tokio::test]
async fn resources_are_made_of_resources() {
    let frame = json!({ "bolts": bolts(&[1, 2]), "spare": { "length": 4 } });
    let args = json!({ "self": frame, "per-bolt": 0.5 });
    let (verdict, mut said) = call("exports", "test:exports/parts.frame.weight", args).await;
    assert_eq!(verdict, Verdict::Succeeded { output: Some("3.5".to_owned()) });
    said.sort();
    assert_eq!(said, ["dropped a bolt of 1", "dropped a bolt of 2", "dropped a bolt of 4"]);

    let args = json!({ "frame": { "bolts": bolts(&[3, 5]) } });
    let (verdict, mut said) = call("exports", "test:exports/parts.frame.bolts", args).await;
    assert_eq!(verdict, succeeded(&json!([{ "resource": "bolt" }, { "resource": "bolt" }])));
    said.sort();
    assert_eq!(said, ["dropped a bolt of 3", "dropped a bolt of 5"]);
}

#[tokio::test]
async fn a_constructor_that_refuses_is_a_failure() {
    let args = json!({ "self": { "bolts": bolts(&[1, 0]) }, "per-bolt": 1 });
    let (verdict, _) = call("exports", "test:exports/parts.frame.weight", args).await;
    assert_eq!(verdict, Verdict::failed("no `bolt` could be made: a bolt of no length"));
}

#[tokio::test]
async fn nothing_is_made_before_everything_fits() {
    let args = json!({ "self": { "bolts": [{ "length": 1 }, { "length": -1 }] }, "per-bolt": 1 });
    let (verdict, said) = call("exports", "test:exports/parts.frame.weight", args).await;
    let Verdict::Failed(failure) = verdict else { panic!("{verdict:?}") };
    assert!(failure.message.contains("at /self/bolts/1/length: "), "{}", failure.message);
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test]
async fn a_trap_in_a_destructor_is_a_trap() {
    let (verdict, said) = call("exports", "test:exports/parts.arm", json!({ "bomb": {} })).await;
    assert!(matches!(verdict, Verdict::Trapped(_)), "{verdict:?}");
    assert!(said.iter().any(|line| line == "bang"), "{said:?}");
}

#[tokio::test]
async fn what_nobody_can_make_nobody_can_give() {
    let (_, plugin) = loaded("exports").await;
    let reasons: Vec<_> = plugin
        .uncallable()
        .iter()
        .map(|other| (other.name.rsplit('/').next().unwrap(), other.reason.as_str()))
        .collect();
    let circle = "it takes the resource `ouroboros`, whose constructor takes one itself";
    let orphan = "it takes the resource `orphan`, which this component has no constructor for";
    assert_eq!(
        reasons,
        [
            ("unspeakable.ouroboros", circle),
            ("unspeakable.adopt", orphan),
            ("unspeakable.bite", circle),
        ]
    );
    assert!(plugin.function("test:exports/unspeakable.abandon").is_some(), "it gives one");
}
