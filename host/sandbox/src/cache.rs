//! Compiled code, kept between starts.
//!
//! To load compiled code is to trust it, so an entry must be one that this cache
//! wrote: the directory is ours alone (mode 0700), and each entry carries an
//! HMAC-SHA-256 under a key that lies beside it. What does not verify is as if it
//! were not there.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit, Mac};
use horarium_core::{digest::Digest, function::TaskFunction};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use crate::error::CacheError;

/// The layout of an entry: tag, length of the description (little endian), the
/// description as JSON, wasmtime's own format.
const FORMAT: u32 = 1;
const TAG: usize = 32;
const LENGTH: usize = 8;

/// A directory with compiled plugins.
pub struct Cache {
    place: PathBuf,
    key: [u8; 32],
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
        let key = key(&place.join("key"), place)?;
        Ok(Self { place: place.to_owned(), key })
    }

    /// What was put for this plugin by a compatible engine; none where there is
    /// nothing, or nothing that verifies.
    pub(crate) fn get(&self, engine: &Engine, digest: Digest) -> Option<Cached> {
        let path = self.path(engine, digest);
        let entry = fs::read(&path).ok()?;
        let cached = self.open_entry(engine, &path, &entry);
        if cached.is_none() {
            tracing::warn!(entry = %path.display(), "a compiled plugin does not verify; compiling it again");
        }
        cached
    }

    fn open_entry(&self, engine: &Engine, path: &Path, entry: &[u8]) -> Option<Cached> {
        let (tag, content) = entry.split_at_checked(TAG)?;
        self.mac(path, content).verify_slice(tag).ok()?;
        let (length, rest) = content.split_at_checked(LENGTH)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        let (description, code) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let functions = serde_json::from_slice(description).ok()?;
        #[expect(unsafe_code, reason = "wasmtime trusts compiled code blindly")]
        // SAFETY: these bytes verified under our key, so `put` wrote them, and
        // it writes what wasmtime serialised.
        let component = unsafe { Component::deserialize(engine, code) }.ok()?;
        Some(Cached { component, functions })
    }

    /// Keeps a compiled plugin. A cache that can't is a cache that is slow, so
    /// that is a warning and no more.
    pub(crate) fn put(
        &self,
        engine: &Engine,
        digest: Digest,
        component: &Component,
        functions: &[TaskFunction],
    ) {
        let path = self.path(engine, digest);
        if let Err(reason) = self.write_entry(&path, component, functions) {
            tracing::warn!(entry = %path.display(), "can't keep a compiled plugin: {reason}");
        }
    }

    fn write_entry(
        &self,
        path: &Path,
        component: &Component,
        functions: &[TaskFunction],
    ) -> io::Result<()> {
        let code = component.serialize().map_err(io::Error::other)?;
        let description = serde_json::to_vec(functions)?;
        let mut content = Vec::with_capacity(LENGTH + description.len() + code.len());
        content.extend(u64::try_from(description.len()).unwrap_or(u64::MAX).to_le_bytes());
        content.extend(description);
        content.extend(code);
        let tag = self.mac(path, &content).finalize().into_bytes();
        // Renamed into place: no reader ever sees half an entry.
        let mut file = tempfile::NamedTempFile::new_in(&self.place)?;
        file.write_all(&tag)?;
        file.write_all(&content)?;
        file.persist(path)?;
        Ok(())
    }

    /// Binds an entry to its name as well: no entry passes for another one.
    fn mac(&self, path: &Path, content: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        mac.update(content);
        mac
    }

    fn path(&self, engine: &Engine, digest: Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        FORMAT.hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.place.join(format!("{digest}-{:016x}.cwasm", hasher.finish()))
    }
}

/// The cache's key: read, or made.
fn key(path: &Path, place: &Path) -> Result<[u8; 32], CacheError> {
    let directory = |reason| CacheError::Directory { place: place.to_owned(), reason };
    if let Some(key) = read_key(path).map_err(directory)? {
        return Ok(key);
    }
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|reason| CacheError::Randomness(reason.to_string()))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made.and_then(|mut file| file.write_all(&fresh)) {
        Ok(()) => Ok(fresh),
        // Another process was faster, or a damaged key lies there.
        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => {
            match read_key(path).map_err(directory)? {
                Some(key) => Ok(key),
                None => fs::write(path, fresh).map(|()| fresh).map_err(directory),
            }
        }
        Err(reason) => Err(directory(reason)),
    }
}

fn read_key(path: &Path) -> io::Result<Option<[u8; 32]>> {
    match fs::File::open(path) {
        Ok(mut file) => {
            let mut key = [0; 32];
            Ok(file.read_exact(&mut key).is_ok().then_some(key))
        }
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{self, SandboxConfig};

    fn entry(cache: &Cache) -> PathBuf {
        let mut entries = fs::read_dir(&cache.place).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.extension().is_some()).unwrap()
    }

    #[test]
    fn only_what_was_put_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(&dir.path().join("cache")).unwrap();
        let engine = engine::new(&SandboxConfig::default()).unwrap();
        let component = Component::from_binary(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        let digest = Digest::new([7; 32]);
        assert!(cache.get(&engine, digest).is_none());
        cache.put(&engine, digest, &component, &[]);
        assert!(cache.get(&engine, digest).is_some());
        assert!(Cache::open(&cache.place).unwrap().get(&engine, digest).is_some());

        let path = entry(&cache);
        let other =
            path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace("07", "08"));
        fs::copy(&path, other).unwrap();
        assert!(cache.get(&engine, Digest::new([8; 32])).is_none(), "an entry under another name");

        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(cache.get(&engine, digest).is_none(), "a flipped bit");
        fs::write(&path, &bytes[..10]).unwrap();
        assert!(cache.get(&engine, digest).is_none(), "a stump");
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("cache");
        DirBuilder::new().mode(0o777).create(&place).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(&place, mode).unwrap();
        assert!(matches!(Cache::open(&place), Err(CacheError::Exposed { .. })));
    }
}
