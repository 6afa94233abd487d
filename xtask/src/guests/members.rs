//! Which packages of the workspace are guests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{command, environment};

const LIMIT: Duration = Duration::from_secs(60);

/// A package that compiles to a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guest {
    /// Its package name.
    pub(crate) package: String,
    /// Its `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// What it is for.
    pub(crate) group: Group,
}

/// What a guest is for; also the folder below `target/plugins/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Below `examples/`.
    Examples,
    /// Below `tests/guests/`.
    Tests,
}

impl Group {
    const ALL: [Self; 2] = [Self::Examples, Self::Tests];

    /// The folder's name below `target/plugins/`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Examples => "examples",
            Self::Tests => "tests",
        }
    }

    fn sources(self) -> &'static str {
        match self {
            Self::Examples => "examples",
            Self::Tests => "tests/guests",
        }
    }
}

impl Guest {
    /// The package name without what only says that it is a guest.
    pub(crate) fn plugin(&self) -> &str {
        let name = self.package.as_str();
        ["guest-", "example-"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
    }
}

/// All guests of the workspace at `root`.
pub(super) fn guests(root: &Path) -> Result<Vec<Guest>> {
    let printed = command::run(
        environment::cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(root),
        LIMIT,
    )?;
    let metadata: Value = serde_json::from_str(&printed).context("`cargo metadata` is no JSON")?;
    let guests = among(&metadata, root);
    distinct(&guests)?;
    Ok(guests)
}

/// Those with one of the `names`, plugin or package; all, if there are none.
pub(super) fn select(guests: Vec<Guest>, names: &[String]) -> Result<Vec<Guest>> {
    let called = |guest: &Guest, name: &String| guest.plugin() == name || guest.package == *name;
    for name in names {
        if !guests.iter().any(|guest| called(guest, name)) {
            let known: Vec<&str> = guests.iter().map(Guest::plugin).collect();
            bail!("no guest is called {name}; there are: {}", known.join(", "));
        }
    }
    let wanted = |guest: &Guest| names.is_empty() || names.iter().any(|name| called(guest, name));
    Ok(guests.into_iter().filter(wanted).collect())
}

fn among(metadata: &Value, root: &Path) -> Vec<Guest> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    packages
        .iter()
        .filter(|package| targets(package).any(makes_component))
        .filter_map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str()?);
            let group = Group::ALL
                .into_iter()
                .find(|group| manifest.starts_with(root.join(group.sources())))?;
            let package = package["name"].as_str()?.to_owned();
            Some(Guest { package, manifest: manifest.to_owned(), group })
        })
        .collect()
}

fn targets(package: &Value) -> impl Iterator<Item = &Value> {
    package["targets"].as_array().into_iter().flatten()
}

/// Whether a target of `cargo metadata` or of a build message links to a component.
pub(super) fn makes_component(target: &Value) -> bool {
    let kinds = target["kind"].as_array().into_iter().flatten();
    kinds.filter_map(Value::as_str).any(|kind| matches!(kind, "bin" | "cdylib"))
}

/// Two guests of one name would overwrite each other.
fn distinct(guests: &[Guest]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for guest in guests {
        if let Some(other) = seen.insert((guest.group, guest.plugin()), &guest.package) {
            bail!("packages {other} and {} have one plugin name", guest.package);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn guest(package: &str, group: Group) -> Guest {
        Guest { package: package.to_owned(), manifest: PathBuf::new(), group }
    }

    fn package(name: &str, folder: &str, kind: &str) -> Value {
        json!({
            "name": name,
            "manifest_path": format!("/w/{folder}/Cargo.toml"),
            "targets": [{ "kind": [kind] }, { "kind": ["custom-build"] }],
        })
    }

    #[test]
    fn guests_lie_in_two_folders_and_link() {
        let metadata = json!({ "packages": [
            package("horarium", "host", "bin"),
            package("example-hello", "examples/hello", "cdylib"),
            package("guest-sdk-probe", "tests/guests/sdk-probe", "bin"),
            package("guest-shared", "tests/guests/shared", "lib"),
            package("e2e", "tests", "lib"),
        ]});
        let found = among(&metadata, Path::new("/w"));
        let names: Vec<_> = found.iter().map(|guest| (guest.plugin(), guest.group)).collect();
        assert_eq!(names, [("hello", Group::Examples), ("sdk-probe", Group::Tests)]);
    }

    #[test]
    fn only_a_leading_prefix_goes() {
        assert_eq!(guest("guest-example-x", Group::Tests).plugin(), "example-x");
        assert_eq!(guest("hello-guest-x", Group::Tests).plugin(), "hello-guest-x");
    }

    #[test]
    fn one_name_twice_in_a_group_is_an_error() {
        let (one, two) = (guest("guest-x", Group::Tests), guest("x", Group::Tests));
        let error = distinct(&[one.clone(), two]).unwrap_err().to_string();
        assert_eq!(error, "packages guest-x and x have one plugin name");
        assert!(distinct(&[one, guest("example-x", Group::Examples)]).is_ok());
    }

    #[test]
    fn names_select_by_plugin_or_package() {
        let all = vec![guest("guest-a", Group::Tests), guest("guest-b", Group::Tests)];
        let pick = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            select(all.clone(), &names).map(|found| found.len())
        };
        assert_eq!(pick(&[]).unwrap(), 2);
        assert_eq!(pick(&["a"]).unwrap(), 1);
        assert_eq!(pick(&["a", "guest-b"]).unwrap(), 2);
        let error = pick(&["c"]).unwrap_err().to_string();
        assert_eq!(error, "no guest is called c; there are: a, b");
    }
}
