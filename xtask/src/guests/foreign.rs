//! Programs that nobody wrote for Horarium: published crates, built as they are. The
//! tests run them, to show that what compiles to WASI is a task.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};

use super::{
    TARGET, Toolchain, command, installed, plugins, progress, rustup, toolchain::Compiler,
};

/// The folder below `target/plugins/`.
const FOLDER: &str = "foreign";

/// The one that the examples run, too.
const EXAMPLE: &str = "pulldown-cmark";

/// WASI preview 1, for core modules.
const PREVIEW1: &str = "wasm32-wasip1";

/// The slowest takes ten seconds of a machine that has nothing else to do.
const LIMIT: Duration = Duration::from_secs(600);

/// A published program.
pub(super) struct Program {
    /// The plugin that it becomes.
    plugin: &'static str,
    /// Its crate, and the version.
    package: (&'static str, &'static str),
    /// What cargo calls the program.
    binary: &'static str,
    target: &'static str,
}

/// Small ones, that use files, arguments and exit codes.
const PROGRAMS: [Program; 4] = [
    // Markdown to HTML.
    Program {
        plugin: "pulldown-cmark",
        package: ("pulldown-cmark", "0.13.6"),
        binary: "pulldown-cmark",
        target: TARGET,
    },
    // Base64 and its like.
    Program {
        plugin: "data-encoding",
        package: ("data-encoding-bin", "0.3.10"),
        binary: "data-encoding",
        target: TARGET,
    },
    // JSON, indented or not.
    Program { plugin: "jsonxf", package: ("jsonxf", "1.1.1"), binary: "jsonxf", target: TARGET },
    Program {
        plugin: "jsonxf-preview1",
        package: ("jsonxf", "1.1.1"),
        binary: "jsonxf",
        target: PREVIEW1,
    },
];

/// The programs among `names`, and the names that are no programs; every program
/// where there are no names.
pub(super) fn select(names: &[String]) -> (Vec<&'static Program>, Vec<String>) {
    let is_wanted =
        |program: &&Program| names.is_empty() || names.iter().any(|name| name == program.plugin);
    let is_other = |name: &&String| PROGRAMS.iter().all(|program| program.plugin != **name);
    (PROGRAMS.iter().filter(is_wanted).collect(), names.iter().filter(is_other).cloned().collect())
}

/// Builds programs, as far as that was not done before.
pub(super) fn build(toolchain: &Toolchain, programs: &[&Program]) -> Result<()> {
    for program in programs {
        let name = format!("{FOLDER}/{}.wasm", program.plugin);
        let plugin = toolchain.root.join("target/plugins").join(&name);
        let stamp = folder(toolchain).join(program.plugin);
        if plugin.is_file() && fs::read_to_string(&stamp).is_ok_and(|made| made == program.stamp())
        {
            continue;
        }
        if program.target == PREVIEW1 && !has_preview1(toolchain) {
            progress::guests(format_args!(
                "{name} left out: there is no compiler for {PREVIEW1} here"
            ));
            continue;
        }
        let wasm = program.install(toolchain)?;
        let content = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
        let change = plugins::replace(&plugin, &content)?;
        if program.plugin == EXAMPLE {
            let examples = toolchain.root.join("target/plugins/examples");
            plugins::replace(&examples.join(format!("{EXAMPLE}.wasm")), &content)?;
        }
        plugins::replace(&stamp, program.stamp().as_bytes())?;
        progress::guests(format_args!("{name} {change}, {} KiB", content.len().div_ceil(1024)));
    }
    Ok(())
}

/// The standard library for preview 1 comes with rustup or not at all: a program that
/// needs it is one of several. Rustup is asked once; where its site is out of reach,
/// nobody has to wait for it every time.
fn has_preview1(toolchain: &Toolchain) -> bool {
    let is_there = || installed::has_std(PREVIEW1).unwrap_or(false);
    let asked = folder(toolchain).join(format!("rustup-has-no-{PREVIEW1}"));
    match toolchain.compiler {
        Compiler::Private { .. } => false,
        Compiler::Installed if is_there() => true,
        Compiler::Installed if asked.exists() => false,
        Compiler::Installed => {
            let added = rustup::add_target(PREVIEW1).is_ok() && is_there();
            if !added {
                // Without the note it is asked again.
                let _ = plugins::replace(&asked, b"");
            }
            added
        }
    }
}

/// Where programs are built, and what is known of earlier builds.
fn folder(toolchain: &Toolchain) -> PathBuf {
    toolchain.root.join("target/guests").join(FOLDER)
}

impl Program {
    /// What a build is known by.
    fn stamp(&self) -> String {
        let (package, version) = self.package;
        format!("{package} {version} {}\n", self.target)
    }

    /// Builds it with cargo; where cargo put it.
    fn install(&self, toolchain: &Toolchain) -> Result<PathBuf> {
        let (package, version) = self.package;
        progress::guests(format_args!("building {package} {version} for {}", self.target));
        let folder = folder(toolchain);
        let root = folder.join(self.target);
        let mut cargo = super::environment::cargo();
        cargo.args(["install", package, "--version", &format!("={version}"), "--locked"]);
        cargo.args(["--bin", self.binary, "--target", self.target, "--no-track", "--force"]);
        cargo.arg("--root").arg(&root).arg("--target-dir").arg(folder.join("target"));
        // Quick to build, and not slow to run.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        cargo.env("CARGO_PROFILE_RELEASE_DEBUG", "false");
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        cargo.current_dir(&toolchain.root);
        if let Compiler::Private { rustc } = &toolchain.compiler {
            cargo.env("RUSTC", rustc);
        }
        command::run(&mut cargo, LIMIT)
            .with_context(|| format!("{package} {version} from crates.io does not compile"))?;
        Ok(root.join("bin").join(format!("{}.wasm", self.binary)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_pick_programs_and_leave_the_rest() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (programs, rest) = select(&names(&["jsonxf", "noop"]));
        assert_eq!(programs.iter().map(|program| program.plugin).collect::<Vec<_>>(), ["jsonxf"]);
        assert_eq!(rest, ["noop"]);
        let (programs, rest) = select(&[]);
        assert_eq!((programs.len(), rest.len()), (PROGRAMS.len(), 0));
    }

    #[test]
    fn every_version_is_pinned() {
        for Program { package: (package, version), .. } in PROGRAMS {
            assert_eq!(version.split('.').count(), 3, "{package} {version}");
        }
    }
}
