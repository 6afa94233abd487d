//! Unlimited fuel: the other engine, and the code for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use horarium_core::{
    attempt::Outcome,
    executor::StopReason,
    limits::{Fuel, Limits},
    verdict::{FailureKind, Verdict},
};
use horarium_sandbox::{Compiler, Plugin, Sandbox, SandboxConfig};
use tokio::sync::oneshot;

use crate::support::{Call, endless, guest, sandbox, sandbox_with, shell};

const UNLIMITED: Limits = Limits { fuel: Fuel::Unlimited, ..Limits::DEFAULT };

async fn noop(sandbox: &Sandbox, plugin: &Plugin) -> Outcome {
    Call::to("noop").within(UNLIMITED).run(sandbox, plugin).await
}

fn succeeded(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Succeeded { .. })
}

fn failure(outcome: &Outcome) -> (FailureKind, &str) {
    match &outcome.verdict {
        Verdict::Failed(failure) => (failure.kind, &failure.message),
        other => panic!("not a failure: {other:?}"),
    }
}

/// A sandbox with a cache that knows `noop`, but only for limited fuel.
async fn half_known(cache: &Path, compiler: Compiler) -> (Sandbox, Plugin) {
    sandbox_with(Compiler::InProcess, Some(cache)).load_bytes(guest("noop")).await.unwrap();
    let sandbox = sandbox_with(compiler, Some(cache));
    let plugin = sandbox.load_bytes(guest("noop")).await.unwrap();
    (sandbox, plugin)
}

/// The files in a cache with this ending.
fn entries(cache: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
}

#[tokio::test]
async fn what_is_unlimited_is_not_counted() {
    let sandbox = sandbox();
    let plugin = sandbox.load_bytes(guest("noop")).await.unwrap();
    let outcome = noop(&sandbox, &plugin).await;
    assert!(succeeded(&outcome), "{outcome:?}");
    assert_eq!(outcome.usage.fuel, None);
    assert!(outcome.usage.peak_memory > 0);
    // And what is limited is counted as before.
    let outcome = Call::to("noop").run(&sandbox, &plugin).await;
    assert!(succeeded(&outcome) && outcome.usage.fuel.is_some_and(|fuel| fuel > 0), "{outcome:?}");
}

#[tokio::test]
async fn code_for_it_is_made_on_first_need_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let (sandbox, plugin) = half_known(&cache, Compiler::InProcess).await;
    assert_eq!(entries(&cache, "-unmetered.cwasm").len(), 0);
    assert!(succeeded(&noop(&sandbox, &plugin).await));
    assert_eq!(entries(&cache, "-unmetered.cwasm").len(), 1);
    // The next start compiles nothing.
    let sandbox = sandbox_with(shell("exit 1"), Some(&cache));
    let plugin = sandbox.load_bytes(guest("noop")).await.unwrap();
    assert!(succeeded(&noop(&sandbox, &plugin).await));
}

#[tokio::test]
async fn who_wants_it_at_once_shares_one_compilation() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let script =
        format!("echo x >>{}; echo '{{\"invalid\":{{\"reason\":\"no\"}}}}'", log.display());
    let (sandbox, plugin) = half_known(&dir.path().join("cache"), shell(script)).await;
    let outcomes =
        tokio::join!(noop(&sandbox, &plugin), noop(&sandbox, &plugin), noop(&sandbox, &plugin));
    for outcome in [outcomes.0, outcomes.1, outcomes.2, noop(&sandbox, &plugin).await] {
        let (kind, message) = failure(&outcome);
        assert!(message.contains("unlimited fuel: not a valid component: no"), "{message}");
        assert_eq!(kind, FailureKind::Permanent);
        assert_eq!(outcome.plugin, Some(plugin.digest()));
    }
    assert_eq!(fs::read_to_string(log).unwrap(), "x\n", "compiled once, by whoever came first");
}

#[tokio::test]
async fn a_compiler_that_broke_down_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let script = format!("echo x >>{}; kill -KILL $$", log.display());
    let (sandbox, plugin) = half_known(&dir.path().join("cache"), shell(script)).await;
    for _ in 0..2 {
        let outcome = noop(&sandbox, &plugin).await;
        let (kind, message) = failure(&outcome);
        assert!(message.ends_with("the compiler was ended by signal 9"), "{message}");
        assert_eq!(kind, FailureKind::Retry);
    }
    assert_eq!(fs::read_to_string(log).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn a_stop_ends_the_wait_for_the_compiler() {
    let dir = tempfile::tempdir().unwrap();
    let (sandbox, plugin) = half_known(&dir.path().join("cache"), endless()).await;
    let (stop, stopped) = oneshot::channel();
    let mut call = Call::to("noop").within(UNLIMITED);
    call.stop = Box::pin(async { stopped.await.unwrap() });
    let (outcome, ()) = tokio::join!(call.run(&sandbox, &plugin), async {
        stop.send(StopReason::Cancel).unwrap();
    });
    assert_eq!(outcome.verdict, Verdict::Cancelled);
}

#[tokio::test]
async fn it_is_compiled_from_the_very_bytes_that_were_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let file = dir.path().join("noop.wasm");
    fs::write(&file, guest("noop")).unwrap();
    let load = async || {
        let sandbox = sandbox_with(Compiler::InProcess, Some(&cache));
        let plugin = sandbox.load_file(&file).await.unwrap();
        (sandbox, plugin)
    };
    let (sandbox, plugin) = load().await;
    let copy = entries(&cache, ".wasm").remove(0);
    // Without its copy, the file will do: it is what it was.
    fs::remove_file(&copy).unwrap();
    assert!(succeeded(&noop(&sandbox, &plugin).await));

    for entry in entries(&cache, "-unmetered.cwasm") {
        fs::remove_file(entry).unwrap();
    }
    let (sandbox, plugin) = load().await;
    fs::write(&file, guest("unruly")).unwrap();
    let kept = fs::read(&copy).unwrap();
    fs::write(&copy, guest("unruly")).unwrap();
    let outcome = noop(&sandbox, &plugin).await;
    assert!(failure(&outcome).1.contains("its file has changed"), "{outcome:?}");
    fs::write(&copy, kept).unwrap();
    assert!(succeeded(&noop(&sandbox, &plugin).await), "it is there again");
}

#[tokio::test]
async fn more_attempts_than_any_address_space_holds_are_allocated_one_by_one() {
    let config = SandboxConfig { capacity: 100_000, ..SandboxConfig::default() };
    let sandbox = Sandbox::new(&config, Compiler::InProcess, None).unwrap();
    let plugin = sandbox.load_bytes(guest("unruly")).await.unwrap();
    for limits in [Limits::DEFAULT, UNLIMITED] {
        let outcome = Call::to("succeed").within(limits).run(&sandbox, &plugin).await;
        assert!(succeeded(&outcome), "{outcome:?}");
        // The memory limit holds without a pool as well.
        let outcome = Call::to("grow").within(limits).run(&sandbox, &plugin).await;
        assert!(matches!(outcome.verdict, Verdict::OutOfMemory { .. }), "{outcome:?}");
    }
}
