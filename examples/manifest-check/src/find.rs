//! Where the manifests are.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders that hold no sources.
const SKIP: [&str; 3] = ["target", ".git", "data"];

/// All `Cargo.toml` below a folder, sorted.
pub(crate) fn manifests(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (kind, name) = (entry.file_type()?, entry.file_name());
            if kind.is_file() && name == "Cargo.toml" {
                found.push(entry.path());
            } else if kind.is_dir() && !SKIP.iter().any(|skip| name == *skip) {
                waiting.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The names of everything that lies in a folder.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_its_own() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(manifests(folder).unwrap(), [folder.join("Cargo.toml")]);
        assert!(names(folder).unwrap().contains(&"src".to_owned()));
    }
}
