//! What a guest says has no secrets in it, wherever it says so.

use horarium_core::{
    grants::{Environment, Grants, Origin, Secret, Variable, Visibility},
    verdict::Verdict,
};
use serde_json::json;

use crate::support::{Call, Heard, loaded, prober};

const TOKEN: &str = "hunter2\"{hunter}";
const KEY: &str = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n";

fn grants(visibility: Visibility) -> Grants {
    let variable = |name: &str, value: &str| Variable {
        name: name.to_owned(),
        value: Secret::new(value),
        origin: Origin::HostEnv { name: name.to_owned(), visibility },
    };
    let env = Environment::new(vec![variable("TOKEN", TOKEN), variable("KEY", KEY)]);
    Grants { env, ..Grants::default() }
}

/// Everything that came out of an attempt.
fn everything(heard: &Heard, outcome: &horarium_core::attempt::Outcome) -> String {
    let lines = heard.lines();
    let progress = heard.progress.lock().unwrap();
    format!("{lines:?}\n{progress:?}\n{outcome:?}")
}

/// Parts of the secrets that nothing else has.
const PARTS: [&str; 5] = ["hunter", "MIIEvQ", "QIBADAN", "kqhkiG", "w0BAQ"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_nowhere() {
    let (sandbox, plugin) = prober().await;
    for name in ["TOKEN", "KEY"] {
        for (end, kind) in [("output", "succeeded"), ("failure", "failed"), ("panic", "trapped")] {
            let call = Call::to("leak")
                .with(json!({ "name": name, "end": end }))
                .granted(grants(Visibility::Secret));
            let heard = call.heard.clone();
            let outcome = call.run(&sandbox, &plugin).await;
            assert_eq!(outcome.verdict.kind().as_str(), kind, "{outcome:?}");
            let everything = everything(&heard, &outcome);
            for part in PARTS {
                assert!(!everything.contains(part), "{end}: {part} is in {everything}");
            }
            let marker = format!("[redacted {name}]");
            assert!(everything.matches(&marker).count() >= 6, "{everything}");
        }
    }
}

#[tokio::test]
async fn the_last_words_of_a_program_have_no_secrets() {
    let (sandbox, plugin) = loaded("program").await;
    // Where it is cut, and where it is not.
    for blanks in ["", &" ".repeat(990)] {
        let words = json!([format!("{blanks}{TOKEN}")]);
        let call = Call::to("run").with(words).granted(grants(Visibility::Secret));
        let heard = call.heard.clone();
        let outcome = call.run(&sandbox, &plugin).await;
        let Verdict::Failed(failure) = &outcome.verdict else { panic!("{outcome:?}") };
        assert!(failure.message.contains("I don't know how to"), "{failure:?}");
        let everything = everything(&heard, &outcome);
        assert!(!everything.contains("hunter") && everything.contains("[redacted"), "{everything}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_stays_json() {
    let (sandbox, plugin) = prober().await;
    let call =
        Call::to("leak").with(json!({ "name": "TOKEN" })).granted(grants(Visibility::Secret));
    let outcome = call.run(&sandbox, &plugin).await;
    assert_eq!(
        crate::support::output(&outcome),
        json!({
            "value": "[redacted TOKEN]",
            "nested": [null, "[[redacted TOKEN]]"],
            "by_value": { "[redacted TOKEN]": 1 },
            "length": TOKEN.len(),
        }),
        "the guest itself has it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_secret_is_shown() {
    let (sandbox, plugin) = prober().await;
    let call = Call::to("leak").with(json!({ "name": "TOKEN" })).granted(grants(Visibility::Plain));
    let heard = call.heard.clone();
    let outcome = call.run(&sandbox, &plugin).await;
    assert_eq!(crate::support::output(&outcome)["value"], TOKEN);
    assert!(heard.lines().iter().any(|line| line.message == format!("out {TOKEN}")));
}
