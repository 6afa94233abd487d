//! `cargo xtask test`: every test of the project, with what they need.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use anyhow::{Context, Result, bail};

use crate::{guests, steps};

/// Builds guests and host, runs all tests, and closes with their sum.
pub(crate) fn run(root: &Path, filter: &[String]) -> Result<()> {
    guests::run(root, &[])?;
    // The end-to-end tests run the binary. Built together with the tests, it has the
    // same features, and so nothing is built twice.
    steps::cargo(root, &["build", "--workspace", "--bins", "--tests"])?;
    let mut test = steps::command(root);
    test.args(["test", "--workspace"]).args(filter).stdout(Stdio::piped());
    let mut child = test.spawn().context("cannot run cargo")?;
    let output = child.stdout.take().context("the tests have no output")?;
    let mut sum = Sum::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        sum.add(&line);
    }
    let status = child.wait()?;
    println!("\n{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.ignored);
    if !status.success() {
        bail!("the tests failed with {status}");
    }
    Ok(())
}

/// The results of all test programs together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Sum {
    /// Counts a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_summed_and_other_lines_are_not() {
        let mut sum = Sum::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            sum.add(line);
        }
        assert_eq!(sum, Sum { passed: 4, failed: 2, ignored: 1 });
    }
}
