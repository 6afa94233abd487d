//! Instances that are kept from run to run, for tasks that ask for it.

use std::{
    fs,
    num::NonZeroU32,
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::Duration,
};

use horarium_core::{
    Executor,
    attempt::{Observer, Outcome, Progress},
    executor::{Invocation, StopReason},
    grants::{DirAccess, DirGrant, Grants, Stdin, WriteLimit},
    instance::InstancePolicy,
    limits::{Fuel, Limits},
    log::LogLine,
    task::TaskSpec,
    verdict::{Verdict, VerdictKind},
};
use horarium_sandbox::{Library, LibraryExecutor};
use serde_json::{Value, json};

use crate::support::{Call, Heard, guest, output, sandbox};

/// A host in small: a folder with `keeper`, and something that runs it.
struct Host {
    dir: tempfile::TempDir,
    library: Arc<Library>,
    executor: LibraryExecutor,
}

impl Host {
    async fn new() -> Self {
        Self::with_memory(1 << 30).await
    }

    async fn with_memory(bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let library = Arc::new(Library::new(dir.path(), Arc::new(sandbox())));
        let executor = LibraryExecutor::new(library.clone(), bytes);
        let host = Self { dir, library, executor };
        host.install(&guest("keeper")).await;
        host
    }

    async fn install(&self, plugin: &[u8]) {
        let path = self.dir.path().join("keeper.wasm");
        fs::write(&path, plugin).unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        self.library.scan(|_, _| {}).await.unwrap();
    }

    async fn run(&self, task: &Arc<TaskSpec>) -> Outcome {
        self.observed_by(task, Arc::new(Heard::default())).await
    }

    async fn observed_by(&self, task: &Arc<TaskSpec>, observer: Arc<dyn Observer>) -> Outcome {
        let invocation = Call::to("count").invocation();
        let invocation = Invocation { spec: task.clone(), observer, ..invocation };
        self.executor.execute(invocation).await
    }

    /// What a run counts.
    async fn count(&self, task: &Arc<TaskSpec>) -> Value {
        output(&self.run(task).await)
    }
}

/// A task of `keeper` whose instances are kept for so many runs.
fn task(runs: u32) -> Arc<TaskSpec> {
    with(runs, |_| {})
}

fn with(runs: u32, change: impl FnOnce(&mut TaskSpec)) -> Arc<TaskSpec> {
    let call = Call::to("count").with(json!({})).invocation();
    let mut spec = TaskSpec {
        plugin: "keeper".parse().unwrap(),
        instance: InstancePolicy::Reuse(NonZeroU32::new(runs).unwrap()),
        ..(*call.spec).clone()
    };
    change(&mut spec);
    Arc::new(spec)
}

#[tokio::test]
async fn who_does_not_ask_gets_a_fresh_one_each_time() {
    let host = Host::new().await;
    let task = with(9, |spec| spec.instance = InstancePolicy::Fresh);
    for _ in 0..3 {
        assert_eq!(host.count(&task).await, 1);
    }
}

#[tokio::test]
async fn an_instance_serves_as_many_runs_as_it_was_asked_for() {
    let host = Host::new().await;
    let task = task(3);
    for runs in [1, 2, 3, 1, 2, 3, 1] {
        assert_eq!(host.count(&task).await, runs);
    }
}

#[tokio::test]
async fn whatever_is_no_success_is_an_instances_last_run() {
    let host = Host::new().await;
    let ends = [
        ("Failure", VerdictKind::Failed),
        ("Panic", VerdictKind::Trapped),
        ("Exit", VerdictKind::Failed),
        ("Never", VerdictKind::OutOfFuel),
    ];
    for (end, verdict) in ends {
        let task = with(9, |spec| {
            spec.args = json!({ "end": end }).to_string().into();
            spec.limits.fuel = Fuel::Limited(10_000_000);
        });
        for _ in 0..2 {
            assert_eq!(host.count(&task).await, 1, "after {end}");
            assert_eq!(host.run(&task).await.verdict.kind(), verdict, "{end}");
        }
    }
}

