//! Compiles guests with cargo and finds what came of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::members::makes_component;
use super::toolchain::Compiler;
use super::{Guest, TARGET, Toolchain, command, environment};

/// A compiled guest.
#[derive(Debug)]
pub(crate) struct Artifact<'a> {
    /// The package it comes from.
    pub(crate) guest: &'a Guest,
    /// The component, where cargo put it.
    pub(crate) wasm: PathBuf,
}

impl Toolchain {
    /// Compiles `guests` with the workspace profile `profile`, in their own
    /// target folder: host builds and guest builds then share no lock.
    ///
    /// # Errors
    /// If cargo fails (it has said why on stderr), or if a package does not
    /// make exactly one component.
    pub(crate) fn build<'a>(
        &self,
        guests: &'a [Guest],
        profile: &str,
    ) -> Result<Vec<Artifact<'a>>> {
        if guests.is_empty() {
            return Ok(Vec::new());
        }
        let mut cargo = environment::cargo();
        cargo.current_dir(&self.root).args(["build", "--profile", profile, "--target", TARGET]);
        cargo.arg("--target-dir").arg(target_dir(&self.root));
        cargo.arg("--message-format=json-render-diagnostics");
        for guest in guests {
            cargo.args(["-p", &guest.package]);
        }
        if let Compiler::Private { rustc } = &self.compiler {
            cargo.env("RUSTC", rustc);
        }
        let messages = command::run_shown(&mut cargo).context("the guests do not compile")?;
        let components = components(&messages)?;
        guests.iter().map(|guest| pick(guest, &components)).collect()
    }
}

/// Where cargo builds the guests of the workspace at `root`.
pub(super) fn target_dir(root: &Path) -> PathBuf {
    root.join("target/guests")
}

/// Every component that cargo reports, with the manifest of its package.
fn components(messages: &str) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Value = serde_json::from_str(line).context("cargo's message is no JSON")?;
        if message["reason"] != "compiler-artifact" || !makes_component(&message["target"]) {
            continue;
        }
        let manifest = message["manifest_path"].as_str().unwrap_or_default();
        let files = message["filenames"].as_array().into_iter().flatten();
        let wasm = files.filter_map(Value::as_str).filter(|file| file.ends_with(".wasm"));
        found.extend(wasm.map(|file| (PathBuf::from(manifest), PathBuf::from(file))));
    }
    Ok(found)
}

fn pick<'a>(guest: &'a Guest, components: &[(PathBuf, PathBuf)]) -> Result<Artifact<'a>> {
    let mut own = components.iter().filter(|(manifest, _)| *manifest == guest.manifest);
    match (own.next(), own.count()) {
        (Some((_, wasm)), 0) => Ok(Artifact { guest, wasm: wasm.clone() }),
        (None, _) => bail!("package {} made no component", guest.package),
        (Some(_), more) => bail!("package {} made {} components, not one", guest.package, more + 1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::members::Group;
    use super::*;

    fn message(package: &str, kind: &str, files: &[&str]) -> String {
        json!({
            "reason": "compiler-artifact",
            "manifest_path": format!("/w/{package}/Cargo.toml"),
            "target": { "kind": [kind], "name": "some_name" },
            "filenames": files,
        })
        .to_string()
    }

    fn guest(package: &str) -> Guest {
        let manifest = PathBuf::from(format!("/w/{package}/Cargo.toml"));
        Guest { package: package.to_owned(), manifest, group: Group::Tests }
    }

    #[test]
    fn components_are_found_whatever_their_file_is_called() {
        let messages = [
            message("dep", "lib", &["/t/libdep.rlib"]),
            message("macros", "proc-macro", &["/t/libmacros.so"]),
            message("a", "custom-build", &["/t/build-script-build"]),
            message("a", "cdylib", &["/t/other_name.wasm"]),
            "a line of a build script".to_owned(),
            json!({ "reason": "build-finished", "success": true }).to_string(),
        ];
        let found = components(&messages.join("\n")).unwrap();
        assert_eq!(pick(&guest("a"), &found).unwrap().wasm, Path::new("/t/other_name.wasm"));
        let error = pick(&guest("b"), &found).unwrap_err().to_string();
        assert_eq!(error, "package b made no component");
    }

    #[test]
    fn two_components_of_one_package_are_ambiguous() {
        let messages = [message("a", "bin", &["/t/x.wasm"]), message("a", "bin", &["/t/y.wasm"])];
        let found = components(&messages.join("\n")).unwrap();
        let error = pick(&guest("a"), &found).unwrap_err().to_string();
        assert_eq!(error, "package a made 2 components, not one");
    }
}
