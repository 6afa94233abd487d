//! Compiled code, kept between starts.
//!
//! To load compiled code is to trust it, so an entry must be one that this cache
//! wrote: the directory is ours alone (mode 0700), and each entry carries a
//! BLAKE3 hash under a key that lies beside it. What does not verify is as if it
//! were not there. What does is mapped, not copied: code that nobody calls takes no
//! memory. That is as good as what was verified, since an entry is never changed: it
//! is put in place whole, under its name, and who could write to it has the key.
//!
//! Beside the code lie the plugins themselves, by their digest: to compile one
//! once more, for the other engine, its very bytes are needed, and the file that
//! they came from may have changed.

mod entry;
mod key;
mod prune;

use std::{
    fs::{self, DirBuilder, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use horarium_core::{digest::Digest, function::TaskFunction};
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

use self::entry::{FORMAT, Key};
use crate::{compile::fingerprint, engine::Metering, error::CacheError};

/// What files are called until they are whole.
const UNFINISHED: &str = ".new-";

/// How exactly is known when an entry was used last.
const USED: Duration = Duration::from_secs(3600);

/// A directory with compiled plugins.
pub struct Cache {
    place: PathBuf,
    key: Key,
    /// What tells its entries from those of another host version or machine.
    generation: u64,
}

/// What the cache knows of a plugin.
pub(crate) struct Cached {
    pub(crate) component: Component,
    pub(crate) functions: Vec<TaskFunction>,
}

impl Cache {
    /// Opens the cache in `place`, which is created where it is missing.
    ///
    /// # Errors
    /// Where the directory can't be created or read, or others could write to it.
    pub fn open(place: &Path) -> Result<Self, CacheError> {
        let directory = |reason| CacheError::Directory { place: place.to_owned(), reason };
        DirBuilder::new().recursive(true).mode(0o700).create(place).map_err(directory)?;
        let metadata = fs::metadata(place).map_err(directory)?;
        let foreign = metadata.uid() != rustix::process::geteuid().as_raw();
        if foreign || metadata.mode() & 0o022 != 0 {
            return Err(CacheError::Exposed { place: place.to_owned() });
        }
        let key = Key(key::read_or_make(place)?);
        Ok(Self { place: place.to_owned(), key, generation: 0 })
    }

    /// The cache for sandboxes whose metered engine is like this one.
    pub(crate) fn serving(mut self, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        FORMAT.hash(&mut hasher);
        // Another version may describe the same plugin in another way.
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        fingerprint(engine).hash(&mut hasher);
        self.generation = hasher.finish();
        self.prune();
        self
    }

    /// What was put for this plugin and an engine like this one; none where there
    /// is nothing, or nothing that verifies.
    pub(crate) fn get(
        &self,
        engine: &Engine,
        metering: Metering,
        digest: Digest,
    ) -> Option<Cached> {
        let path = self.path(metering, digest);
        let verified = open(&path).and_then(|file| entry::verify(&file, &path, &self.key));
        let cached = match verified {
            Ok(description) => {
                description.and_then(|description| load(engine, &path, &description))
            }
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return None,
            Err(reason) => {
                tracing::warn!(entry = %path.display(), "can't read a compiled plugin: {reason}; compiling it again");
                return None;
            }
        };
        if cached.is_none() {
            tracing::warn!(entry = %path.display(), "a compiled plugin does not verify; compiling it again");
        }
        cached
    }

    /// Keeps a compiled plugin. A cache that can't is a cache that is slow, so
    /// that is a warning and no more.
    pub(crate) fn put(
        &self,
        metering: Metering,
        digest: Digest,
        code: &[u8],
        functions: &[TaskFunction],
    ) {
        // A host that runs for months sees many versions.
        self.prune();
        let path = self.path(metering, digest);
        if let Err(reason) = self.write_entry(&path, code, functions) {
            tracing::warn!(entry = %path.display(), "can't keep a compiled plugin: {reason}");
        }
    }

    fn write_entry(&self, path: &Path, code: &[u8], functions: &[TaskFunction]) -> io::Result<()> {
        let description = serde_json::to_vec(functions)?;
        self.write(path, |file| entry::write(file, path, &self.key, code, &description))
    }

    /// Keeps a plugin's own bytes. Where that fails, somebody else must.
    pub(crate) fn put_wasm(&self, digest: Digest, wasm: &[u8]) -> io::Result<()> {
        let path = self.wasm_path(digest);
        // Its content is checked when it is read; a stump is replaced.
        if let Ok(file) = File::open(&path)
            && let Ok(metadata) = file.metadata()
            && usize::try_from(metadata.len()) == Ok(wasm.len())
        {
            touch(&file, &metadata);
            return Ok(());
        }
        self.write(&path, |file| file.write_all(wasm))
    }

    /// The bytes of this digest.
    pub(crate) fn wasm(&self, digest: Digest) -> Option<Bytes> {
        let mut wasm = Vec::new();
        open(&self.wasm_path(digest)).and_then(|mut file| file.read_to_end(&mut wasm)).ok()?;
        (Digest::new(Sha256::digest(&wasm).into()) == digest).then(|| wasm.into())
    }

    /// Renamed into place: no reader ever sees half a file.
    fn write(
        &self,
        path: &Path,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.place)?;
        content(file.as_file_mut())?;
        file.persist(path)?;
        Ok(())
    }

    fn path(&self, metering: Metering, digest: Digest) -> PathBuf {
        let engine = match metering {
            Metering::Metered => "",
            Metering::Unmetered => "-unmetered",
        };
        self.place.join(format!("{digest}-{:016x}{engine}.cwasm", self.generation))
    }

    fn wasm_path(&self, digest: Digest) -> PathBuf {
        self.place.join(format!("{digest}.wasm"))
    }

    fn prune(&self) {
        if let Err(reason) = prune::prune(&self.place) {
            tracing::warn!(place = %self.place.display(), "can't prune the compile cache: {reason}");
        }
    }
}

/// Loads code that verified.
fn load(engine: &Engine, path: &Path, description: &[u8]) -> Option<Cached> {
    let functions = serde_json::from_slice(description).ok()?;
    #[expect(unsafe_code, reason = "wasmtime trusts compiled code blindly")]
    // SAFETY: this file verified under our key, so `put` wrote it, and it writes what
    // wasmtime serialised. Nobody changes it: `put` replaces files, and the directory
    // is ours alone.
    let component = unsafe { Component::deserialize_file(engine, path) }.ok()?;
    Some(Cached { component, functions })
}

/// Opens a file, and remembers that it was used.
fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    touch(&file, &file.metadata()?);
    Ok(file)
}

