//! The versions of plugins that were in use, so that one can be brought back.

use std::{
    fs::{self, File, FileTimes, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use horarium_core::{digest::Digest, name::PluginName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// Their folder below a data directory.
const FOLDER: &str = "versions";

/// How many are kept of each plugin.
const KEPT: usize = 10;

/// The versions that are kept in a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Versions(PathBuf);

/// A version that was in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Version {
    #[schema(value_type = String)]
    pub(crate) digest: Digest,
    /// Its length.
    pub(crate) bytes: u64,
    /// When it came into use the last time.
    pub(crate) used_at: Timestamp,
}

impl Versions {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self(data_dir.join(FOLDER))
    }

    /// Those of a plugin, the one that came into use last first.
    ///
    /// # Errors
    /// Where they can't be looked at.
    pub(crate) fn list(&self, plugin: &PluginName) -> io::Result<Vec<Version>> {
        let entries = match fs::read_dir(self.0.join(plugin.as_str())) {
            Ok(entries) => entries,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(reason) => return Err(reason),
        };
        let mut versions = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| name.strip_suffix(".wasm")?.parse().ok());
            // Half of one that was being kept when the host died is none.
            let Some(digest) = digest else { continue };
            let found = match entry.metadata() {
                Ok(found) => found,
                // Somebody else has forgotten it meanwhile.
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => continue,
                Err(reason) => return Err(reason),
            };
            let used_at = found.modified()?.try_into().unwrap_or(Timestamp::UNIX_EPOCH);
            versions.push(Version { digest, bytes: found.len(), used_at });
        }
        versions
            .sort_by_key(|version| std::cmp::Reverse((version.used_at, version.digest.short())));
        Ok(versions)
    }

    /// The content of a version; none where it is not kept.
    ///
    /// # Errors
    /// Where it can't be read, or is not what it was.
    pub(crate) fn read(&self, plugin: &PluginName, digest: Digest) -> io::Result<Option<Vec<u8>>> {
        let bytes = match fs::read(self.file(plugin, digest)) {
            Ok(bytes) => bytes,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(reason),
        };
        match of(&bytes) == digest {
            true => Ok(Some(bytes)),
            false => Err(io::Error::other("it is not what it was when it was kept")),
        }
    }

    /// Whether a version is kept.
    pub(crate) fn has(&self, plugin: &PluginName, digest: Digest) -> bool {
        self.file(plugin, digest).exists()
    }

    /// Keeps the version in this file, which has come into use, and forgets the oldest where
    /// there are too many. Does nothing where the file is another one by now: that one will
    /// come into use as well.
    ///
    /// # Errors
    /// Where it can't be kept.
    pub(crate) fn keep(
        &self,
        plugin: &PluginName,
        digest: Digest,
        file: &Path,
        now: SystemTime,
    ) -> io::Result<()> {
        let kept = self.file(plugin, digest);
        if !self.has(plugin, digest) {
            let mut bytes = Vec::new();
            File::open(file)?.read_to_end(&mut bytes)?;
            if of(&bytes) != digest {
                return Ok(());
            }
            let folder = self.0.join(plugin.as_str());
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            write_whole(&kept, &bytes)?;
        }
        File::open(&kept)?.set_times(FileTimes::new().set_modified(now))?;
        for forgotten in self.list(plugin)?.iter().skip(KEPT) {
            match fs::remove_file(self.file(plugin, forgotten.digest)) {
                Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
                _ => {}
            }
        }
        Ok(())
    }

    fn file(&self, plugin: &PluginName, digest: Digest) -> PathBuf {
        self.0.join(plugin.as_str()).join(format!("{digest}.wasm"))
    }
}

/// What identifies a plugin file.
pub(crate) fn of(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

/// Writes a file that is there as a whole or not at all, also after a power cut; one of its
/// name is replaced.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    /// Two may write the same file at once.
    static WRITERS: AtomicU64 = AtomicU64::new(0);
    let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
    // Without `.wasm` at its end nobody takes it for a plugin.
    let aside = file.with_file_name(format!(".{}.{writer}.new", name.display()));
    let mut written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&aside)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&aside, file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn the_last_versions_are_kept_and_come_back_as_they_were() {
        let dir = tempdir().unwrap();
        let versions = Versions::new(&dir.path().join("data"));
        let plugin: PluginName = "report".parse().unwrap();
        assert_eq!(versions.list(&plugin).unwrap(), []);
        let file = dir.path().join("report.wasm");
        let at = |second: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        let mut digests = Vec::new();
        for second in 0..12_u64 {
            fs::write(&file, second.to_string()).unwrap();
            digests.push(of(second.to_string().as_bytes()));
            versions.keep(&plugin, digests[digests.len() - 1], &file, at(second)).unwrap();
        }
        let listed: Vec<_> =
            versions.list(&plugin).unwrap().iter().map(|version| version.digest).collect();
        let expected: Vec<_> = digests.iter().rev().take(KEPT).copied().collect();
        assert_eq!(listed, expected);
        assert_eq!(versions.read(&plugin, digests[11]).unwrap().unwrap(), b"11");
        assert_eq!(versions.read(&plugin, digests[0]).unwrap(), None, "it was forgotten");

        // One that comes into use again is the newest.
        versions.keep(&plugin, digests[5], &file, at(100)).unwrap();
        assert_eq!(versions.list(&plugin).unwrap()[0].digest, digests[5]);
        // A file that has changed meanwhile is another version.
        let other = of(b"other");
        versions.keep(&plugin, other, &file, at(101)).unwrap();
        assert_eq!(versions.read(&plugin, other).unwrap(), None);
        fs::write(versions.file(&plugin, digests[6]), "changed").unwrap();
        assert!(versions.read(&plugin, digests[6]).is_err());
    }

    #[test]
    fn several_may_keep_the_same_at_once() {
        let dir = tempdir().unwrap();
        let (versions, file) = (Versions::new(dir.path()), dir.path().join("plugin.wasm"));
        let plugin = "plugin".parse().unwrap();
        for round in 0..20_u8 {
            let bytes = vec![round; 100_000];
            fs::write(&file, &bytes).unwrap();
            thread::scope(|scope| {
                for _ in 0..4 {
                    let keep = || versions.keep(&plugin, of(&bytes), &file, SystemTime::now());
                    scope.spawn(move || keep().unwrap());
                }
            });
            assert_eq!(versions.read(&plugin, of(&bytes)).unwrap(), Some(bytes));
        }
        assert_eq!(versions.list(&plugin).unwrap().len(), KEPT);
    }
}
