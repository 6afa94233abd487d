//! What the tests need to have been built before them.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

/// Where cargo puts everything: `target`.
fn target() -> PathBuf {
    let exe = env::current_exe().expect("a process knows its binary");
    // target/debug/deps/host-…, or target/debug/kill9
    let profile = exe.ancestors().find(|dir| dir.join("deps").is_dir());
    let target = profile.and_then(Path::parent);
    target.unwrap_or_else(|| panic!("{} is not in a target folder", exe.display())).to_owned()
}

/// The host's binary.
#[must_use]
pub fn horarium() -> PathBuf {
    present(target().join("debug/horarium"))
}

/// A plugin's file, such as `tests/noop`.
#[must_use]
pub fn plugin(name: &str) -> PathBuf {
    present(target().join(format!("plugins/{name}.wasm")))
}

/// A plugin's file that is built where there is a compiler for it, and else is not
/// there.
#[must_use]
pub fn plugin_if_built(name: &str) -> Option<PathBuf> {
    Some(target().join(format!("plugins/{name}.wasm"))).filter(|path| path.is_file())
}

fn present(path: PathBuf) -> PathBuf {
    assert!(
        path.is_file(),
        "there is no {}; `cargo xtask test` builds the host and the guests before it runs the tests",
        path.display()
    );
    path
}

/// A folder on a real disk, where temporary folders may be in memory.
pub(crate) fn scratch() -> TempDir {
    let tmp = target().join("tmp");
    fs::create_dir_all(&tmp).expect("the target folder is ours");
    TempDir::with_prefix_in("horarium-", tmp).expect("the target folder is ours")
}

/// A cache home in which the guests are compiled already, so that each of them is
/// compiled once, and not once for each test.
pub(crate) fn cache_home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = target().join("tmp/e2e");
        fs::create_dir_all(&home).expect("the target folder is ours");
        // Test binaries run side by side.
        let lock = File::create(home.join("lock")).expect("the target folder is ours");
        lock.lock().expect("files can be locked");
        let compile = |args: &[&str], guest| {
            let done = Command::new(horarium())
                .args(args)
                .arg(plugin(guest))
                .env("XDG_CACHE_HOME", &home)
                .output()
                .expect("the host can be started");
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{guest} can't be used: {said}");
        };
        for (guest, function) in
            [("tests/noop", "noop"), ("tests/unruly", "succeed"), ("tests/hostile", "behave")]
        {
            // For limited fuel, and for unlimited fuel as well.
            compile(&["run", "--fuel", "unlimited", "--function", function, "--plugin"], guest);
        }
        for guest in ["tests/fetcher", "tests/prober", "tests/program"] {
            compile(&["inspect"], guest);
        }
        home
    })
}

/// The compile cache in there.
pub(crate) fn cache() -> PathBuf {
    cache_home().join("horarium")
}
