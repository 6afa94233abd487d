//! The counts, file by file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use horarium_sdk::prelude::*;

use crate::language::Language;

/// How many open ends are named; the others are counted.
const NAMED: usize = 20;

/// What was found in the tree.
#[output]
pub(crate) struct Survey {
    pub(crate) files: u64,
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
    pub(crate) languages: BTreeMap<String, Size>,
    /// The largest files, largest first.
    pub(crate) largest: Vec<Large>,
    /// How many lines say that something is left to do.
    pub(crate) open_ends: u64,
    /// Where the first of them are, as `path:line`.
    pub(crate) places: Vec<String>,
    #[serde(skip)]
    max_files: usize,
}

/// What a language amounts to.
#[output]
#[derive(Default)]
pub(crate) struct Size {
    pub(crate) files: u64,
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

/// A file that is among the largest.
#[output]
pub(crate) struct Large {
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

impl Survey {
    /// Nothing yet; will name `max_files` of the largest files.
    pub(crate) fn new(max_files: usize) -> Self {
        Self {
            files: 0,
            lines: 0,
            bytes: 0,
            languages: BTreeMap::new(),
            largest: Vec::new(),
            open_ends: 0,
            places: Vec::new(),
            max_files,
        }
    }

    /// Counts `file` if its language is known and its extension wanted.
    pub(crate) fn add(&mut self, tree: &Path, file: &Path, wanted: &[String]) -> io::Result<()> {
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        let is_wanted = wanted.is_empty() || wanted.iter().any(|w| **w == *extension);
        let Some(language) = Language::of(&extension).filter(|_| is_wanted) else {
            return Ok(());
        };
        let path = file.strip_prefix(tree).unwrap_or(file).to_string_lossy();
        let size = self.read(BufReader::new(File::open(file)?), &path, language)?;

        self.files += 1;
        self.lines += size.lines;
        self.bytes += size.bytes;
        self.rank(&path, size.bytes);
        let total = self.languages.entry(language.name.to_owned()).or_default();
        total.files += 1;
        total.lines += size.lines;
        total.bytes += size.bytes;
        Ok(())
    }

    /// Line by line, so that no file has to fit into memory.
    fn read(
        &mut self,
        mut file: impl BufRead,
        path: &str,
        language: &Language,
    ) -> io::Result<Size> {
        let mut size = Size::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = file.read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(size);
            }
            size.lines += 1;
            size.bytes += length as u64;
            if language.is_open_end(&String::from_utf8_lossy(&line)) {
                self.open_ends += 1;
                if self.places.len() < NAMED {
                    self.places.push(format!("{path}:{}", size.lines));
                }
            }
        }
    }

    fn rank(&mut self, path: &str, bytes: u64) {
        let place = self.largest.partition_point(|large| large.bytes >= bytes);
        if place < self.max_files {
            let path = path.to_owned();
            self.largest.insert(place, Large { path, bytes });
            self.largest.truncate(self.max_files);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_open_ends_are_counted() {
        let mut survey = Survey::new(1);
        let source = "a = 1\n# TODO: b\n\n# FIXME";
        let python = Language::of("py").unwrap();
        let size = survey.read(source.as_bytes(), "src/a.py", python).unwrap();
        assert_eq!((size.lines, size.bytes), (4, 24));
        assert_eq!(survey.open_ends, 2);
        assert_eq!(survey.places, ["src/a.py:2", "src/a.py:4"]);
    }

    #[test]
    fn only_the_largest_stay() {
        let mut survey = Survey::new(2);
        for (path, bytes) in [("small", 1), ("huge", 9), ("big", 5), ("medium", 3)] {
            survey.rank(path, bytes);
        }
        let names: Vec<_> = survey.largest.iter().map(|l| l.path.as_str()).collect();
        assert_eq!(names, ["huge", "big"]);
        let mut nothing = Survey::new(0);
        nothing.rank("huge", 9);
        assert!(nothing.largest.is_empty());
    }
}
