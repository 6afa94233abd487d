//! `cargo xtask fuzz`: every fuzz target for a while.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::steps;

/// A test without any code of the host. With tests to build, cargo gives the
/// dependencies the features that all tests need: those that are built already serve.
const ANY_TEST: &str = "task_error";

/// Builds all targets, and fuzzes the named ones; all where none is named.
pub(crate) fn run(root: &Path, names: &[String], seconds: u32) -> Result<()> {
    let all = targets(root)?;
    if let Some(unknown) = names.iter().find(|name| !all.contains(name)) {
        bail!("there is no fuzz target `{unknown}`, but {}", all.join(", "));
    }
    build(root, &all)?;
    let chosen = if names.is_empty() { &all } else { names };
    chosen.iter().try_for_each(|target| fuzz(root, target, seconds))
}

fn targets(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))?;
    let mut targets = Vec::new();
    for file in files {
        let file = file?.path();
        targets.extend(file.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    targets.sort_unstable();
    Ok(targets)
}

fn build(root: &Path, targets: &[String]) -> Result<()> {
    let mut build = steps::command(root);
    build.args(["build", "--workspace", "--features", "fuzz-targets/libfuzzer"]);
    for target in targets {
        build.args(["--bin", target]);
    }
    build.args(["--test", ANY_TEST]);
    build.env("RUSTC_WORKSPACE_WRAPPER", root.join("fuzz/instrument.sh"));
    steps::succeed(&mut build)
}

/// Goes on from what was found before, and from the inputs that are kept.
fn fuzz(root: &Path, target: &str, seconds: u32) -> Result<()> {
    let place = root.join("target/fuzz").join(target);
    let found = place.join("corpus");
    fs::create_dir_all(&found).with_context(|| format!("can't make {}", found.display()))?;
    println!("\n{target}, for {seconds} s:");
    let mut fuzzer = Command::new(root.join("target/debug").join(target));
    fuzzer
        .current_dir(root)
        .arg(found)
        .arg(root.join("fuzz/corpus").join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", place.display()))
        // What it has to say of its progress is for those who tune it.
        .args(["-verbosity=0", "-print_final_stats=1"]);
    steps::succeed(&mut fuzzer).with_context(|| {
        format!(
            "`{target}` breaks; mend what the input above shows, and keep it in fuzz/corpus/{target}"
        )
    })
}
