//! What is wrong with a configuration, all of it, each with its place.

use std::{ops::Range, path::Path, sync::Arc};

use horarium_core::{
    name::TaskName,
    text::{escape, is_unfit},
};
use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::excerpt::Excerpt;
use crate::output::without_numbers;

/// How many are shown to people: nobody reads more before they mend some, and to find each
/// one's line takes as long as the file.
const SHOWN: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where in the file, in bytes.
    pub(crate) span: Range<usize>,
    /// The key's path, `task.reindex.schedule.cron`; empty for the file as a whole.
    pub(crate) key: String,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) help: Option<String>,
    /// Whether it is only not to be had here, and may well be where the host is started: a
    /// variable of its environment, or a file that it may read.
    pub(crate) absent: bool,
}

impl Problem {
    /// Whether a task has to do with it, as far as its place tells.
    pub(crate) fn concerns(&self, task: &TaskName) -> bool {
        let mut path = self.key.split('.');
        match path.next() {
            Some("notify") => false,
            Some("task") => path.next().is_none_or(|name| name == task.as_str()),
            _ => true,
        }
    }

    /// The order in which problems are told: that of their places.
    pub(crate) fn place(&self) -> (usize, &str) {
        (self.span.start, &self.key)
    }
}

/// Everything that is wrong with one file.
#[derive(Debug, Clone)]
pub(crate) struct Problems {
    file: String,
    text: Arc<str>,
    list: Vec<Problem>,
    /// Nothing is wrong, but hardly meant.
    are_doubts: bool,
}

impl Problems {
    pub(crate) fn new(file: &Path, text: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by(|one, other| one.place().cmp(&other.place()));
        for problem in &mut list {
            problem.key = escape(&problem.key);
            problem.message = escape(&without_numbers(&problem.message));
            problem.help = problem.help.as_deref().map(escape);
        }
        // Of what is sound, nothing is shown.
        let text = if list.is_empty() { String::new() } else { showable(text) };
        Self {
            file: escape(&file.display().to_string()),
            text: text.into(),
            list,
            are_doubts: false,
        }
    }

    /// The same as what makes sense, and is hardly what somebody means.
    pub(crate) fn into_doubts(self) -> Self {
        Self { are_doubts: true, ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// For people: each problem with the lines around it.
    pub(crate) fn render(&self) -> String {
        let handler = miette::MietteHandlerOpts::new().context_lines(1).build();
        let excerpt = Excerpt { name: &self.file, text: &self.text };
        let severity = if self.are_doubts { Severity::Warning } else { Severity::Error };
        let mut out = String::new();
        for problem in self.list.iter().take(SHOWN) {
            let placed = Placed { excerpt: &excerpt, problem, severity };
            let report = Rendered { handler: &handler, placed: &placed };
            out.push_str(&report.to_string());
        }
        match self.list.len().saturating_sub(SHOWN) {
            0 => {}
            more => out.push_str(&format!("and {more} more; with --json all are told\n")),
        }
        out
    }

    /// What others said of a text that is here.
    pub(crate) fn told(file: &Path, text: &str, views: Vec<ProblemView>) -> Self {
        let list = views.into_iter().map(|view| Problem {
            span: view.offset.min(text.len())
                ..view.offset.saturating_add(view.length).min(text.len()),
            key: view.key,
            message: view.message,
            help: view.help,
            absent: false,
        });
        Self::new(file, text, list.collect())
    }

    /// For programs.
    pub(crate) fn views(&self) -> Vec<ProblemView> {
        let text = &self.text;
        // They come in the order of their places, so that a long text is read once.
        let (mut passed, mut line, mut column) = (0, 1, 1);
        let views = self.list.iter().map(|problem| {
            let offset = text.floor_char_boundary(problem.span.start);
            for character in text[passed..offset].chars() {
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            passed = offset;
            ProblemView {
                file: self.file.clone(),
                line,
                column,
                offset,
                length: problem.span.end.saturating_sub(offset),
                key: problem.key.clone(),
                message: problem.message.clone(),
                help: problem.help.clone(),
            }
        });
        views.collect()
    }

    /// The same as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!(self.views())
    }
}

/// The text with everything masked that a terminal would act on. Byte for byte, so
/// that places stay places.
fn showable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\n' | '\t' => out.push(character),
            '\r' if rest.peek() == Some(&'\n') => out.push(' '),
            _ if is_unfit(character) => out.extend(std::iter::repeat_n('?', character.len_utf8())),
            _ => out.push(character),
        }
    }
    out
}

