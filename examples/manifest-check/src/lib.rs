//! Checks that every package of a workspace says what it is and under which licence,
//! and that the texts of those licences are there. Grant it the workspace as `/src`;
//! reading is enough.

mod check;
mod find;
mod manifest;

use std::{fs, path::Path};

use horarium_sdk::prelude::*;

use check::Workspace;
use manifest::Manifest;

/// Where the workspace is granted.
const WORKSPACE: &str = "/src";

/// How strict to be.
#[args]
struct Options {
    /// Whether the run fails where something is amiss, instead of only saying so.
    #[serde(default)]
    strict: bool,
}

/// What was checked, and what is amiss.
#[output]
struct Report {
    packages: usize,
    findings: Vec<Finding>,
}

/// Something that is amiss.
#[output]
struct Finding {
    file: String,
    problem: String,
}

/// Checks licence, description and lints of every package.
#[task(at = "2026-01-01T00:00:00Z", timeout = "10s")]
fn manifest_check(options: Options) -> Result<Report, TaskError> {
    let report = check(Path::new(WORKSPACE))?;
    for Finding { file, problem } in &report.findings {
        log::warn!("{file}: {problem}");
    }
    match report.findings.len() {
        some @ 1.. if options.strict => {
            let reason = format!("{some} findings in {} packages", report.packages);
            Err(TaskError::permanent(reason))
        }
        some => {
            log::info!("{} packages, {some} findings", report.packages);
            Ok(report)
        }
    }
}

fn check(folder: &Path) -> Result<Report, TaskError> {
    let root = fs::read_to_string(folder.join("Cargo.toml"))
        .with_context(|| format!("no workspace in {}: was it granted?", folder.display()))
        .map_err(TaskError::permanent)?;
    let workspace = Workspace::new(Manifest::parse(&root));

    let mut report = Report { packages: 0, findings: Vec::new() };
    for file in find::manifests(folder).context("the workspace changed underneath")? {
        let source = fs::read_to_string(&file).context("the workspace changed underneath")?;
        let manifest = Manifest::parse(&source);
        if !manifest.is_package() {
            continue;
        }
        report.packages += 1;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy();
        report.add(&name, workspace.problems(&manifest));
    }
    let names = find::names(folder).context("the workspace changed underneath")?;
    report.add("Cargo.toml", workspace.missing_licences(&names));
    Ok(report)
}

impl Report {
    fn add(&mut self, file: &str, problems: Vec<String>) {
        self.findings
            .extend(problems.into_iter().map(|problem| Finding { file: file.to_owned(), problem }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_this_workspace_are_in_order() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let report = check(&root).unwrap();
        assert!(report.packages >= 8, "{}", report.packages);
        let ours = |finding: &&Finding| finding.file.starts_with("examples/");
        let ours: Vec<_> = report.findings.iter().filter(ours).collect();
        assert!(ours.is_empty(), "{ours:?}");
    }

    #[test]
    fn a_workspace_that_was_not_granted_is_not_tried_again() {
        let error = check(Path::new("/not/granted")).unwrap_err();
        assert!(matches!(error, TaskError::Permanent(_)), "{error}");
    }
}
