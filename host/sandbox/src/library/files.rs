//! What lies in a plugin directory.

use std::{collections::BTreeMap, fs, io, os::unix::fs::MetadataExt, path::Path};

use horarium_core::{settle::Stamp, text};

/// Every plugin file that is there, followed where it is a link: that is how
/// many deployments swap versions.
pub(super) fn stamps(dir: &Path) -> io::Result<BTreeMap<String, Stamp>> {
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
