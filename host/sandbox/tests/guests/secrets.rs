//! What a guest says has no secrets in it, wherever it says so.

use horarium_core::{
    grants::{Environment, Grants, Origin, Secret, Variable, Visibility},
    limits::Limits,
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

#[tokio::test]
async fn an_error_of_any_type_has_no_secrets() {
    let (sandbox, plugin) = loaded("exports").await;
    // Where it is cut, for the bytes around the longest message, and where it is not.
    for length in [0, 8_160, 8_170, 8_180, 8_190] {
        for (function, args) in [
            ("ends.fail-with", json!({ "message": format!("{}{TOKEN}", "x".repeat(length)) })),
            ("ends.complain", json!({ "words": ["x".repeat(length), TOKEN, TOKEN] })),
        ] {
            let function = format!("test:exports/{function}");
            let call = Call::to(&function).with(args).granted(grants(Visibility::Secret));
            let outcome = call.run(&sandbox, &plugin).await;
            let Verdict::Failed(failure) = &outcome.verdict else { panic!("{outcome:?}") };
            assert!(!failure.message.contains("hunter"), "{failure:?}");
            assert!(length > 0 || failure.message.contains("[redacted TOKEN]"), "{failure:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_looked_up_has_no_secrets() {
    let (sandbox, plugin) = prober().await;
    // Names are the same in any case; secrets are not.
    let variable = Variable {
        name: "TOKEN".to_owned(),
        value: Secret::new("HunterTwo"),
        origin: Origin::HostEnv { name: "TOKEN".to_owned(), visibility: Visibility::Secret },
    };
    let grants = Grants { env: Environment::new(vec![variable]), ..Grants::default() };
    let call = Call::to("resolve").with(json!({ "addr": "HunterTwo.example:80" })).granted(grants);
    let heard = call.heard.clone();
    call.run(&sandbox, &plugin).await;
    let lines = heard.lines();
    let told = lines.iter().any(|line| line.message.contains("[redacted TOKEN].example"));
    assert!(told, "{lines:?}");
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
async fn what_stands_for_a_secret_counts_as_output() {
    let (sandbox, plugin) = prober().await;
    let variable = Variable {
        name: "TOKEN".to_owned(),
        value: Secret::new("hunter"),
        origin: Origin::HostEnv { name: "TOKEN".to_owned(), visibility: Visibility::Secret },
    };
    let env = Environment::new(vec![variable]);
    // Enough for the secret, and too little for what is shown in its place.
    let limits = Limits { output: 90, ..Limits::DEFAULT };
    let call = Call::to("leak").with(json!({ "name": "TOKEN" })).within(limits);
    let outcome = call.granted(Grants { env, ..Grants::default() }).run(&sandbox, &plugin).await;
    let Verdict::Failed(failure) = &outcome.verdict else { panic!("{outcome:?}") };
    assert!(failure.message.contains("where the limit is 90"), "{failure:?}");
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
