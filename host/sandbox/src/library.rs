//! A plugin directory, and the last good version of every plugin in it.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use horarium_core::{
    digest::Digest,
    name::PluginName,
    settle::{Change, Settling, Stamp},
};
use tokio::sync::Mutex;

use horarium_core::text;

use crate::{
    error::LoadError,
    load::PluginFile,
    plugin::{Plugin, SharedPlugin},
    sandbox::Sandbox,
};

/// How long a file must not have changed to be read at first sight.
const REST: Duration = Duration::from_secs(2);

/// The time between two looks at files that have just been written.
const SECOND_LOOK: Duration = Duration::from_millis(250);

/// How long a start waits for files that are being written.
const PATIENCE: Duration = Duration::from_secs(10);

/// A directory of plugins. What is asked for by name is the version that was
/// loaded last without fault; a running attempt keeps the one it began with.
pub struct Library {
    dir: PathBuf,
    sandbox: Arc<Sandbox>,
    settling: Mutex<Settling<String>>,
    shelf: RwLock<BTreeMap<String, Book>>,
}

/// What is known of one file.
#[derive(Default)]
struct Book {
    plugin: Option<SharedPlugin>,
    problem: Option<String>,
}

/// Something that a look at the directory found.
#[derive(Debug)]
pub enum LibraryEvent {
    /// A plugin is there, or a new version of it.
    Loaded {
        /// The file's name without `.wasm`.
        name: String,
        /// The version.
        plugin: Arc<Plugin>,
        /// The version before.
        replaces: Option<Digest>,
    },
    /// A file is no plugin.
    Refused {
        /// The file's name without `.wasm`.
        name: String,
        /// Why.
        error: LoadError,
        /// The version that stays in use.
        keeps: Option<Digest>,
    },
    /// A file is gone, and with it the plugin.
    Removed {
        /// The file's name without `.wasm`.
        name: String,
    },
}

/// A file in the directory, as far as it is known.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The file's name without `.wasm`.
    pub name: String,
    /// The version in use.
    pub plugin: Option<Arc<Plugin>>,
    /// What is wrong with the file as it is now.
    pub problem: Option<String>,
}

impl Library {
    /// A library of the plugins in `dir`; nothing is loaded before the first
    /// [`scan`](Self::scan).
    #[must_use]
    pub fn new(dir: &Path, sandbox: Arc<Sandbox>) -> Self {
        Self {
            dir: dir.to_owned(),
            sandbox,
            settling: Mutex::new(Settling::new(REST)),
            shelf: RwLock::default(),
        }
    }

    /// Looks at the directory, loads what is new or has changed and rests, and
    /// forgets what is gone. `report` hears of each file as soon as it is done
    /// with, together with how many are still to come.
    ///
    /// # Errors
    /// Where the directory can't be read. Everything stays as it was.
    pub async fn scan(&self, mut report: impl FnMut(LibraryEvent, usize)) -> io::Result<()> {
        // Held to the end: two scans at once would load the same file twice.
        let mut settling = self.settling.lock().await;
        let changes = settling.look(stamps(&self.dir)?, SystemTime::now());
        let mut left = changes.len();
        for change in changes {
            left -= 1;
            let event = match change {
                Change::Read(name) => self.load(name).await,
                Change::Removed(name) => {
                    self.write(|shelf| shelf.remove(&name));
                    LibraryEvent::Removed { name }
                }
            };
            report(event, left);
        }
        Ok(())
    }

    /// Scans until every file that is there has come to rest, or patience is over:
    /// for a start, where what was copied a moment ago is to be there already.
    ///
    /// # Errors
    /// Where the directory can't be read.
    pub async fn scan_until_settled(
        &self,
        mut report: impl FnMut(LibraryEvent, usize),
    ) -> io::Result<()> {
        let patience = tokio::time::Instant::now() + PATIENCE;
        loop {
            self.scan(&mut report).await?;
            let restless = self.settling.lock().await.restless();
            if !restless || tokio::time::Instant::now() >= patience {
                return Ok(());
            }
            tokio::time::sleep(SECOND_LOOK).await;
        }
    }

    async fn load(&self, name: String) -> LibraryEvent {
        match self.read(&name).await {
            Ok(plugin) => {
                let plugin = Arc::new(plugin);
                let book = Book { plugin: Some(plugin.clone()), problem: None };
                let before = self.write(|shelf| shelf.insert(name.clone(), book));
                let replaces = before.and_then(|book| book.plugin).map(|plugin| plugin.digest());
                LibraryEvent::Loaded { name, plugin, replaces }
            }
            Err(error) => {
                let keeps = self.write(|shelf| {
                    let book = shelf.entry(name.clone()).or_default();
                    book.problem = Some(error.to_string());
                    book.plugin.as_ref().map(|plugin| plugin.digest())
                });
                LibraryEvent::Refused { name, error, keeps }
            }
        }
    }

    async fn read(&self, name: &str) -> Result<Plugin, LoadError> {
        if let Err(reason) = name.parse::<PluginName>() {
            return Err(LoadError::Read(reason.to_string()));
        }
        let path = self.dir.join(format!("{name}.wasm"));
        let file = tokio::task::spawn_blocking(move || PluginFile::read(&path))
            .await
            .map_err(|panic| LoadError::Invalid(panic.to_string()))??;
        self.sandbox.load(file).await
    }

    /// The version of this plugin that is in use.
    #[must_use]
    pub fn get(&self, name: &PluginName) -> Option<Arc<Plugin>> {
        let shelf = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        shelf.get(name.as_str()).and_then(|book| book.plugin.clone())
    }

    /// What runs its plugins.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Why there is no usable version of a plugin.
    pub(crate) fn absence(&self, name: &PluginName) -> String {
        let shelf = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        match shelf.get(name.as_str()).and_then(|book| book.problem.as_ref()) {
            Some(problem) => format!("plugin `{name}` can't be used: {problem}"),
            None => format!("there is no plugin `{name}` in {}", self.dir.display()),
        }
    }

    /// What is known of every file, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Listing> {
        let shelf = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        shelf
            .iter()
            .map(|(name, book)| Listing {
                name: name.clone(),
                plugin: book.plugin.clone(),
                problem: book.problem.clone(),
            })
            .collect()
    }

    fn write<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Book>) -> T) -> T {
        act(&mut self.shelf.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Every plugin file that is there, followed where it is a link: that is how
/// many deployments swap versions.
fn stamps(dir: &Path) -> io::Result<BTreeMap<String, Stamp>> {
    let mut stamps = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        // Gone since it was listed, or a dangling link: not there.
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        // Names are shown; one with anything to escape in it is refused before it is opened.
        let Some(name) = path.file_stem().map(|name| text::escape(&name.to_string_lossy())) else {
            continue;
        };
        let stamp = Stamp {
            length: metadata.len(),
            modified: metadata.modified()?,
            identity: metadata.ino(),
        };
        stamps.insert(name, stamp);
    }
    Ok(stamps)
}
