//! `cargo xtask contract`: the API asked for all that its document allows, and for much that
//! it does not.
//!
//! Schemathesis makes the requests up, of docs/openapi.json, and holds the answers to it.
//! Where it can't be had, that is said, and nothing is tested.

use std::path::Path;

use anyhow::Result;

use crate::{guests, python, steps};

const TEST: python::Test = python::Test {
    name: "contract",
    script: "tests/contract/contract.py",
    needs: "tests/contract/requirements.txt",
};

/// What is to be asked.
pub(crate) struct Options {
    /// Where the dice begin, where not as the configuration says.
    pub(crate) seed: Option<u64>,
    /// The most requests an operation and phase, where not as the configuration says.
    pub(crate) examples: Option<u32>,
}

/// Asks a host of its own.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let Some(mut test) = TEST.command(root)? else {
        println!(
            "skipped: the API against its document, since Schemathesis can not be installed here \
             (python3, python3-venv and PyPI)"
        );
        return Ok(());
    };
    guests::run(root, &["unruly".to_owned()])?;
    steps::cargo(root, &["build", "--workspace", "--bin", "horarium"])?;
    test.args(["--host", "target/debug/horarium", "--plugins", "target/plugins/tests"]);
    if let Some(seed) = options.seed {
        test.args(["--seed", &seed.to_string()]);
    }
    if let Some(examples) = options.examples {
        test.args(["--max-examples", &examples.to_string()]);
    }
    steps::succeed(&mut test)
}
