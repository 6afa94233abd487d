//! Arguments from an operator, on their way into an exported function and out again.

use std::{
    future,
    sync::{Arc, LazyLock},
    time::Duration,
};

use horarium_core::{
    attempt::{Observer, Progress},
    executor::{Invocation, NoState, StopReason, Unkept},
    function::TaskFunction,
    instance::InstancePolicy,
    limits::Limits,
    log::LogLine,
    rules::Rules,
    run::Trigger,
    schedule::Schedule,
    task::TaskSpec,
    verdict::{Verdict, VerdictKind},
};
use horarium_sandbox::Plugin;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::host::HOST;

static ECHO: LazyLock<Plugin> = LazyLock::new(|| {
    let wasm = wat::parse_str(include_str!("echo.wat")).expect("a component");
    HOST.block_on(HOST.sandbox.load_bytes(wasm)).expect("a plugin")
});

/// A value of the type that the function in `echo.wat` takes, JSON. Either it is
/// refused with the configuration, or it comes back, and once more the same.
pub fn call(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let function = &ECHO.functions()[0];
    let arguments = json!({ "it": value });
    let fits = horarium::fuzzing::fits(function, &arguments);
    match echoed(function, &arguments) {
        Verdict::Succeeded { output: Some(output) } => {
            assert!(fits, "{arguments} is refused, and taken all the same");
            let returned = json!({ "it": read(&output) });
            match echoed(function, &returned) {
                Verdict::Succeeded { output: Some(again) } => {
                    assert_eq!(read(&again), read(&output));
                }
                other => panic!("{returned} came back from {arguments}, and ends as {other:?}"),
            }
        }
        Verdict::Failed(failure) => {
            assert!(!fits, "{arguments} is accepted, and does not fit: {}", failure.message);
            let controls = failure.message.contains(horarium::fuzzing::is_escape);
            assert!(!controls, "{:?} reaches a terminal", failure.message);
        }
        // Such as memory, which is a limit and no matter of types.
        other => assert_ne!(other.kind(), VerdictKind::Trapped, "{arguments} ends as {other:?}"),
    }
}

fn read(output: &str) -> Value {
    serde_json::from_str(output).expect("an output is JSON")
}

fn echoed(function: &TaskFunction, arguments: &Value) -> Verdict {
    let spec = TaskSpec {
        name: "echo".parse().expect("a name"),
        plugin: "echo".parse().expect("a name"),
        function: function.name.as_str().into(),
        args: arguments.to_string().into(),
        schedule: Schedule::Continuous { pause: Duration::ZERO },
        rules: Rules::default(),
        limits: Limits::DEFAULT,
        instance: InstancePolicy::Fresh,
        grants: Arc::default(),
    };
    let invocation = Invocation {
        state: Arc::new(NoState),
        checkpoints: Arc::new(Unkept::default()),
        spec: Arc::new(spec),
        run_key: "fuzzed-1".to_owned(),
        attempt: 1,
        trigger: Trigger::Manual,
        scheduled_for: Timestamp::UNIX_EPOCH,
        within: None,
        observer: Arc::new(Nobody),
        stop: Box::pin(future::pending::<StopReason>()),
    };
    HOST.block_on(HOST.sandbox.run(&ECHO, invocation)).verdict
}

struct Nobody;

impl Observer for Nobody {
    fn log(&self, _line: LogLine) {}

    fn progress(&self, _progress: Progress) {}
}
