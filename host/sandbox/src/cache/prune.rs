//! What a cache has no use for any more.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

use super::UNFINISHED;

/// How often it is worth a look.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The name of a file that is as old as the last look.
const LOOKED: &str = "pruned";

/// Nobody takes this long to write a file.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How long what nobody uses is kept.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 3600);

/// The most that is kept, in bytes. What was used longest ago goes first.
const LARGEST: u64 = 8 << 30;

/// A file in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    used: SystemTime,
    length: u64,
}

/// Now and then, removes what is left of writers that died, what was not used for long,
/// and what is too much. Other processes may use the directory, another version of
/// the host among them: they miss an entry at worst, and make it anew.
pub(super) fn prune(place: &Path) -> io::Result<()> {
    let looked = place.join(LOOKED);
    let last = fs::metadata(&looked).and_then(|metadata| metadata.modified());
    if last.is_ok_and(|last| last.elapsed().is_ok_and(|ago| ago < INTERVAL)) {
        return Ok(());
    }
    File::create(&looked)?.set_modified(SystemTime::now())?;
    for name in doomed(entries(place)?, SystemTime::now()) {
        match fs::remove_file(place.join(name)) {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
            _ => {}
        }
    }
    Ok(())
}

fn entries(place: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        // Gone since it was listed.
        let Ok(metadata) = entry.metadata() else { continue };
        // Names of ours are plain; directories are not ours.
        if let Ok(name) = entry.file_name().into_string()
            && metadata.is_file()
        {
            entries.push(Entry { name, used: metadata.modified()?, length: metadata.len() });
        }
    }
    Ok(entries)
}

/// The names of the files that are to go.
fn doomed(entries: Vec<Entry>, now: SystemTime) -> Vec<String> {
    let unused_for =
        |entry: &Entry, length| now.duration_since(entry.used).is_ok_and(|unused| unused >= length);
    let (mut kept, mut doomed) = (Vec::new(), Vec::new());
    for entry in entries {
        let goes = if entry.name.starts_with(UNFINISHED) {
            unused_for(&entry, ABANDONED)
        } else if entry.name.ends_with(".cwasm") || entry.name.ends_with(".wasm") {
            unused_for(&entry, UNUSED)
        } else {
            // The key, and what is nobody's business here.
            continue;
        };
        if goes {
            doomed.push(entry.name);
        } else {
            kept.push(entry);
        }
    }
    kept.sort_by_key(|entry| entry.used);
    let mut total: u64 = kept.iter().map(|entry| entry.length).sum();
    doomed.extend(
        kept.into_iter()
            .take_while(|entry| {
                let too_much = total > LARGEST;
                total = total.saturating_sub(entry.length);
                too_much
            })
            .map(|entry| entry.name),
    );
    doomed
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;
    const NOW: u64 = 1_000 * 24 * HOUR;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// A file that was used this many hours ago.
    fn entry(name: &str, hours: u64, length: u64) -> Entry {
        Entry { name: name.to_owned(), used: at(NOW - hours * HOUR), length }
    }

    fn doomed_of(entries: &[Entry]) -> Vec<String> {
        doomed(entries.to_vec(), at(NOW))
    }

    #[test]
    fn what_is_in_use_stays() {
        let day = 24;
        let entries = [
            entry("key", 999 * day, 32),
            entry("notes", 999 * day, 32),
            entry(".new-a1b2c3", 0, 100),
            entry("0707-00000000000000ab.cwasm", 29 * day, 100),
            entry("0707-00000000000000ab-unmetered.cwasm", 29 * day, 100),
            entry("0707.wasm", 29 * day, 100),
            entry("0707-00000000000000cd.cwasm", 29 * day, 100),
            entry("pruned", 999 * day, 0),
        ];
        assert_eq!(doomed_of(&entries), [""; 0]);
    }

    #[test]
    fn what_nobody_has_asked_for_goes() {
        let day = 24;
        let entries = [
            entry(".new-a1b2c3", 1, 100),
            entry("0808-00000000000000ab.cwasm", 30 * day, 100),
            entry("0808.wasm", 30 * day, 100),
        ];
        assert_eq!(doomed_of(&entries).len(), entries.len());
    }

    #[test]
    fn what_is_too_much_goes_the_oldest_first() {
        let gigabyte = 1 << 30;
        let entries: Vec<_> =
            (0..12).map(|hours| entry(&format!("{hours}.wasm"), hours, gigabyte)).collect();
        assert_eq!(doomed_of(&entries), ["11.wasm", "10.wasm", "9.wasm", "8.wasm"]);
    }

    #[test]
    fn a_file_from_the_future_stays() {
        let entries = [Entry { name: "0707.wasm".to_owned(), used: at(NOW + HOUR), length: 1 }];
        assert_eq!(doomed_of(&entries), [""; 0]);
    }

    #[test]
    fn the_doomed_are_removed_now_and_then() {
        let dir = tempfile::tempdir().unwrap();
        let left = || {
            let files = fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let (used, unused) = ("0707-00000000000000ab.cwasm", "0808-00000000000000ab.cwasm");
        let write = |name, age| {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        write("key", UNUSED);
        write(used, Duration::ZERO);
        write(unused, UNUSED);
        prune(dir.path()).unwrap();
        assert_eq!(left(), [used, "key", LOOKED]);

        write(unused, UNUSED);
        prune(dir.path()).unwrap();
        assert_eq!(left().len(), 4, "that was only just looked at");
        write(LOOKED, INTERVAL);
        prune(dir.path()).unwrap();
        assert_eq!(left().len(), 3);
    }
}
