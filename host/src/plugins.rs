//! The plugin directory: made ready, and joined with the tasks.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Result, anyhow};
use horarium_core::task::TaskSpec;
use horarium_sandbox::{
    Cache, CacheError, ChildCompiler, CompileLimits, Compiler, Library, LibraryEvent, Sandbox,
    SandboxConfig,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::{
    cli::compile_plugin,
    config::{
        Arguments, Config, Problem, TaskDraft,
        bind::{self, Bound, Functions, Plugin},
    },
    standing::{Standing, Tally},
};

/// The compile cache below a data directory.
const CACHE: &str = "cache";

/// This very program, even where its file has been replaced since it was started.
const OURSELVES: &str = "/proc/self/exe";

/// A sandbox for the tasks of a configuration. Where the cache can't be used,
/// plugins are compiled every time, and a warning says so.
pub(crate) fn sandbox(config: &Config, capacity: u32) -> Result<Arc<Sandbox>> {
    let settings = SandboxConfig { capacity, caps: config.caps };
    Ok(Arc::new(Sandbox::new(&settings, compiler(config.compile), cache(Some(config)))?))
}

/// A sandbox for one plugin without any configuration.
pub(crate) fn bare_sandbox(settings: &SandboxConfig) -> Result<Sandbox> {
    Ok(Sandbox::new(settings, compiler(CompileLimits::DEFAULT), cache(None))?)
}

/// Every verb compiles in a process of its own: what hangs there hangs nothing here.
fn compiler(limits: CompileLimits) -> Compiler {
    let (variable, value) = horarium_allocator::WITHIN_A_LIMIT;
    Compiler::Child(ChildCompiler {
        program: OURSELVES.into(),
        args: vec![compile_plugin::VERB.into()],
        env: vec![(variable.into(), value.into())],
        limits,
    })
}

fn user_cache() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.cache_dir().join("horarium"))
}

/// A data directory's own, or else the user's: whoever only looks at a configuration makes no
/// data directory, and may not be allowed to write to the one that there is.
fn cache(config: Option<&Config>) -> Option<Cache> {
    let own = config.map(|config| &config.data_dir).filter(|data_dir| data_dir.is_dir());
    let places = own.map(|data_dir| data_dir.join(CACHE)).into_iter().chain(user_cache());
    for place in places {
        match Cache::open(&place) {
            Ok(cache) => return Some(cache),
            Err(CacheError::Directory { reason, .. }) if is_for_others(&reason) => {}
            Err(reason) => {
                tracing::warn!("{reason}; compiling plugins every time");
                return None;
            }
        }
    }
    None
}

