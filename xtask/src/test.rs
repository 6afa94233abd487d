//! `cargo xtask test`: every test of the project, with what they need.

use std::path::Path;

use anyhow::Result;

use crate::{guests, steps};

/// Builds guests and host, and runs all tests.
pub(crate) fn run(root: &Path, filter: &[String]) -> Result<()> {
    guests::run(root, &[])?;
    // The end-to-end tests run the binary.
    steps::cargo(root, &["build", "--package", "horarium"])?;
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(filter.iter().map(String::as_str));
    steps::cargo(root, &arguments)
}
