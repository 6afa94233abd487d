//! A guest in a granted directory finds files and directories, and opens nothing
//! else.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::PathBuf,
};

use horarium_core::{
    grants::{DirAccess, DirGrant, Grants, Stdin, WriteLimit},
    log::Source,
};
use horarium_sandbox::{Plugin, Sandbox};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Call, output, prober};

/// A directory that is granted as `/dir`, and one beside it.
struct Dirs {
    _root: TempDir,
    granted: PathBuf,
    beside: PathBuf,
}

impl Dirs {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap();
        let [granted, beside] = ["granted", "beside"].map(|name| {
            fs::create_dir(real.join(name)).unwrap();
            real.join(name)
        });
        fs::write(beside.join("secret"), "secret").unwrap();
        Self { _root: root, granted, beside }
    }

    fn grants(&self, access: DirAccess) -> Grants {
        let dir = DirGrant { host: self.granted.clone(), guest: "/dir".to_owned(), access };
        Grants { dirs: vec![dir], ..Grants::default() }
    }

    fn writable(&self) -> Grants {
        self.grants(DirAccess::ReadWrite)
    }
}

type Guest = (Sandbox, Plugin);

async fn run(guest: &Guest, function: &str, args: Value, grants: Grants) -> Value {
    output(&Call::to(function).with(args).granted(grants).run(&guest.0, &guest.1).await)
}