fn is_for_others(reason: &io::Error) -> bool {
    matches!(reason.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// A library of the plugin directory, scanned once. `report` hears what was found.
pub(crate) async fn library(
    config: &Config,
    capacity: u32,
    report: impl FnMut(&LibraryEvent),
) -> Result<Arc<Library>> {
    library_within(Duration::MAX, config, capacity, report).await
}

/// The same, but without what takes longer than `patience` to compile: that comes
/// out of [`Library::next`] when it is done.
pub(crate) async fn library_within(
    patience: Duration,
    config: &Config,
    capacity: u32,
    mut report: impl FnMut(&LibraryEvent),
) -> Result<Arc<Library>> {
    let library = Arc::new(Library::new(&config.plugin_dir, sandbox(config, capacity)?));
    let bar = progress_bar();
    let scan = library.scan_until_settled(|event, left| {
        // Counted from the first one: how many there are is known only then.
        if bar.length().is_none() {
            style(&bar, "compiling plugins {bar:30} {pos}/{len}");
            bar.set_length(u64::try_from(left + 1).unwrap_or(u64::MAX));
        }
        bar.inc(1);
        bar.suspend(|| report(&event));
    });
    let scanned = tokio::time::timeout(patience, scan).await.unwrap_or(Ok(()));
    bar.finish_and_clear();
    scanned.map_err(|reason| unreadable(&config.plugin_dir, reason))?;
    Ok(library)
}

fn unreadable(dir: &Path, reason: io::Error) -> anyhow::Error {
    let dir = dir.display();
    match reason.kind() {
        io::ErrorKind::NotFound => anyhow!(
            "there is no plugin directory {dir}; create it, or name another one by `plugin_dir`"
        ),
        io::ErrorKind::NotADirectory => {
            anyhow!("{dir} is no directory; `plugin_dir` names the one with the plugins")
        }
        _ => anyhow::Error::new(reason).context(format!("can't read the plugin directory {dir}")),
    }
}

/// Shown on a terminal only; indicatif hides it elsewhere.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_draw_target(ProgressDrawTarget::stderr());
    style(&bar, "{spinner} reading plugins");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

fn style(bar: &ProgressBar, template: &str) {
    // A template that indicatif does not take leaves the bar plain.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// Where arguments don't fit the function that a task runs. What is not known of a
/// plugin that is not there can't be said.
pub(crate) fn misfits(draft: &TaskDraft, library: &Library, args: &Value) -> Vec<String> {
    let Some(plugin) = library.get(&draft.plugin.value) else { return Vec::new() };
    let function = match (&draft.function, plugin.functions()) {
        (Some(name), functions) => functions.iter().find(|it| it.is_called(&name.value)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    function.map_or_else(Vec::new, |function| Arguments::of(function).misfits(args))
}

/// All tasks, joined with what the library has.
#[derive(Default)]
pub(crate) struct Binding {
    /// Those of which it is known what and when to run. That may be in vain.
    pub(crate) specs: Vec<Arc<TaskSpec>>,
    /// How each of them stands.
    pub(crate) standing: Standing,
    /// What is wrong with any, in their file.
    pub(crate) problems: Vec<Problem>,
}

/// Joins a task with what the library has.
pub(crate) fn bind_one(config: &Config, draft: &TaskDraft, library: &Library) -> bind::Bound {
    let found = library.get(&draft.plugin.value);
    let functions = found.as_ref().map(|plugin| Functions::new(plugin.functions()));
    let files = if functions.is_none() { files(library) } else { Vec::new() };
    let missing = Plugin::Missing { files: &files };
    bind::bind(draft, functions.as_ref().map_or(missing, Plugin::Usable), &config.caps)
}

/// The files in the plugin directory, without `.wasm`, whether they are usable or not.
fn files(library: &Library) -> Vec<String> {
    library.list().into_iter().map(|file| file.name).collect()
}

/// Whether a plugin that is not there is about to be.
struct Awaited(bool);

/// Joins all tasks with what the library has.
pub(crate) fn bind_all(config: &Config, library: &Library) -> Binding {
    let mut specs = Vec::with_capacity(config.tasks.len());
    // A plugin is looked up once, and is the same one for all of its tasks.
    let mut plugins = HashMap::new();
    for draft in &config.tasks {
        let name = &draft.plugin.value;
        plugins.entry(name).or_insert_with(|| {
            // Asked before: a plugin that arrives in between is there, and not awaited.
            let awaited = library.is_awaited(name);
            library.get(name).ok_or(Awaited(awaited))
        });
    }
    let functions: HashMap<_, _> = plugins
        .iter()
        .filter_map(|(name, found)| Some((*name, Functions::new(found.as_ref().ok()?.functions()))))
        .collect();
    let all_there = functions.len() == plugins.len();
    let files = if all_there { Vec::new() } else { files(library) };
    let mut tally = Tally::of(config.tasks.len());
    for (name, found) in &plugins {
        tally.joined_with(name, found.as_ref().ok().map(|plugin| plugin.digest()));
    }
    for draft in &config.tasks {
        let name = &draft.plugin.value;
        if let Some(Err(Awaited(true))) = plugins.get(name) {
            tally.awaits(&draft.name.value);
            continue;
        }
        let missing = Plugin::Missing { files: &files };
        let plugin = functions.get(name).map_or(missing, Plugin::Usable);
        let Bound { spec, problems, .. } = bind::bind(draft, plugin, &config.caps);
        tally.bound(&draft.name.value, spec.is_some(), problems);
        specs.extend(spec.map(Arc::new));
    }
    let (standing, problems) = tally.done(config);
    Binding { specs, standing, problems }
}
