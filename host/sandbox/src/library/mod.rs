//! A plugin directory, and the last good version of every plugin in it.

mod files;
mod retries;
mod shelf;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use horarium_core::{
    digest::Digest,
    name::PluginName,
    settle::{Change, Settling},
};
use tokio::{sync::Mutex, task::JoinSet, time::Instant};

use self::{
    retries::Retries,
    shelf::{News, Shelf},
};
use crate::{compile::Compilations, error::LoadError, plugin::Plugin, sandbox::Sandbox};

/// How long a file must not have changed to be read at first sight.
const REST: Duration = Duration::from_secs(2);

/// The time between two looks at files that have just been written.
const SECOND_LOOK: Duration = Duration::from_millis(250);

/// How long a start waits for files that are being written.
const PATIENCE: Duration = Duration::from_secs(10);

/// A directory of plugins. What is asked for by name is the version that was
/// loaded last without fault; a running attempt keeps the one it began with.
///
/// Every file is loaded on its own, so that none waits for another one that takes
/// long to compile. Dropped, the library ends what it is still loading.
pub struct Library {
    dir: PathBuf,
    sandbox: Arc<Sandbox>,
    watch: Mutex<Watch>,
    shelf: Arc<Shelf>,
}

/// What belongs to whoever looks at the directory.
struct Watch {
    settling: Settling<String>,
    /// What each comes to: the file's name, and whether to try it again.
    loads: JoinSet<Option<(String, Verdict)>>,
    retries: Retries,
}

/// What follows from the end of a load.
enum Verdict {
    /// The file is what it is.
    Final,
    /// Another try may end otherwise.
    Again,
}

/// Something that a look at the directory has led to.
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
    /// [`look`](Self::look).
    #[must_use]
    pub fn new(dir: &Path, sandbox: Arc<Sandbox>) -> Self {
        Self {
            dir: dir.to_owned(),
            sandbox,
            watch: Mutex::new(Watch {
                settling: Settling::new(REST),
                loads: JoinSet::new(),
                retries: Retries::default(),
            }),
            shelf: Arc::default(),
        }
    }

    /// Looks at the directory, starts to load what is new or has changed and rests,
    /// and forgets what is gone. [`next`](Self::next) tells what comes of it.
    ///
    /// # Errors
    /// Where the directory can't be read. Everything stays as it was.
    pub async fn look(&self) -> io::Result<()> {
        // Held to the end: of two looks at once, each would load the same files.
        let mut watch = self.watch.lock().await;
        let dir = self.dir.clone();
        let seen = tokio::task::spawn_blocking(move || files::stamps(&dir)).await;
        let seen = seen.map_err(io::Error::other)??;
        let Watch { settling, loads, retries } = &mut *watch;
        let now = Instant::now();
        // What has ended has left its result on the shelf.
        while let Some(ended) = loads.try_join_next() {
            match ended {
                Ok(Some((name, Verdict::Again))) => retries.failed(name, now),
                Ok(Some((name, Verdict::Final))) => retries.ended(&name),
                // Nobody waits for it any more.
                Ok(None) | Err(_) => {}
            }
        }
        for name in retries.due(now) {
            settling.again(&name);
        }
        for change in settling.look(seen, SystemTime::now()) {
            match change {
                Change::Removed(name) => {
                    retries.ended(&name);
                    self.shelf.remove(name);
                }
                Change::Read(name) => {
                    let (load, lost) = self.shelf.begin(name.clone());
                    let plugin = read(self.sandbox.clone(), self.dir.clone(), name);
                    loads.spawn(async move {
                        tokio::select! {
                            biased;
                            _ = lost => None,
                            result = plugin => Some(match result {
                                // The next look tells that it is gone, or that it is back.
                                Err(LoadError::NotThere) => load.vanished(),
                                result => load.end(result),
                            }),
                        }
                    });
                }
            }
        }
        Ok(())
    }

    /// Waits for what comes of the looks so far, in the order in which it happens:
    /// an event, and how many are still to come. None once there are none.
    pub async fn next(&self) -> Option<(LibraryEvent, usize)> {
        self.shelf.next().await
    }

    /// What has happened already and was not told yet.
    pub fn try_next(&self) -> Option<LibraryEvent> {
        match self.shelf.take() {
            News::Event(event, _) => Some(event),
            News::Later | News::Never => None,
        }
    }

    /// Looks at the directory, and waits until everything that changed is loaded.
    /// `report` hears of each file as soon as it is done with, together with how
    /// many are still to come.
    ///
    /// # Errors
    /// Where the directory can't be read. Everything stays as it was.
    pub async fn scan(&self, mut report: impl FnMut(LibraryEvent, usize)) -> io::Result<()> {
        self.look().await?;
        while let Some((event, left)) = self.next().await {
            report(event, left);
        }
        Ok(())
    }

    /// Scans until every file that is there has come to rest and is loaded, or
    /// patience with those who write is over: for a start, where what was copied a
    /// moment ago is to be there already. Dropped, it loses nothing: what was not
    /// told comes out of [`next`](Self::next).
    ///
    /// # Errors
    /// Where the directory can't be read.
    pub async fn scan_until_settled(
        &self,
        mut report: impl FnMut(LibraryEvent, usize),
    ) -> io::Result<()> {
        let patience = Instant::now() + PATIENCE;
        loop {
            self.scan(&mut report).await?;
            let restless = self.watch.lock().await.settling.restless();
            if !restless || Instant::now() >= patience {
                return Ok(());
            }
            tokio::time::sleep(SECOND_LOOK).await;
        }
    }

    /// The version of this plugin that is in use.
    #[must_use]
    pub fn get(&self, name: &PluginName) -> Option<Arc<Plugin>> {
        self.shelf.plugin(name.as_str())
    }

    /// Whether this plugin is being loaded, and it is open what will come of it.
    #[must_use]
    pub fn is_awaited(&self, name: &PluginName) -> bool {
        self.shelf.is_awaited(name.as_str())
    }

    /// Reads the content of a file that is not in the directory yet, as if it were.
    ///
    /// # Errors
    /// Where it is no plugin; the error says what it is instead.
    pub async fn examine(&self, bytes: Vec<u8>) -> Result<Plugin, LoadError> {
        self.sandbox.load_bytes(bytes).await
    }

    /// The file of a plugin, there or not.
    #[must_use]
    pub fn file(&self, name: &PluginName) -> PathBuf {
        self.dir.join(format!("{name}.wasm"))
    }

    /// What is known of every file, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Listing> {
        self.shelf.list()
    }

    /// What was compiled so far.
    #[must_use]
    pub fn compilations(&self) -> Compilations {
        self.sandbox.compilations()
    }

    /// What runs its plugins.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Why there is no usable version of a plugin.
    pub(crate) fn absence(&self, name: &PluginName) -> String {
        match self.shelf.problem(name.as_str()) {
            Some(problem) => format!("plugin `{name}` can't be used: {problem}"),
            None if self.is_awaited(name) => format!("plugin `{name}` is still being compiled"),
            None => format!("there is no plugin `{name}` in {}", self.dir.display()),
        }
    }
}

async fn read(sandbox: Arc<Sandbox>, dir: PathBuf, name: String) -> Result<Plugin, LoadError> {
    if let Err(reason) = name.parse::<PluginName>() {
        return Err(LoadError::Read(reason.to_string()));
    }
    sandbox.load_file(&dir.join(format!("{name}.wasm"))).await
}
