//! What is worth knowing about the packages.

use std::collections::{BTreeMap, BTreeSet};

use horarium_sdk::prelude::*;

use crate::lock::{Origin, Package};

/// The task's output, and what lies in the report's file.
#[output]
pub(crate) struct Report {
    pub(crate) packages: usize,
    /// Packages in more than one version, with the versions.
    pub(crate) duplicates: BTreeMap<String, BTreeSet<String>>,
    /// Packages from git repositories.
    git: Vec<String>,
    /// Packages without any source: the workspace's own.
    local: Vec<String>,
}

impl Report {
    pub(crate) fn about(packages: &[Package<'_>]) -> Self {
        let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
        for package in packages {
            let of_it = versions.entry(package.name.to_owned()).or_default();
            of_it.insert(package.version.to_owned());
        }
        versions.retain(|_, versions| versions.len() > 1);

        Self {
            packages: packages.len(),
            duplicates: versions,
            git: from(packages, Origin::Git),
            local: from(packages, Origin::Local),
        }
    }
}

fn from(packages: &[Package<'_>], origin: Origin) -> Vec<String> {
    let from_there = packages.iter().filter(|package| package.origin == origin);
    from_there.map(|package| package.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &'static str, version: &'static str, origin: Origin) -> Package<'static> {
        Package { name, version, origin }
    }

    #[test]
    fn several_versions_are_a_duplicate() {
        let report = Report::about(&[
            package("a", "1.0.0", Origin::Registry),
            package("b", "1.0.0", Origin::Registry),
            package("b", "2.0.0", Origin::Git),
            package("c", "0.1.0", Origin::Local),
        ]);
        assert_eq!(report.packages, 4);
        assert_eq!(report.duplicates.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(report.duplicates["b"].len(), 2);
        assert_eq!(report.git, ["b"]);
        assert_eq!(report.local, ["c"]);
    }
}
