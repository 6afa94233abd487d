//! The host as a whole: where all parts are wired.

mod couriers;
mod narrator;
mod reload;
mod served;
mod shutdown;
mod teller;

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use horarium_core::name::TaskName;
use horarium_engine::{Engine, EngineConfig, SystemClock};
use horarium_sandbox::{LibraryEvent, LibraryExecutor, Room};
use horarium_store::SqliteStore;
use tokio::{sync::mpsc, task::JoinSet};

pub(crate) use self::reload::{Changes, LastReload, Reload, Reloaded, Taken, Watched};
use self::{narrator::Narrator, served::Served, shutdown::Shutdown};
use crate::{
    access::{Gate, Notice, Notices},
    api::{Api, Parts, Sources},
    config::{Config, web::Web},
    listen::Listening,
    notify::Office,
    plugins,
    telemetry::{Watchers, hub::Hub, metrics::Metrics, traces::Traces},
};

/// How long a start waits for plugins that have to be compiled. What takes longer
/// follows, and the tasks of all others run.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the command line says about serving.
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) trigger: Vec<TaskName>,
    pub(crate) length: Option<Duration>,
    /// Where to listen, whatever the configuration says.
    pub(crate) listen: Option<SocketAddr>,
}

impl Options {
    /// Who may ask for something, over which network.
    fn web(&self, config: &Config) -> Result<Web> {
        let web = match self.listen {
            Some(listen) => config.web.clone().at(listen),
            None => config.web.clone(),
        };
        match web.objection() {
            Some(objection) => bail!("{objection}; {}", objection.way_out()),
            None => Ok(web),
        }
    }
}

/// Serves until told to stop.
pub(crate) async fn run(config: Config, file: Watched, options: Options) -> Result<ExitCode> {
    let narrator = Arc::new(Narrator::new(options.json).context("can't start")?);
    let end = serve(config, file, options, &narrator).await;
    narrator.flush();
    end
}

async fn serve(
    config: Config,
    file: Watched,
    options: Options,
    narrator: &Arc<Narrator>,
) -> Result<ExitCode> {
    let mut shutdown = Shutdown::listen()?;
    let web = options.web(&config)?;
    // First of all: where the history can't be kept, nothing runs.
    let metrics = Arc::new(Metrics::new());
    let store = SqliteStore::open_watched(&config.data_dir, config.durability, metrics.clone());
    let store = store?;
    let traces = Traces::open(store.instance(), &node(), &metrics).context("can't send traces")?;
    let (hub, narrator_too) = (Arc::new(Hub::new()), narrator.clone());
    let watchers = Arc::new(Watchers { hub, metrics, traces, narrator: narrator_too });
    let told = narrator.clone();
    let notices: Notices = Arc::new(move |notice: &Notice| told.notice(notice));
    let listening = Listening::open(&config.data_dir, &web, &notices).await?;
    let gate = Gate::new(&web, &config.data_dir, notices).context("can't keep an audit log")?;
    // Compiling many plugins takes a while, and so may a store in trouble.
    let (engine, mut served, room) = tokio::select! {
        started = start(config, file, options.trigger, &store, &watchers) => started?,
        () = shutdown.asked() => return Ok(ExitCode::SUCCESS),
    };
    // Not while it got ready: however long that took, the tasks have their time.
    shutdown.after(options.length);
    let (reloads, asked) = mpsc::channel(1);
    let api = Api::new(Parts::new(Sources {
        control: engine.control().clone(),
        store: store.clone(),
        library: served.library(),
        config: served.config(),
        reloads,
        reloaded: served.reloaded(),
        standing: served.standing(),
        page: listening.address().map(|(address, scheme)| format!("{scheme}://{address}/")),
        hub: watchers.hub.clone(),
        metrics: watchers.metrics.clone(),
        room,
    }));
    match listening.address() {
        Some((address, scheme)) => narrator.listening(address, scheme),
        None => narrator.hidden(),
    }
    let answering = listening.answer(api.clone().router(gate));
    let office =
        Office::new(store.clone(), engine.control().clone(), served.config(), watchers.clone());
    // Dropped at the end, whichever way it comes: then nobody is told of anything.
    let mut couriers = JoinSet::new();
    couriers.spawn(office.work());
    tokio::select! {
        () = served.follow(asked) => {}
        () = shutdown.asked() => {}
        // By itself it ends only by a fault, and then nothing would run any more.
        () = engine.ended() => bail!("a part of the engine has stopped; see above"),
        _ = couriers.join_next() => bail!("nobody brings alerts any more; see above"),
    }
    let grace = served.config().borrow().grace;
    drop(served);
    api.drain();
    narrator.draining(grace);
    tokio::select! {
        () = engine.drain(grace) => {}
        // Somebody does not want to wait: what runs is recorded as lost next time.
        () = shutdown.insisted() => {
            narrator.aborted();
            return Ok(ExitCode::FAILURE);
        }
    }
    tokio::select! {
        () = watchers.traces.end() => {}
        () = shutdown.insisted() => {
            narrator.aborted();
            return Ok(ExitCode::FAILURE);
        }
    }
    // They hold the store, too.
    couriers.shutdown().await;
    watchers.hub.close();
    api.close();
    answering.end().await;
    tokio::select! {
        () = store.close() => {}
        () = shutdown.insisted() => {
            narrator.aborted();
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads the plugins, starts the engine, and gives it the tasks.
async fn start(
    config: Config,
    file: Watched,
    asked: Vec<TaskName>,
    store: &SqliteStore,
    watchers: &Arc<Watchers<Narrator>>,
) -> Result<(Engine, Served, Arc<Room>)> {
    let narrator = &watchers.narrator;
    let report = |event: &LibraryEvent| narrator.library(event);
    let library = plugins::library_within(PATIENCE, &config, config.capacity, report).await?;
    let executor = LibraryExecutor::new(library.clone(), config.memory);
    let room = executor.room();
    let engine = Engine::start(
        store.clone(),
        executor,
        Arc::new(SystemClock),
        watchers.clone(),
        EngineConfig::new(node(), config.capacity),
    );
    let control = engine.control().clone();
    let mut served = Served::new(config, file, asked, control, library, watchers);
    served.set_tasks().await;
    Ok((engine, served, room))
}

/// This host's name in the history.
fn node() -> String {
    format!("{}:{}", hostname(), std::process::id())
}

/// What this machine is called.
pub(crate) fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "host".to_owned(),
        name => name.to_owned(),
    }
}