/// One thing that is wrong with a configuration, in the words of the JSON contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ConfigurationProblem)]
pub(crate) struct ProblemView {
    /// The configuration's file.
    pub(crate) file: String,
    /// Where in it, from 1.
    pub(crate) line: usize,
    /// Which character of the line, from 1.
    pub(crate) column: usize,
    /// The same place in bytes, from 0.
    pub(crate) offset: usize,
    /// How many bytes are meant.
    pub(crate) length: usize,
    /// The key's path, such as `task.reindex.schedule.cron`; empty for the file as a whole.
    pub(crate) key: String,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl ProblemView {
    /// What is wrong and what would be right, without its place.
    pub(crate) fn sentence(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("; {help}"));
        format!("{}{}", self.message, help.unwrap_or_default())
    }
}

/// A problem in its file, as miette wants it.
#[derive(Debug)]
struct Placed<'a> {
    excerpt: &'a Excerpt<'a>,
    problem: &'a Problem,
    severity: Severity,
}

impl std::fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.problem.key.is_empty() {
            write!(f, "{}: ", self.problem.key)?;
        }
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Placed<'_> {}

impl Diagnostic for Placed<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.excerpt)
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.problem.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, span))))
    }
}

/// A diagnostic through a handler.
struct Rendered<'a> {
    handler: &'a miette::MietteHandler,
    placed: &'a Placed<'a>,
}

impl std::fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        miette::ReportHandler::debug(self.handler, self.placed, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\nö = 2\n";

    fn problem(span: Range<usize>, key: &str) -> Problem {
        Problem {
            span,
            key: key.to_owned(),
            message: "wrong".to_owned(),
            help: None,
            absent: false,
        }
    }

    #[test]
    fn places_are_told_in_their_order() {
        let list = vec![problem(11..12, "last"), problem(0..1, "first"), problem(6..8, "ö")];
        let views = Problems::new(Path::new("file"), TEXT, list).views();
        let places: Vec<_> = views
            .iter()
            .map(|view| (view.key.as_str(), view.line, view.column, view.offset, view.length))
            .collect();
        assert_eq!(places, [("first", 1, 1, 0, 1), ("ö", 2, 1, 6, 2), ("last", 2, 5, 11, 1)]);
    }

    #[test]
    fn of_many_problems_the_first_are_shown_and_all_are_told() {
        let many = (0..SHOWN + 7).map(|_| problem(6..8, "ö"));
        let problems = Problems::new(Path::new("here"), TEXT, many.collect());
        let shown = problems.render();
        assert!(shown.ends_with("and 7 more; with --json all are told\n"), "{shown}");
        assert_eq!(problems.views().len(), SHOWN + 7);
    }

    #[test]
    fn what_was_told_is_shown_as_what_was_found() {
        let found = Problems::new(Path::new("here"), TEXT, vec![problem(6..8, "ö")]);
        let told = Problems::told(Path::new("here"), TEXT, found.views());
        assert_eq!((told.render(), told.views()), (found.render(), found.views()));
        // Who tells may be any program.
        let mut beyond = found.views();
        beyond[0].offset = usize::MAX;
        beyond[0].message = "\u{1b}[31m".to_owned();
        let told = Problems::told(Path::new("here"), TEXT, beyond);
        assert!(!told.render().contains("[31m") || !told.render().contains('\u{1b}'));
        assert_eq!(told.views()[0].offset, TEXT.len());
    }
}
