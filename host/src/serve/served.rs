//! What is served: the tasks of a configuration with the plugins of a directory,
//! both of which change.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use horarium_allocator::give_back;
use horarium_core::{
    digest::Digest,
    name::{PluginName, TaskName},
    store::Started,
    task::TaskSpec,
};
use horarium_engine::{Asked, Control};
use horarium_sandbox::Library;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    time::MissedTickBehavior,
};

use super::{
    narrator::Narrator,
    reload::{Changes, LastReload, Reload, Taken, Watched},
};
use crate::{
    config::{self, Config, load::ConfigError},
    plugins::{self, Binding},
    soundness::Findings,
    standing::Standing,
    telemetry::{Watchers, metrics::Metrics},
    versions::Versions,
};

/// How often plugin directory and configuration are looked at. Looking works on
/// every file system, network mounts included, where notifications don't.
const SCAN: Duration = Duration::from_secs(1);

/// Tasks and plugins, on their way to the engine.
pub(super) struct Served {
    config: watch::Sender<Arc<Config>>,
    file: Watched,
    /// Tasks that are to start once they can.
    asked: Vec<TaskName>,
    /// What the engine has.
    specs: Vec<Arc<TaskSpec>>,
    control: Control,
    library: Arc<Library>,
    narrator: Arc<Narrator>,
    reloaded: watch::Sender<Option<LastReload>>,
    standing: watch::Sender<Arc<Standing>>,
    metrics: Arc<Metrics>,
    versions: Versions,
    /// Of each plugin, the version that was kept last.
    kept: HashMap<PluginName, Digest>,
}

impl Served {
    pub(super) fn new(
        config: Config,
        file: Watched,
        asked: Vec<TaskName>,
        control: Control,
        library: Arc<Library>,
        watchers: &Watchers<Narrator>,
    ) -> Self {
        let versions = Versions::new(&config.data_dir);
        let (config, _) = watch::channel(Arc::new(config));
        let (reloaded, _) = watch::channel(None);
        let (standing, _) = watch::channel(Arc::default());
        let Watchers { narrator, metrics, .. } = watchers;
        Self {
            config,
            file,
            asked,
            specs: Vec::new(),
            control,
            library,
            narrator: narrator.clone(),
            reloaded,
            standing,
            metrics: metrics.clone(),
            versions,
            kept: HashMap::new(),
        }
    }

    /// The configuration that counts.
    pub(super) fn config(&self) -> watch::Receiver<Arc<Config>> {
        self.config.subscribe()
    }

    /// What came of the last reload.
    pub(super) fn reloaded(&self) -> watch::Receiver<Option<LastReload>> {
        self.reloaded.subscribe()
    }

    /// How the tasks stand with the plugins.
    pub(super) fn standing(&self) -> watch::Receiver<Arc<Standing>> {
        self.standing.subscribe()
    }

    /// The plugins.
    pub(super) fn library(&self) -> Arc<Library> {
        self.library.clone()
    }

    /// Joins tasks and plugins anew, and gives them to the engine. Those that are asked
    /// for start once they are there. Returns what has changed, and what is wrong with any.
    pub(super) async fn set_tasks(&mut self) -> Taken {
        let config = self.config.borrow().clone();
        let Binding { mut specs, standing, problems } = plugins::bind_all(&config, &self.library);
        let problems = config.problems(problems);
        let findings = Findings::of(&standing, problems.views(), &self.library);
        self.narrator.tasks(standing.tasks, &findings, &problems);
        let changes = Changes::between(&self.specs, &mut specs);
        self.specs.clone_from(&specs);
        self.control.keep(config.retention);
        self.control.set_tasks(specs).await;
        let standing = Arc::new(standing);
        self.standing.send_replace(standing.clone());
        self.keep_versions();
        for task in self.asked.extract_if(.., |task| !standing.waiting().contains(task)) {
            match self.control.trigger(Asked::now(task.clone())).await {
                Some(Ok(Started::Refused(refusal))) => self.narrator.refused(&task, refusal),
                Some(Err(error)) => self.narrator.untriggered(&task, &error),
                // The engine drains.
                Some(Ok(Started::New(_) | Started::Known(_))) | None => {}
            }
        }
        Taken { changes, findings }
    }