/// A cache that can't be written to is used all the same.
fn touch(file: &File, metadata: &fs::Metadata) {
    let now = SystemTime::now();
    let used = metadata.modified().ok().and_then(|at| now.duration_since(at).ok());
    if used.is_some_and(|ago| ago >= USED) {
        let _ = file.set_modified(now);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{
        entry::{LENGTH, TAG},
        *,
    };
    use crate::engine::{self, SandboxConfig};

    struct Scene {
        _dir: tempfile::TempDir,
        place: PathBuf,
        engine: Engine,
        code: Vec<u8>,
    }

    const DIGEST: Digest = Digest::new([7; 32]);

    impl Scene {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let place = dir.path().join("cache");
            let engine = engine::new(&SandboxConfig::default(), Metering::Metered).unwrap();
            let code = engine.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
            Self { _dir: dir, place, engine, code }
        }

        fn open(&self) -> Cache {
            Cache::open(&self.place).unwrap().serving(&self.engine)
        }

        fn has(&self, digest: Digest) -> bool {
            self.open().get(&self.engine, Metering::Metered, digest).is_some()
        }
    }

    #[test]
    fn only_what_was_put_comes_back() {
        let scene = Scene::new();
        let cache = scene.open();
        assert!(!scene.has(DIGEST));
        cache.put(Metering::Metered, DIGEST, &scene.code, &[]);
        assert!(scene.has(DIGEST));
        let unmetered = cache.get(&scene.engine, Metering::Unmetered, DIGEST);
        assert!(unmetered.is_none(), "code for another engine");

        let path = cache.path(Metering::Metered, DIGEST);
        let other = Digest::new([8; 32]);
        fs::copy(&path, cache.path(Metering::Metered, other)).unwrap();
        assert!(!scene.has(other), "an entry under another name");

        let whole = fs::read(&path).unwrap();
        let end = whole.len();
        for place in [0, end / 2, end - TAG - LENGTH - 1, end - TAG - 1, end - TAG, end - 1] {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(!scene.has(DIGEST), "a flipped bit at {place}");
        }
        for length in [0, 10, TAG + LENGTH, end - TAG, end - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(!scene.has(DIGEST), "a stump of {length} bytes");
        }
        fs::write(&path, &whole).unwrap();
        assert!(scene.has(DIGEST));
    }

    #[test]
    fn another_key_opens_nothing() {
        let scene = Scene::new();
        scene.open().put(Metering::Metered, DIGEST, &scene.code, &[]);
        fs::remove_file(scene.place.join("key")).unwrap();
        assert!(!scene.has(DIGEST));
    }

    #[test]
    fn a_plugins_bytes_come_back_or_nothing() {
        let scene = Scene::new();
        let cache = scene.open();
        let digest = Digest::new(Sha256::digest(b"plugin").into());
        assert_eq!(cache.wasm(digest), None);
        cache.put_wasm(digest, b"plugin").unwrap();
        assert_eq!(cache.wasm(digest).unwrap(), "plugin");
        fs::write(cache.wasm_path(digest), "plug").unwrap();
        assert_eq!(cache.wasm(digest), None, "a stump");
        cache.put_wasm(digest, b"plugin").unwrap();
        assert_eq!(cache.wasm(digest).unwrap(), "plugin", "which is replaced");
        fs::write(cache.wasm_path(digest), "nigulp").unwrap();
        assert_eq!(cache.wasm(digest), None, "somebody else's");
    }

    #[test]
    fn what_is_used_stays_young() {
        let scene = Scene::new();
        let cache = scene.open();
        cache.put(Metering::Metered, DIGEST, &scene.code, &[]);
        let file = File::open(cache.path(Metering::Metered, DIGEST)).unwrap();
        let old = SystemTime::now() - 2 * USED;
        file.set_modified(old).unwrap();
        assert!(scene.has(DIGEST));
        assert!(file.metadata().unwrap().modified().unwrap() > old);
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("cache");
        DirBuilder::new().create(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(Cache::open(&place), Err(CacheError::Exposed { .. })));
    }
}
