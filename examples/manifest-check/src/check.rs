//! What a manifest should say.

use crate::manifest::{Manifest, Said};

/// What the packages may inherit from.
pub(crate) struct Workspace(Manifest);

impl Workspace {
    pub(crate) fn new(root: Manifest) -> Self {
        Self(root)
    }

    /// What is amiss in the manifest of a package.
    pub(crate) fn problems(&self, package: &Manifest) -> Vec<String> {
        let keys = ["license", "description", "edition", "rust-version"];
        let mut problems: Vec<_> =
            keys.into_iter().filter_map(|key| self.problem(package, key)).collect();
        if package.said("lints", "workspace") != Said::Itself("true") {
            problems.push("does not follow the lints of the workspace".to_owned());
        }
        problems
    }

    fn problem(&self, package: &Manifest, key: &str) -> Option<String> {
        match package.said("package", key) {
            Said::Nothing => Some(format!("has no `{key}`")),
            Said::Itself("\"\"") => Some(format!("has an empty `{key}`")),
            Said::Inherited if self.0.said("workspace.package", key) == Said::Nothing => {
                Some(format!("inherits a `{key}` that the workspace does not have"))
            }
            Said::Inherited | Said::Itself(_) => None,
        }
    }

    /// The licences of the workspace whose text is in none of the files beside it.
    pub(crate) fn missing_licences(&self, files: &[String]) -> Vec<String> {
        let expression = self.0.text("workspace.package", "license").unwrap_or_default();
        expression
            .split([' ', '(', ')', '/'])
            .filter(|word| !matches!(*word, "" | "AND" | "OR" | "WITH"))
            .filter(|licence| !files.iter().any(|file| holds(file, licence)))
            .map(|licence| format!("there is no file with the text of {licence}"))
            .collect()
    }
}

/// Whether a file named `LICENSE-APACHE` may hold the text of `Apache-2.0`.
fn holds(file: &str, licence: &str) -> bool {
    let family = licence.split('-').next().unwrap_or(licence);
    let file = file.to_ascii_uppercase();
    let name = file.split('.').next().unwrap_or(&file);
    ["LICENSE", "LICENCE", "COPYING"].contains(&name)
        || name.ends_with(&format!("-{}", family.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace::new(Manifest::parse(
            "[workspace.package]\nedition = \"2024\"\nlicense = \"MIT OR Apache-2.0\"",
        ))
    }

    #[test]
    fn a_package_in_order_has_no_problems() {
        let package = "[package]\nname = \"a\"\ndescription = \"An a\"\nlicense.workspace = true\n\
                       edition.workspace = true\nrust-version = \"1.95\"\n[lints]\nworkspace = true";
        let problems = workspace().problems(&Manifest::parse(package));
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn everything_that_is_amiss_is_said() {
        let package =
            "[package]\ndescription = \"\"\nedition = \"2024\"\nrust-version.workspace = true";
        assert_eq!(
            workspace().problems(&Manifest::parse(package)),
            [
                "has no `license`",
                "has an empty `description`",
                "inherits a `rust-version` that the workspace does not have",
                "does not follow the lints of the workspace",
            ]
        );
    }

    #[test]
    fn every_licence_needs_its_text() {
        let missing = |files: &[&str]| {
            let files: Vec<_> = files.iter().map(|&file| file.to_owned()).collect();
            workspace().missing_licences(&files).len()
        };
        assert_eq!(missing(&["LICENSE-MIT", "LICENSE-APACHE.txt"]), 0);
        assert_eq!(missing(&["LICENSE-MIT", "README.md"]), 1);
        assert_eq!(missing(&[]), 2);
        assert_eq!(missing(&["COPYING"]), 0);
    }
}
