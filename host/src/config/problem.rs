//! What is wrong with a configuration, all of it, each with its place.

use std::{ops::Range, path::Path, sync::Arc};

use horarium_core::text::{escape, is_unfit};
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::Serialize;

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
}

/// Everything that is wrong with one file.
#[derive(Debug, Clone)]
pub(crate) struct Problems {
    source: Arc<NamedSource<String>>,
    list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(file: &Path, text: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.key.clone()));
        for problem in &mut list {
            problem.key = escape(&problem.key);
            problem.message = escape(&problem.message);
            problem.help = problem.help.as_deref().map(escape);
        }
        // Of what is sound, nothing is shown.
        let text = if list.is_empty() { String::new() } else { showable(text) };
        let source = NamedSource::new(escape(&file.display().to_string()), text);
        Self { source: Arc::new(source.with_language("toml")), list }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// For people: each problem with the lines around it.
    pub(crate) fn render(&self) -> String {
        let handler = miette::MietteHandlerOpts::new().context_lines(0).build();
        let mut out = String::new();
        for problem in &self.list {
            let placed = Placed { source: &self.source, problem };
            let report = Rendered { handler: &handler, placed: &placed };
            out.push_str(&report.to_string());
        }
        out
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let problems = self.list.iter().map(|problem| {
            let (line, column) = self.place(problem);
            serde_json::json!(JsonProblem {
                file: self.source.name(),
                line,
                column,
                key: &problem.key,
                message: &problem.message,
                help: problem.help.as_deref(),
            })
        });
        problems.collect()
    }

    fn place(&self, problem: &Problem) -> (usize, usize) {
        let text = self.source.inner();
        let before = &text[..text.floor_char_boundary(problem.span.start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
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

#[derive(Serialize)]
struct JsonProblem<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    key: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// A problem in its file, as miette wants it.
#[derive(Debug)]
struct Placed<'a> {
    source: &'a NamedSource<String>,
    problem: &'a Problem,
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
        Some(self.source)
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