    /// Keeps what has come into use, so that it can be brought back. Nobody waits for that.
    fn keep_versions(&mut self) {
        let mut new = Vec::new();
        for listing in self.library.list() {
            let (Some(plugin), Ok(name)) = (listing.plugin, listing.name.parse::<PluginName>())
            else {
                continue;
            };
            let digest = plugin.digest();
            if self.kept.insert(name.clone(), digest) != Some(digest) {
                new.push((self.library.file(&name), name, digest));
            }
        }
        if new.is_empty() {
            return;
        }
        let (versions, narrator) = (self.versions.clone(), self.narrator.clone());
        let now = SystemTime::now();
        tokio::task::spawn_blocking(move || {
            for (file, name, digest) in new {
                if let Err(reason) = versions.keep(&name, digest, &file, now) {
                    narrator.version_not_kept(&name, digest, &reason);
                }
            }
        });
    }

    /// Follows plugin directory and configuration.
    pub(super) async fn follow(&mut self, mut reloads: mpsc::Receiver<Reload>) {
        // What it took to read and to compare the tasks; so after each reload.
        give_back();
        let library = self.library.clone();
        let mut readable = true;
        let mut looks = tokio::time::interval(SCAN);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some((event, _)) = library.next() => {
                    self.narrator.library(&event);
                    // Tasks are joined once for all that has come meanwhile.
                    while let Some(event) = library.try_next() {
                        self.narrator.library(&event);
                    }
                    self.set_tasks().await;
                    give_back();
                    continue;
                }
                Some(done) = reloads.recv() => {
                    // Whoever asked may not wait for the answer.
                    let _ = done.send(self.reload().await);
                    give_back();
                    continue;
                }
                _ = looks.tick() => {}
            }
            if self.file.has_changed() {
                // It is told, and nobody waits for it.
                let _ = self.reload().await;
                give_back();
            }
            match library.look().await {
                Ok(()) => readable = true,
                Err(reason) if readable => {
                    self.narrator.directory_gone(&self.config.borrow().plugin_dir, &reason);
                    readable = false;
                }
                Err(_) => {}
            }
        }
    }

    /// Reads the configuration anew. One that is broken changes nothing.
    async fn reload(&mut self) -> Result<Taken, ConfigError> {
        let result = self.read_anew().await;
        self.metrics.reloaded(result.is_ok());
        let last = LastReload::new(&result, self.reloaded.borrow().as_ref(), Timestamp::now());
        self.reloaded.send_replace(Some(last));
        result
    }

    async fn read_anew(&mut self) -> Result<Taken, ConfigError> {
        self.file.is_read();
        let running = self.config.borrow().clone();
        let file = running.file().to_owned();
        let load = move || {
            let loaded = config::load(&file);
            // It is this thread that has read it.
            give_back();
            loaded
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        let loaded = loaded.unwrap_or_else(|panic| {
            let file = running.file().to_owned();
            Err(ConfigError::Read { file, reason: std::io::Error::other(panic) })
        });
        let loaded = loaded.and_then(|config| match config.trespasses_on(&running) {
            problems if problems.is_empty() => Ok(config),
            problems => Err(ConfigError::Problems(config.problems(problems))),
        });
        let mut config = loaded.inspect_err(|error| self.narrator.not_reloaded(error))?;
        let restart = config.settle(&running);
        let config = Arc::new(config);
        self.config.send_replace(config.clone());
        let mut taken = self.set_tasks().await;
        taken.changes = Changes { restart, ..taken.changes.told(&running, &config) };
        self.narrator.reloaded(&taken);
        Ok(taken)
    }
}
