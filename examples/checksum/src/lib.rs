//! SHA-256 of files, for somebody who asks. Grant it a folder as `/src`; reading is
//! enough. The sums are those of `sha256sum`.
//!
//! Try `{"paths": ["../etc/passwd"]}`, too: it is the sandbox that refuses.

mod sha256;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use horarium_sdk::prelude::*;

use sha256::Sha256;

/// Where the folder is granted.
const FOLDER: &str = "/src";

/// What to read.
#[args]
struct Wanted {
    /// Files, and folders with everything in them, below the granted one.
    paths: Vec<PathBuf>,
}

/// Sums by path.
type Sums = BTreeMap<String, String>;

/// Computes the SHA-256 of files.
#[task(manual, timeout = "30s")]
fn checksum(wanted: Wanted) -> Result<Sums, TaskError> {
    checksums(Path::new(FOLDER), &wanted.paths)
}

fn checksums(folder: &Path, paths: &[PathBuf]) -> Result<Sums, TaskError> {
    let mut sums = Sums::new();
    for path in paths {
        // Somebody waits for the answer, who should hear of a misspelled name now.
        add(&mut sums, folder, path)
            .with_context(|| format!("can't read {}", path.display()))
            .map_err(TaskError::permanent)?;
    }
    Ok(sums)
}

fn add(sums: &mut Sums, folder: &Path, path: &Path) -> io::Result<()> {
    let mut waiting = vec![folder.join(path)];
    while let Some(path) = waiting.pop() {
        if fs::metadata(&path)?.is_dir() {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                // A link may lead back up here.
                if !entry.file_type()?.is_symlink() {
                    waiting.push(entry.path());
                }
            }
        } else {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
            progress::note(name.clone());
            sums.insert(name.into_owned(), sum(File::open(&path)?)?);
        }
    }
    Ok(())
}

fn sum(mut file: impl Read) -> io::Result<String> {
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(sha256.finish()),
            length => sha256.add(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_itself(paths: &[&str]) -> Result<Sums, TaskError> {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        checksums(Path::new(env!("CARGO_MANIFEST_DIR")), &paths)
    }

    #[test]
    fn files_and_folders() {
        let sums = of_itself(&["src", "Cargo.toml"]).unwrap();
        let names: Vec<_> = sums.keys().collect();
        assert_eq!(names, ["Cargo.toml", "src/lib.rs", "src/sha256.rs"]);
        let own = sum(include_bytes!("lib.rs").as_slice()).unwrap();
        assert_eq!(sums["src/lib.rs"], own);
    }

    #[test]
    fn a_misspelled_name_is_not_tried_again() {
        let error = of_itself(&["Crago.toml"]).unwrap_err();
        assert!(matches!(error, TaskError::Permanent(_)));
        assert!(error.to_string().contains("Crago.toml"), "{error}");
    }
}
