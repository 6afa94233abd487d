//! The host as a whole: where all parts are wired.

mod narrator;
mod shutdown;
mod teller;

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use horarium_core::name::TaskName;
use horarium_engine::{Engine, EngineConfig, SystemClock};
use horarium_sandbox::{Library, LibraryEvent, LibraryExecutor};
use horarium_store::SqliteStore;
use tokio::time::MissedTickBehavior;

use self::{narrator::Narrator, shutdown::Shutdown};
use crate::{
    config::Config,
    plugins::{self, Binding},
};

/// How often the plugin directory is looked at. Looking works on every file
/// system, network mounts included, where notifications don't.
const SCAN: Duration = Duration::from_secs(1);

/// How long a start waits for plugins that have to be compiled. What takes longer
/// follows, and the tasks of all others run.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the command line says about serving.
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) trigger: Vec<TaskName>,
    pub(crate) length: Option<Duration>,
}

/// Serves until told to stop.
pub(crate) async fn run(config: Config, options: Options) -> Result<ExitCode> {
    let narrator = Arc::new(Narrator::new(options.json).context("can't start")?);
    let end = serve(&config, &options, &narrator).await;
    narrator.flush();
    end
}

async fn serve(config: &Config, options: &Options, narrator: &Arc<Narrator>) -> Result<ExitCode> {
    let mut shutdown = Shutdown::listen(options.length)?;
    // First of all: where the history can't be kept, nothing runs.
    let store = SqliteStore::open(&config.data_dir).context("can't open the history")?;
    // Compiling many plugins takes a while, and so may a store in trouble.
    let mut asked = options.trigger.clone();
    let (library, engine) = tokio::select! {
        started = start(config, &mut asked, &store, narrator) => started?,
        () = shutdown.asked() => return Ok(ExitCode::SUCCESS),
    };
    tokio::select! {
        () = watch(&engine, config, &mut asked, &library, narrator) => {}
        () = shutdown.asked() => {}
        // By itself it ends only by a fault, and then nothing would run any more.
        () = engine.ended() => bail!("a part of the engine has stopped; see above"),
    }
    narrator.draining(config.grace);
    tokio::select! {
        () = engine.drain(config.grace) => store.close().await,
        // Somebody does not want to wait: what runs is recorded as lost next time.
        () = shutdown.insisted() => {
            narrator.aborted();
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads the plugins, starts the engine, and gives it the tasks.
async fn start(
    config: &Config,
    asked: &mut Vec<TaskName>,
    store: &SqliteStore,
    narrator: &Arc<Narrator>,
) -> Result<(Arc<Library>, Engine)> {
    let report = |event: &LibraryEvent| narrator.library(event);
    let library = plugins::library_within(PATIENCE, config, config.capacity, report).await?;
    let engine = Engine::start(
        store.clone(),
        LibraryExecutor::new(library.clone(), config.memory),
        Arc::new(SystemClock),
        narrator.clone(),
        EngineConfig::new(node(), config.capacity),
    );
    set_tasks(&engine, config, asked, &library, narrator).await;
    Ok((library, engine))
}

/// Joins tasks and plugins anew, and gives them to the engine. Those that are asked
/// for start once they are there.
async fn set_tasks(
    engine: &Engine,
    config: &Config,
    asked: &mut Vec<TaskName>,
    library: &Library,
    narrator: &Narrator,
) {
    let Binding { specs, waiting, problems } = plugins::bind_all(config, library);
    narrator.tasks(specs.len(), waiting.len(), &config.problems(problems));
    engine.set_tasks(specs).await;
    for task in asked.extract_if(.., |task| !waiting.contains(task)) {
        engine.trigger(task).await;
    }
}

/// Follows the plugin directory.
async fn watch(
    engine: &Engine,
    config: &Config,
    asked: &mut Vec<TaskName>,
    library: &Library,
    narrator: &Narrator,
) {
    let mut readable = true;
    let mut looks = tokio::time::interval(SCAN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some((event, _)) = library.next() => {
                narrator.library(&event);
                // Tasks are joined once for all that has come meanwhile.
                while let Some(event) = library.try_next() {
                    narrator.library(&event);
                }
                set_tasks(engine, config, asked, library, narrator).await;
                continue;
            }
            _ = looks.tick() => {}
        }
        match library.look().await {
            Ok(()) => readable = true,
            Err(reason) if readable => {
                narrator.directory_gone(&config.plugin_dir, &reason);
                readable = false;
            }
            Err(_) => {}
        }
    }
}

/// This host's name in the history.
fn node() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "host" } else { host.trim() };
    format!("{host}:{}", std::process::id())
}
