//! Puts compiled guests where the host, the demo and the tests look for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Artifact, progress};

/// Copies each artifact to `plugins/GROUP/NAME.wasm` and says what became of it.
pub(super) fn publish(plugins: &Path, artifacts: &[Artifact<'_>]) -> Result<()> {
    if artifacts.is_empty() {
        progress::guests("there are none in this workspace yet");
    }
    for Artifact { guest, wasm } in artifacts {
        let name = format!("{}/{}.wasm", guest.group.folder(), guest.plugin());
        let content = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        let change = replace(&plugins.join(&name), &content)?;
        let size = content.len().div_ceil(1024);
        progress::guests(format_args!("{name} {change}, {size} KiB"));
    }
    Ok(())
}

/// Writes `file` in one step, and only if its content changes: whoever watches
/// it sees neither half a component nor a change that is none.
pub(super) fn replace(file: &Path, content: &[u8]) -> Result<&'static str> {
    let before = fs::read(file).ok();
    if before.as_deref() == Some(content) {
        return Ok("unchanged");
    }
    let folder = file.parent().context("a plugin lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Hidden and without the extension, so that no watcher takes it for a plugin.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let partial = folder.join(format!(".{name}.{}", std::process::id()));
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, file))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(if before.is_some() { "replaced" } else { "new" })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_plugin_is_replaced_only_when_it_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-plugins-{}", std::process::id()));
        let file = folder.join("tests/a.wasm");
        assert_eq!(replace(&file, b"one").unwrap(), "new");
        let first = fs::metadata(&file).unwrap().ino();
        assert_eq!(replace(&file, b"one").unwrap(), "unchanged");
        assert_eq!(fs::metadata(&file).unwrap().ino(), first);
        assert_eq!(replace(&file, b"two").unwrap(), "replaced");
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(file.parent().unwrap().read_dir().unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