#[track_caller]
fn all_refused(tried: &Value) {
    for (way, tried) in tried.as_object().unwrap() {
        assert!(tried["refused"].is_string(), "{way}: {tried}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fifo_holds_up_nobody() {
    let guest = prober().await;
    let dirs = Dirs::new();
    mknodat(CWD, dirs.granted.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    symlink("fifo", dirs.granted.join("link")).unwrap();
    for access in [DirAccess::ReadOnly, DirAccess::ReadWrite] {
        for path in ["/dir/fifo", "/dir/link"] {
            all_refused(&run(&guest, "open", json!({ "path": path }), dirs.grants(access)).await);
        }
    }
    let listed = run(&guest, "count", json!({ "path": "/dir" }), dirs.writable()).await;
    assert_eq!(listed["got"], 2, "it is there to be seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_and_a_device_are_not_opened() {
    let guest = prober().await;
    let dirs = Dirs::new();
    let _socket = UnixListener::bind(dirs.granted.join("socket")).unwrap();
    all_refused(&run(&guest, "open", json!({ "path": "/dir/socket" }), dirs.writable()).await);
    let dev =
        DirGrant { host: "/dev".into(), guest: "/dir".to_owned(), access: DirAccess::ReadWrite };
    let grants = Grants { dirs: vec![dev], ..Grants::default() };
    all_refused(&run(&guest, "open", json!({ "path": "/dir/zero" }), grants.clone()).await);
    all_refused(&run(&guest, "open", json!({ "path": "/dir/tty" }), grants).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kernels_own_files_are_not_found_below_another_directory() {
    let guest = prober().await;
    let root = DirGrant { host: "/".into(), guest: "/dir".to_owned(), access: DirAccess::ReadOnly };
    let grants = Grants { dirs: vec![root], ..Grants::default() };
    for path in ["/dir/proc/self/environ", "/dir/proc/1/status", "/dir/sys/kernel/uevent_seqnum"] {
        all_refused(&run(&guest, "open", json!({ "path": path }), grants.clone()).await);
    }
    let proc = DirGrant {
        host: "/proc/sys/kernel".into(),
        guest: "/dir".to_owned(),
        access: DirAccess::ReadOnly,
    };
    let grants = Grants { dirs: vec![proc], ..Grants::default() };
    let opened = run(&guest, "open", json!({ "path": "/dir/ostype" }), grants).await;
    assert_eq!(opened["read"]["got"], 6, "granted as such, it is meant: {opened}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_way_out_by_any_name() {
    let guest = prober().await;
    let dirs = Dirs::new();
    symlink("../beside/secret", dirs.granted.join("up")).unwrap();
    symlink(dirs.beside.join("secret"), dirs.granted.join("absolute")).unwrap();
    symlink("../beside", dirs.granted.join("folder")).unwrap();
    symlink("loop", dirs.granted.join("loop")).unwrap();
    fs::write(dirs.granted.join("own"), "own").unwrap();
    for path in [
        "/dir/../beside/secret",
        "/dir/up",
        "/dir/absolute",
        "/dir/folder/secret",
        "/dir/folder/new",
        "/dir/loop",
        "/dir/own/../../beside/secret",
    ] {
        all_refused(&run(&guest, "open", json!({ "path": path }), dirs.writable()).await);
    }
    for (from, to) in [
        ("/dir/own", "/dir/../beside/new"),
        ("/dir/own", "/dir/folder/new"),
        ("/dir/../beside/secret", "/dir/new"),
        ("/dir/folder/secret", "/dir/new"),
        // A trailing slash makes a kernel follow a link.
        ("/dir/folder/", "/dir/new/"),
        ("/dir/own/", "/dir/new"),
    ] {
        let renamed =
            run(&guest, "rename", json!({ "from": from, "to": to }), dirs.writable()).await;
        all_refused(&renamed);
    }
    assert_eq!(fs::read_dir(&dirs.beside).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(dirs.beside.join("secret")).unwrap(), "secret");
    // A link itself may be renamed, and still leads nowhere.
    run(&guest, "rename", json!({ "from": "/dir/up", "to": "/dir/on" }), dirs.writable()).await;
    all_refused(&run(&guest, "open", json!({ "path": "/dir/on" }), dirs.writable()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_only_be_read_is_not_changed() {
    let guest = prober().await;
    let dirs = Dirs::new();
    fs::write(dirs.granted.join("own"), "own").unwrap();
    fs::set_permissions(dirs.granted.join("own"), Permissions::from_mode(0o666)).unwrap();
    let before = fs::metadata(dirs.granted.join("own")).unwrap().modified().unwrap();
    let grants = || dirs.grants(DirAccess::ReadOnly);
    let opened = run(&guest, "open", json!({ "path": "/dir/own" }), grants()).await;
    assert_eq!(opened["read"]["got"], 3);
    for way in ["write", "append", "create", "truncate", "times", "list"] {
        assert!(opened[way]["refused"].is_string(), "{way}: {opened}");
    }
    let way = json!({ "from": "/dir/own", "to": "/dir/new" });
    all_refused(&run(&guest, "rename", way, grants()).await);
    let fill = json!({ "path": "/dir/new", "bytes": 4096 });
    assert_eq!(run(&guest, "fill", fill, grants()).await["steps"], 0);
    assert_eq!(fs::read_to_string(dirs.granted.join("own")).unwrap(), "own");
    assert_eq!(fs::metadata(dirs.granted.join("own")).unwrap().modified().unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_opened_in_every_way_that_there_is() {
    let guest = prober().await;
    let dirs = Dirs::new();
    fs::write(dirs.granted.join("own"), "own").unwrap();
    symlink("own", dirs.granted.join("link")).unwrap();
    fs::create_dir(dirs.granted.join("deep")).unwrap();
    for path in ["/dir/own", "/dir/link", "/dir/deep/../own"] {
        fs::write(dirs.granted.join("own"), "own").unwrap();
        let opened = run(&guest, "open", json!({ "path": path }), dirs.writable()).await;
        assert_eq!(opened["read"]["got"], 3, "{opened}");
        for way in ["write", "append", "create", "truncate"] {
            assert!(opened[way].get("got").is_some(), "{way} of {path}: {opened}");
        }
        assert_eq!(fs::read_to_string(dirs.granted.join("own")).unwrap(), "");
    }
    let renamed = run(
        &guest,
        "rename",
        json!({ "from": "/dir/own", "to": "/dir/deep/new" }),
        dirs.writable(),
    )
    .await;
    for way in ["link", "rename", "copy"] {
        assert!(renamed[way].get("got").is_some(), "{renamed}");
    }
    let opened = run(&guest, "open", json!({ "path": "/dir/deep" }), dirs.writable()).await;
    assert_eq!(opened["list"]["got"], 1, "{opened}");
    let none = run(&guest, "open", json!({ "path": "/dir/none" }), dirs.writable()).await;
    assert!(none["read"]["refused"].as_str().unwrap().contains("No such file"), "{none}");
    assert!(none["create"].get("got").is_some(), "{none}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_listed_whole_whatever_its_length() {
    let guest = prober().await;
    let dirs = Dirs::new();
    for length in [0, 1, 127, 128, 129, 3_000] {
        let dir = dirs.granted.join(length.to_string());
        fs::create_dir(&dir).unwrap();
        for name in 0..length {
            fs::write(dir.join(name.to_string()), "").unwrap();
        }
        let path = format!("/dir/{length}");
        let counted =
            run(&guest, "count", json!({ "path": path }), dirs.grants(DirAccess::ReadOnly)).await;
        assert_eq!(counted["got"], length, "{counted}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_is_filled_to_the_limit() {
    const LIMIT: u64 = 1 << 20;
    let guest = prober().await;
    for by in ["stream", "holes", "names"] {
        let dirs = Dirs::new();
        let grants = Grants { write_limit: WriteLimit(LIMIT), ..dirs.writable() };
        let fill = json!({ "path": "/dir/new", "bytes": 100 * LIMIT, "by": by });
        let call = Call::to("fill").with(fill).granted(grants);
        let heard = call.heard.clone();
        let filled = output(&call.run(&guest.0, &guest.1).await);
        // wasi-libc calls it an I/O error where a stream says so.
        assert!(filled["end"]["refused"].is_string(), "{filled}");
        let steps = filled["steps"].as_u64().unwrap();
        assert!((100..=LIMIT / 4096).contains(&steps), "{by}: {steps} steps");
        let told: Vec<_> =
            heard.lines().into_iter().filter(|line| line.source == Source::Host).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].message.contains("write_limit"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standard_input_is_what_was_granted() {
    let guest = prober().await;
    let dirs = Dirs::new();
    let stdin = async |stdin: Stdin| {
        run(&guest, "stdin", json!(null), Grants { stdin, ..Grants::default() }).await
    };
    assert_eq!(stdin(Stdin::Empty).await, "");
    assert_eq!(stdin(Stdin::Text("one\ntwo".to_owned())).await, "one\ntwo");
    let file = dirs.beside.join("input");
    fs::write(&file, "from a file").unwrap();
    assert_eq!(stdin(Stdin::File(file.clone())).await, "from a file");
    // As long as the guest can return it in quotes.
    let long = "x".repeat((1 << 20) - 2);
    fs::write(&file, &long).unwrap();
    assert_eq!(stdin(Stdin::File(file)).await, long.as_str());
    let gone = Grants { stdin: Stdin::File(dirs.beside.join("gone")), ..Grants::default() };
    let outcome = Call::to("stdin").granted(gone).run(&guest.0, &guest.1).await;
    let error = outcome.verdict.error().unwrap();
    assert!(error.contains("standard input") && error.contains("beside/gone"), "{error}");
}