#[tokio::test]
async fn a_guest_that_is_stopped_in_the_host_is_not_kept() {
    let host = Host::new().await;
    let task = task(9);
    assert_eq!(host.count(&task).await, 1);
    let mut invocation = Call::to("count").invocation();
    invocation.spec = task.clone();
    invocation.stop = Box::pin(std::future::ready(StopReason::Cancel));
    assert_eq!(host.executor.execute(invocation).await.verdict, Verdict::Cancelled);
    assert_eq!(host.count(&task).await, 1);
}

#[tokio::test]
async fn nobody_gets_what_another_task_has_left() {
    let host = Host::new().await;
    assert_eq!(host.count(&task(9)).await, 1);
    assert_eq!(host.count(&with(9, |spec| spec.name = "other".parse().unwrap())).await, 1);
    assert_eq!(host.count(&task(9)).await, 2, "an equal task is the same task");
    let changes: [fn(&mut TaskSpec); 4] = [
        |spec| spec.args = json!({ "keep": 1 }).to_string().into(),
        |spec| spec.limits.output += 1,
        |spec| spec.limits.fuel = Fuel::Unlimited,
        |spec| Arc::make_mut(&mut spec.grants).write_limit = WriteLimit(1),
    ];
    for change in changes {
        assert_eq!(host.count(&task(9)).await.as_u64().unwrap() % 2, 1);
        assert_eq!(host.count(&with(9, change)).await, 1);
        assert_eq!(host.count(&task(9)).await, 1, "what the change has replaced is gone");
        assert_eq!(host.count(&task(9)).await, 2);
    }
}

#[tokio::test]
async fn a_new_version_of_the_plugin_starts_anew() {
    let host = Host::new().await;
    let task = task(9);
    assert_eq!(host.count(&task).await, 1);
    assert_eq!(host.count(&task).await, 2);
    let mut plugin = guest("keeper");
    // A custom section without content, whose name is `v`.
    plugin.extend([0, 2, 1, b'v']);
    host.install(&plugin).await;
    assert_eq!(host.count(&task).await, 1);
}

/// Whoever hears the first word of a run and starts another one before the second.
struct Meanwhile {
    host: Arc<Host>,
    other: Mutex<Option<Invocation>>,
    outcome: OnceLock<Outcome>,
}

impl Meanwhile {
    fn new(host: &Arc<Host>, other: Invocation) -> Arc<Self> {
        let outcome = OnceLock::new();
        Arc::new(Self { host: host.clone(), other: Mutex::new(Some(other)), outcome })
    }
}

impl Observer for Meanwhile {
    fn log(&self, _line: LogLine) {
        let Some(other) = self.other.lock().unwrap().take() else { return };
        let host = self.host.clone();
        let run = async move || host.executor.execute(other).await;
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let other = thread::spawn(move || runtime().unwrap().block_on(run()));
        self.outcome.set(other.join().unwrap()).unwrap();
    }

    fn progress(&self, _progress: Progress) {}
}

#[tokio::test]
async fn runs_at_the_same_time_have_an_instance_each() {
    let host = Arc::new(Host::new().await);
    let task = task(9);
    for runs in 1..=2 {
        let other = Invocation { spec: task.clone(), ..Call::to("count").invocation() };
        let meanwhile = Meanwhile::new(&host, other);
        assert_eq!(output(&host.observed_by(&task, meanwhile.clone()).await), runs);
        assert_eq!(output(meanwhile.outcome.get().unwrap()), runs);
    }
}

#[tokio::test]
async fn who_waits_for_memory_waits_no_longer_than_it_may_take() {
    let host = Arc::new(Host::with_memory(Limits::DEFAULT.memory).await);
    let within = Some(Duration::from_millis(1));
    let other = Invocation { spec: task(9), within, ..Call::to("count").invocation() };
    let meanwhile = Meanwhile::new(&host, other);
    host.observed_by(&task(9), meanwhile.clone()).await;
    let outcome = meanwhile.outcome.get().unwrap();
    assert_eq!((outcome.verdict.kind(), outcome.has_begun()), (VerdictKind::Interrupted, false));
}

