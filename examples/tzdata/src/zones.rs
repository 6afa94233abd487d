//! All zones of the database.

use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
};

use horarium_sdk::prelude::*;

use crate::tzif::{MAGIC, Tzif};

/// The same zones again, without and with leap seconds.
const TWINS: [&str; 2] = ["posix", "right"];

/// How many there are.
#[output]
#[derive(Default)]
pub(crate) struct Census {
    /// Zones with data of their own.
    pub(crate) zones: u64,
    /// Zones whose clocks will go on to be set twice a year.
    pub(crate) daylight_saving: u64,
    /// Other names for zones.
    links: u64,
    /// Files that claim to be a zone, and that nobody understands.
    broken: u64,
}

/// Counts the zones below `folder`.
pub(crate) fn census(folder: &Path) -> io::Result<Census> {
    let mut census = Census::default();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                census.links += 1;
            } else if kind.is_file() {
                census.add(&entry)?;
            } else if !TWINS.iter().any(|twin| entry.file_name() == *twin) {
                waiting.push(entry.path());
            }
        }
    }
    Ok(census)
}

impl Census {
    fn add(&mut self, file: &DirEntry) -> io::Result<()> {
        let data = fs::read(file.path())?;
        if !data.starts_with(MAGIC) {
            // Tables for people lie here, too.
            return Ok(());
        }
        match Tzif::parse(&data) {
            Ok(zone) => {
                self.zones += 1;
                self.daylight_saving += u64::from(zone.saves_daylight());
            }
            Err(error) => {
                self.broken += 1;
                log::warn!("{}: {error:#}", file.path().display());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_zone_is_not_counted() {
        let census = census(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!((census.zones, census.broken), (0, 0));
    }
}
