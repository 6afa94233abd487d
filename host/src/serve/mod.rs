//! The host as a whole: where all parts are wired.

mod narrator;
mod shutdown;
mod teller;

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use horarium_core::name::TaskName;
use horarium_engine::{Engine, EngineConfig, SystemClock};
use horarium_sandbox::{Library, LibraryExecutor};
use horarium_store::SqliteStore;

use self::{narrator::Narrator, shutdown::Shutdown};
use crate::{config::Config, plugins};

/// How often the plugin directory is looked at. Looking works on every file
/// system, network mounts included, where notifications don't.
const SCAN: Duration = Duration::from_secs(1);

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
    let (library, engine) = tokio::select! {
        started = start(config, options, &store, narrator) => started?,
        () = shutdown.asked() => return Ok(ExitCode::SUCCESS),
    };
    tokio::select! {
        () = watch(&engine, config, &library, narrator) => {}
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
    options: &Options,
    store: &SqliteStore,
    narrator: &Arc<Narrator>,
) -> Result<(Arc<Library>, Engine)> {
    let library =
        plugins::library(config, config.capacity, |event| narrator.library(event)).await?;
    let engine = Engine::start(
        store.clone(),
        LibraryExecutor::new(library.clone(), config.memory),
        Arc::new(SystemClock),
        narrator.clone(),
        EngineConfig::new(node(), config.capacity),
    );
    set_tasks(&engine, config, &library, narrator).await;
    for task in &options.trigger {
        engine.trigger(task.clone()).await;
    }
    Ok((library, engine))
}

/// Joins tasks and plugins anew, and gives them to the engine.
async fn set_tasks(engine: &Engine, config: &Config, library: &Library, narrator: &Narrator) {
    let (specs, problems) = plugins::bind_all(config, library);
    narrator.tasks(specs.len(), &config.problems(problems));
    engine.set_tasks(specs).await;
}

/// Follows the plugin directory.
async fn watch(engine: &Engine, config: &Config, library: &Library, narrator: &Narrator) {
    let mut readable = true;
    loop {
        tokio::time::sleep(SCAN).await;
        let mut changed = false;
        let scanned = library.scan(|event, _| {
            narrator.library(&event);
            changed = true;
        });
        match scanned.await {
            Ok(()) => readable = true,
            Err(reason) if readable => {
                narrator.directory_gone(&config.plugin_dir, &reason);
                readable = false;
            }
            Err(_) => {}
        }
        if changed {
            set_tasks(engine, config, library, narrator).await;
        }
    }
}

/// This host's name in the history.
fn node() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "host" } else { host.trim() };
    format!("{host}:{}", std::process::id())
}