#[tokio::test]
async fn an_attempt_takes_no_longer_than_its_run_has_left() {
    let host = Host::new().await;
    let task = with(9, |spec| {
        spec.args = json!({ "end": "Never" }).to_string().into();
        spec.limits.fuel = Fuel::Unlimited;
    });
    assert_eq!(host.count(&task).await, 1);
    let left = Duration::from_millis(20);
    let invocation =
        Invocation { spec: task, within: Some(left), ..Call::to("count").invocation() };
    let outcome = host.executor.execute(invocation).await;
    assert!(matches!(outcome.verdict, Verdict::TimedOut { limit } if limit <= left));
}

#[tokio::test]
async fn every_run_has_its_own_log() {
    let host = Host::new().await;
    let task = task(9);
    for run in 1..=3 {
        let heard = Arc::<Heard>::default();
        host.observed_by(&task, heard.clone()).await;
        assert_eq!(heard.messages(), [format!("run {run}"), format!("end of {run}")]);
    }
}

#[tokio::test]
async fn every_run_has_its_own_fuel_and_its_own_budgets() {
    const FUEL: u64 = 200_000;
    let host = Host::new().await;
    let folder = tempfile::tempdir().unwrap();
    let task = with(9, |spec| {
        spec.args = json!({ "write": 60_000 }).to_string().into();
        spec.limits.fuel = Fuel::Limited(FUEL);
        *Arc::make_mut(&mut spec.grants) = Grants {
            dirs: vec![DirGrant {
                host: folder.path().canonicalize().unwrap(),
                guest: "/dir".to_owned(),
                access: DirAccess::ReadWrite,
            }],
            write_limit: WriteLimit(100_000),
            ..Grants::default()
        };
    });
    let mut used = 0;
    for run in 1..=9 {
        let outcome = host.run(&task).await;
        used += outcome.usage.fuel.unwrap();
        assert_eq!(output(&outcome), run);
    }
    assert!(used > FUEL, "together they used more than one may: {used}");
}

#[tokio::test]
async fn what_a_guest_keeps_counts_in_each_run() {
    let host = Host::new().await;
    const MIB: u64 = 1 << 20;
    let task = with(9, |spec| {
        spec.args = json!({ "keep": 12 * MIB }).to_string().into();
        spec.limits.memory = 32 * MIB;
    });
    for run in 1..=2 {
        let outcome = host.run(&task).await;
        assert!(outcome.usage.peak_memory > run * 12 * MIB, "{outcome:?}");
    }
    assert_eq!(host.run(&task).await.verdict.kind(), VerdictKind::OutOfMemory);
    assert_eq!(host.count(&task).await, 1);
}

#[tokio::test]
async fn what_is_kept_makes_way_for_what_runs() {
    // Room for one.
    let host = Host::with_memory(Limits::DEFAULT.memory).await;
    let (one, two) = (task(9), with(9, |spec| spec.name = "two".parse().unwrap()));
    for _ in 0..2 {
        assert_eq!(host.count(&one).await, 1);
        assert_eq!(host.count(&two).await, 1);
    }
    // Somebody waits while it runs: it is not even kept.
    let (first, second) = tokio::join!(host.count(&one), host.count(&two));
    assert_eq!((first, second), (json!(1), json!(1)));
}

#[tokio::test]
async fn functions_of_components_without_the_sdk_are_kept_as_well() {
    let host = Host::new().await;
    let counter = r#"(component
        (core module $m
            (global $runs (mut i32) (i32.const 0))
            (func (export "count") (result i32)
                (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
                (global.get $runs)))
        (core instance $i (instantiate $m))
        (func (export "count") (result u32) (canon lift (core func $i "count"))))"#;
    host.install(&wat::parse_str(counter).unwrap()).await;
    let task = with(3, |spec| spec.args = json!({}).to_string().into());
    for runs in [1, 2, 3, 1] {
        assert_eq!(host.count(&task).await, runs);
    }
}

#[tokio::test]
async fn a_program_and_what_reads_its_input_start_anew() {
    let host = Host::new().await;
    let task =
        with(9, |spec| Arc::make_mut(&mut spec.grants).stdin = Stdin::Text("text".to_owned()));
    for _ in 0..2 {
        assert_eq!(host.count(&task).await, 1);
    }
    host.install(&guest("program")).await;
    let task = with(9, |spec| {
        spec.function = "run".into();
        spec.args = "null".into();
    });
    for _ in 0..2 {
        assert_eq!(host.run(&task).await.verdict.kind(), VerdictKind::Succeeded);
    }
}
