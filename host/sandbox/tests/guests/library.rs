//! A plugin directory over time.

use std::{fs, path::Path, sync::Arc};

use horarium_core::name::PluginName;
use horarium_sandbox::{Library, LibraryEvent};

use crate::support::{guest, sandbox};

struct Shelf {
    dir: tempfile::TempDir,
    library: Library,
}

impl Shelf {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(dir.path(), Arc::new(sandbox()));
        Self { dir, library }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        // Renamed into place, with an age: nobody has to wait for it to rest.
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        age(&path);
    }

    /// Looks once; each event as a word and a name.
    async fn look(&self) -> Vec<String> {
        let mut events = Vec::new();
        self.library.scan(|event, _| events.push(shown(&event))).await.unwrap();
        events
    }

    fn version(&self, name: &str) -> Option<String> {
        let name: PluginName = name.parse().unwrap();
        self.library.get(&name).map(|plugin| plugin.digest().short())
    }
}

fn age(path: &Path) {
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
}

fn shown(event: &LibraryEvent) -> String {
    match event {
        LibraryEvent::Loaded { name, replaces: None, .. } => format!("new {name}"),
        LibraryEvent::Loaded { name, replaces: Some(_), .. } => format!("replaced {name}"),
        LibraryEvent::Refused { name, keeps: None, .. } => format!("refused {name}"),
        LibraryEvent::Refused { name, keeps: Some(_), .. } => format!("refused, kept {name}"),
        LibraryEvent::Removed { name } => format!("removed {name}"),
    }
}

#[tokio::test]
async fn plugins_come_change_and_go() {
    let shelf = Shelf::new();
    assert!(shelf.look().await.is_empty());
    shelf.put("a.wasm", &guest("noop"));
    shelf.put("notes.txt", b"not a plugin");
    assert_eq!(shelf.look().await, ["new a"]);
    assert!(shelf.look().await.is_empty());
    let first = shelf.version("a");
    shelf.put("a.wasm", &guest("unruly"));
    assert_eq!(shelf.look().await, ["replaced a"]);
    assert_ne!(shelf.version("a"), first);
    fs::remove_file(shelf.dir.path().join("a.wasm")).unwrap();
    assert_eq!(shelf.look().await, ["removed a"]);
    assert_eq!(shelf.version("a"), None);
}

#[tokio::test]
async fn the_last_good_version_stays() {
    let shelf = Shelf::new();
    shelf.put("a.wasm", &guest("noop"));
    shelf.look().await;
    let good = shelf.version("a");
    for bad in [&b""[..], b"not wasm at all", &guest("noop")[..1000]] {
        shelf.put("a.wasm", bad);
        assert_eq!(shelf.look().await, ["refused, kept a"]);
        assert_eq!(shelf.version("a"), good);
        assert!(shelf.library.list()[0].problem.is_some());
    }
    shelf.put("a.wasm", &guest("noop"));
    assert_eq!(shelf.look().await, ["replaced a"]);
    assert!(shelf.library.list()[0].problem.is_none());
}

#[tokio::test]
async fn a_file_that_is_being_written_is_left_alone() {
    let shelf = Shelf::new();
    let path = shelf.dir.path().join("a.wasm");
    let bytes = guest("noop");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(shelf.look().await.is_empty(), "just written: it may go on");
    fs::write(&path, &bytes).unwrap();
    assert!(shelf.look().await.is_empty(), "it went on");
    assert_eq!(shelf.look().await, ["new a"], "it rests");
}

#[tokio::test]
async fn odd_names_and_odd_files_are_refused_and_others_load() {
    let shelf = Shelf::new();
    shelf.put("two words.wasm", &guest("noop"));
    fs::create_dir(shelf.dir.path().join("folder.wasm")).unwrap();
    shelf.put("good.wasm", &guest("noop"));
    // The folder has just been made: it takes a second look.
    let mut events = shelf.look().await;
    events.extend(shelf.look().await);
    events.sort();
    assert_eq!(events, ["new good", "refused folder", "refused two words"]);
}
