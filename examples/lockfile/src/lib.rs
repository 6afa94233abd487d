//! Reads a `Cargo.lock`, finds packages that are there in several versions or from
//! outside a registry, and keeps a report about it in a file. Grant it the
//! workspace as `/src` and a folder that it may write to as `/reports`.

mod lock;
mod report;

use std::{fs, path::Path};

use horarium_sdk::{prelude::*, serde_json};

use report::Report;

/// The file to read and the folder for the report, as the task finds them.
const LOCK: &str = "/src/Cargo.lock";
const REPORTS: &str = "/reports";

/// Writes which packages the lock file holds more than once.
#[task(cron = "*/7 * * * * *", timeout = "5s")]
fn lockfile() -> Result<Report, TaskError> {
    let lock = fs::read_to_string(LOCK)
        .with_context(|| format!("can't read {LOCK}: was it granted?"))
        .map_err(TaskError::permanent)?;
    let packages = lock::packages(&lock)
        .with_context(|| format!("can't understand {LOCK}"))
        .map_err(TaskError::permanent)?;
    let report = Report::about(&packages);

    // The disk may have room again at the next attempt, so this is tried again.
    write(&report, Path::new(REPORTS)).context("can't write the report")?;
    log::info!(
        "{} packages, {} of them in several versions",
        report.packages,
        report.duplicates.len()
    );
    Ok(report)
}

/// Writes beside the report and renames, so that nobody ever reads half of one.
fn write(report: &Report, folder: &Path) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    // The same name in every run: what one leaves that was stopped halfway, the
    // next one replaces.
    let partial = folder.join(".lockfile.json.partial");
    fs::write(&partial, json + "\n")?;
    fs::rename(&partial, folder.join("lockfile.json"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_the_one_before() {
        let folder = std::env::temp_dir().join(format!("example-lockfile-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();

        for source in ["", "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"] {
            let packages = lock::packages(source).unwrap();
            write(&Report::about(&packages), &folder).unwrap();
        }

        let json = fs::read_to_string(folder.join("lockfile.json")).unwrap();
        let report: serde_json::Value = json.parse().unwrap();
        assert_eq!(report["packages"], 1);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_was_not_granted_is_an_error() {
        assert!(write(&Report::about(&[]), Path::new("/not/granted")).is_err());
    }
}
