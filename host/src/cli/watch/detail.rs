//! One run, with its attempts and what it logged.

use std::{future::Future, pin::Pin};

use anyhow::{Context, Result};
use horarium_core::{
    run::{RunId, RunState},
    store::{AttemptView, LineView, LogQuery, RunView, WholeRun},
    text::shown,
};
use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::Modifier,
    text::Line,
    widgets::{Block, Borders, Paragraph, Widget},
};

use super::{super::logs, look::PATIENCE};
use crate::{cli::Common, output};

/// The most lines of a log that are shown.
const LINES: u32 = 2_000;

/// The longest line that is shown, in bytes.
const LONGEST: usize = 1_000;

/// A run, ready to be shown.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) run: RunId,
    /// Whether nothing more will happen to it.
    pub(super) is_over: bool,
    title: String,
    lines: Vec<String>,
    /// How many lines are above the screen.
    above: usize,
}

/// A run that is being read.
pub(super) type Reading<'a> = Pin<Box<dyn Future<Output = Result<Detail>> + 'a>>;

/// Begins to read a run, by a connection of its own: looks go on meanwhile.
pub(super) fn read(common: &Common, run: RunId) -> Reading<'_> {
    Box::pin(async move {
        let all = tokio::time::timeout(PATIENCE, whole(common, run)).await;
        let (whole, log) = all.context("the host does not answer")??;
        Ok(Detail::of(&whole.run, &whole.attempts, &log))
    })
}

async fn whole(common: &Common, run: RunId) -> Result<(WholeRun, Vec<LineView>)> {
    let mut host = common.host().await?;
    let whole = host.run(run).await?.with_context(|| format!("run {run} is forgotten"))?;
    let log = host.log(LogQuery { limit: LINES, ..LogQuery::whole(run) }).await?;
    Ok((whole, log))
}

impl Detail {
    fn of(view: &RunView, attempts: &[AttemptView], log: &[LineView]) -> Self {
        let mut lines = Vec::new();
        for attempt in attempts {
            let verdict = attempt.verdict.map_or("running", |verdict| verdict.as_str());
            let at = output::local(attempt.started_at);
            lines.push(format!("── attempt {} · {at} · {verdict}", attempt.attempt));
            let own = log.iter().filter(|line| line.place.lease == attempt.lease);
            lines.extend(own.map(|line| shown(&logs::show(&line.content), LONGEST)));
            lines.extend(attempt.error.as_deref().map(|error| shown(error, LONGEST)));
            lines.extend(
                attempt.backtrace.iter().map(|frame| format!("  {}", shown(frame, LONGEST))),
            );
        }
        if attempts.is_empty() {
            let why = view.reason.as_deref().map(|reason| format!(": {}", shown(reason, LONGEST)));
            lines.push(format!("no attempts yet{}", why.unwrap_or_default()));
        }
        lines.extend(view.output.as_deref().map(|text| format!("output {}", shown(text, LONGEST))));
        Self {
            run: view.run,
            is_over: matches!(view.state, RunState::Ended(_)),
            title: format!("run {} of {}: {}", view.run, view.task, output::state(view.state)),
            lines,
            above: 0,
        }
    }

    /// Takes the place of what was shown of the same run before.
    pub(super) fn instead_of(self, before: Option<&Self>) -> Self {
        let before = before.filter(|before| before.run == self.run);
        let above = before.map_or(0, |before| before.above);
        Self { above: above.min(self.lines.len().saturating_sub(1)), ..self }
    }

    /// So many lines further down.
    pub(super) fn step(&mut self, by: i32) {
        let above = self.above.saturating_add_signed(isize::try_from(by).unwrap_or_default());
        self.above = above.min(self.lines.len().saturating_sub(1));
    }

    /// Draws it all over the screen.
    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let parts = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]);
        let [text, bottom] = parts.areas(area);
        let title = Line::styled(format!(" {} ", self.title), Modifier::BOLD);
        let lines: Vec<_> =
            self.lines.iter().skip(self.above).map(|line| Line::raw(line.as_str())).collect();
        Paragraph::new(lines)
            .wrap(ratatui::widgets::Wrap { trim: false })
            .block(Block::new().borders(Borders::TOP).title(title))
            .render(text, buffer);
        Line::styled("↑ ↓ scroll   Esc back   q leave", Modifier::DIM).render(bottom, buffer);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    const AT: &str = "2026-03-02T10:00:00Z";

    fn detail(state: &str, attempts: Value, log: Value) -> Detail {
        let run = json!({
            "run": 7, "key": "k", "task": "report", "trigger": "manual", "scheduled_for": AT,
            "state": state, "created_at": AT, "attempts": 1,
        });
        let attempts: Vec<AttemptView> = from_value(attempts).unwrap();
        let log: Vec<LineView> = from_value(log).unwrap();
        Detail::of(&from_value(run).unwrap(), &attempts, &log)
    }

    fn attempt(lease: i64, error: &str) -> Value {
        json!({
            "attempt": lease, "lease": lease, "node": "n", "started_at": AT, "verdict": "failed",
            "error": error, "wall_us": 5, "peak_memory": 1, "backtrace": [],
        })
    }

    fn line(lease: i64, message: &str) -> Value {
        json!({
            "lease": lease, "line": 1, "at": AT, "level": "info", "source": "stdout",
            "target": "", "message": message,
        })
    }

    fn drawn(detail: &Detail) -> Vec<String> {
        let area = Rect::new(0, 0, 60, 8);
        let mut buffer = Buffer::empty(area);
        detail.draw(area, &mut buffer);
        let row = |y| (0..60).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..8).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn each_attempt_stands_with_its_log_and_its_error() {
        let attempts = json!([attempt(1, "too early"), attempt(2, "a\u{1b}[2Jb")]);
        let log = json!([line(1, "one"), line(2, "two")]);
        let mut detail = detail("failed", attempts, log);
        let lines = drawn(&detail);
        assert!(lines[0].contains("run 7 of report: ✘ failed"), "{lines:#?}");
        assert!(lines[1].contains("attempt 1") && lines[2].contains("info  one"), "{lines:#?}");
        assert_eq!(lines[3], "too early");
        assert!(lines[4].contains("attempt 2") && lines[5].contains("info  two"), "{lines:#?}");
        assert_eq!(lines[6], "a\\u{1b}[2Jb");
        // Whoever scrolls stays within what there is, and there when it is read again.
        detail.step(99);
        assert_eq!(drawn(&detail)[1], "a\\u{1b}[2Jb");
        detail.step(-99);
        detail.step(2);
        let again = self::detail("failed", json!([attempt(1, "x")]), json!([line(1, "one")]));
        assert_eq!(drawn(&again.instead_of(Some(&detail)))[1], "x");
    }

    #[test]
    fn what_has_not_begun_says_so() {
        let detail = detail("scheduled", json!([]), json!([]));
        assert!(!detail.is_over);
        assert_eq!(drawn(&detail)[1], "no attempts yet");
    }
}
