//! A plugin directory over time.

use std::{fs, path::Path, sync::Arc};

use horarium_core::name::PluginName;
use horarium_sandbox::{Compiler, Library, LibraryEvent, Sandbox};

use crate::support::{endless, guest, sandbox, sandbox_with};

struct Shelf {
    dir: tempfile::TempDir,
    library: Library,
}

impl Shelf {
    fn new() -> Self {
        Self::with(sandbox())
    }

    fn with(sandbox: Sandbox) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(dir.path(), Arc::new(sandbox));
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

    /// The next event.
    async fn next(&self) -> String {
        let (event, _) = self.library.next().await.unwrap();
        shown(&event)
    }

    fn awaits(&self, name: &str) -> bool {
        self.library.is_awaited(&name.parse().unwrap())
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

/// A shelf on which `noop` is known, and nothing else ever gets compiled.
async fn stuck(cache: &Path) -> Shelf {
    sandbox_with(Compiler::InProcess, Some(cache)).load_bytes(guest("noop")).await.unwrap();
    Shelf::with(sandbox_with(endless(), Some(cache)))
}

#[tokio::test]
async fn nobody_waits_for_what_takes_long_to_compile() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = stuck(&dir.path().join("cache")).await;
    shelf.put("bomb.wasm", &guest("unruly"));
    shelf.put("good.wasm", &guest("noop"));
    shelf.library.look().await.unwrap();
    assert_eq!(shelf.next().await, "new good");
    assert!(shelf.awaits("bomb") && !shelf.awaits("good"));
    shelf.put("later.wasm", &guest("noop"));
    shelf.library.look().await.unwrap();
    assert_eq!(shelf.next().await, "new later");
    assert!(shelf.library.try_next().is_none());
    assert_eq!(shelf.library.list().len(), 2, "nothing is known of the third");
}

#[tokio::test]
async fn a_newer_version_overtakes_the_one_before_and_not_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = stuck(&dir.path().join("cache")).await;
    shelf.put("a.wasm", &guest("unruly"));
    shelf.library.look().await.unwrap();
    shelf.put("a.wasm", &guest("noop"));
    shelf.library.look().await.unwrap();
    assert_eq!(shelf.next().await, "new a");
    // Until both loads are over; the first one may have come so late that it read the
    // second version, too.
    while shelf.library.next().await.is_some() {}
    assert_eq!(shelf.library.list()[0].plugin.as_ref().unwrap().functions()[0].name, "noop");
}

#[tokio::test]
async fn a_version_stays_in_use_while_the_next_one_is_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = stuck(&dir.path().join("cache")).await;
    shelf.put("a.wasm", &guest("noop"));
    assert_eq!(shelf.look().await, ["new a"]);
    let good = shelf.version("a");
    shelf.put("a.wasm", &guest("unruly"));
    shelf.library.look().await.unwrap();
    assert_eq!(shelf.version("a"), good);
    assert!(!shelf.awaits("a"), "there is one to use");
}

#[tokio::test]
async fn what_is_gone_is_not_compiled_on() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = stuck(&dir.path().join("cache")).await;
    shelf.put("a.wasm", &guest("unruly"));
    shelf.library.look().await.unwrap();
    assert!(shelf.awaits("a"));
    fs::remove_file(shelf.dir.path().join("a.wasm")).unwrap();
    assert_eq!(shelf.look().await, ["removed a"]);
    assert!(!shelf.awaits("a"));
}

#[tokio::test]
async fn what_is_gone_before_it_is_read_is_not_refused() {
    let shelf = Shelf::new();
    shelf.put("a.wasm", &guest("noop"));
    // Nothing is read before this task waits for something.
    let look = shelf.library.look();
    look.await.unwrap();
    fs::remove_file(shelf.dir.path().join("a.wasm")).unwrap();
    assert!(shelf.library.next().await.is_none(), "there is nothing to tell of it");
    assert_eq!(shelf.look().await, ["removed a"]);
}

#[tokio::test]
async fn a_start_that_gives_up_waiting_loses_nothing() {
    let shelf = Shelf::new();
    shelf.put("a.wasm", &guest("noop"));
    let mut told = Vec::new();
    let scan = shelf.library.scan_until_settled(|event, left| told.push((shown(&event), left)));
    // Compiling takes longer than this; and where it does not, that is fine too.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(1), scan).await;
    while let Some((event, left)) = shelf.library.next().await {
        told.push((shown(&event), left));
    }
    // It may not even have looked.
    if told.is_empty() {
        told.push((shelf.look().await.remove(0), 0));
    }
    assert_eq!(told, [("new a".to_owned(), 0)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_plugins_are_loaded_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = stuck(&dir.path().join("cache")).await;
    for number in 0..100 {
        shelf.put(&format!("p{number}.wasm"), &guest("noop"));
    }
    let mut left = Vec::new();
    shelf.library.scan(|_, still| left.push(still)).await.unwrap();
    assert_eq!(left.len(), 100);
    assert_eq!(left.last(), Some(&0));
    assert!(left.is_sorted_by(|before, after| before > after), "counted down: {left:?}");
    assert!(shelf.library.list().iter().all(|listing| listing.plugin.is_some()));
}
