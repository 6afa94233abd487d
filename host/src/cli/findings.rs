//! What is wrong with tasks and plugins, printed: the same by whoever finds it.

use std::process::ExitCode;

use horarium_core::text::escape;

use crate::{config::Problems, output, soundness::Findings};

/// Prints what is wrong, each problem with its lines where the file is at hand.
pub(super) fn print(findings: &Findings, problems: Option<&Problems>) {
    match problems {
        Some(problems) => output::error_text(&problems.render()),
        None => {
            for problem in &findings.problems {
                let place = format!("{}:{}", problem.file, problem.line);
                let text = format!("{place}: {}: {}", problem.key, problem.sentence());
                output::error_line(&escape(&text));
            }
        }
    }
    for refused in &findings.refused {
        let text = format!("plugin {} refused: {}", refused.plugin, refused.error);
        output::error_line(&escape(&text));
    }
}

/// Prints how much is wrong with so many tasks, and says how the program ends.
pub(super) fn conclude(findings: &Findings, tasks: usize, json: bool) -> ExitCode {
    let Some(verdict) = findings.verdict(tasks) else { return ExitCode::SUCCESS };
    if !json {
        output::error_line(&format!("error: {verdict}"));
    }
    ExitCode::FAILURE
}
