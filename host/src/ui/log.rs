//! A run's log, a page at a time.

use horarium_core::{
    History,
    log::{Level, LogLine},
    store::{AttemptView, LinePlace, LineView, LogQuery, RunView},
    text::escape,
};
use horarium_store::SqliteStore;
use serde::Deserialize;

use super::{refused::Refused, words::Moment};
use crate::{api::page, output};

/// How many lines stand on a page.
const LINES: u32 = 500;

#[derive(Deserialize)]
pub(super) struct Which {
    level: Option<Level>,
    /// The line before the first one.
    line: Option<String>,
    /// Whether it is the end that is wanted, whatever this says.
    end: Option<String>,
}

/// The part of a log that is shown.
pub(super) struct Log {
    pub(super) status: String,
    pub(super) entries: Vec<Entry>,
    /// Where the lines come from that are logged from now on.
    pub(super) follow: Option<String>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) end: Option<String>,
    least: Level,
}

/// A line.
pub(super) struct Entry {
    /// What begins with it.
    pub(super) heading: Option<String>,
    pub(super) class: &'static str,
    pub(super) at: Moment,
    pub(super) level: &'static str,
    pub(super) level_class: &'static str,
    pub(super) source: &'static str,
    pub(super) target: String,
    pub(super) message: String,
    pub(super) place: Option<String>,
}

impl Log {
    /// Reads what an address asks for: without a word, the beginning of a log that is
    /// complete, and the end of one that goes on.
    pub(super) async fn read(
        store: &SqliteStore,
        run: &RunView,
        attempts: &[AttemptView],
        which: &Which,
    ) -> Result<Self, Refused> {
        let least = which.level.unwrap_or(Level::Trace);
        let after: Option<LinePlace> = page::cursor(which.line.as_ref())?;
        let over = run.state.is_ended();
        let from_end = which.end.is_some() || (after.is_none() && !over);
        let query =
            LogQuery { least, after, limit: LINES + 1, last: from_end, ..LogQuery::whole(run.run) };
        let mut lines = store.log(query).await?;
        let most = usize::try_from(LINES).unwrap_or(usize::MAX);
        let more = lines.len() > most;
        if from_end {
            lines.drain(..lines.len().saturating_sub(most));
        } else {
            lines.truncate(most);
        }
        let (before, further) = (more && from_end, more && !from_end);
        let href = |rest: &str| format!("/runs/{}?level={least}{rest}#log", run.run);
        let last = lines.last().map(|line| line.place);
        let count = output::plural(lines.len(), "line");
        Ok(Self {
            status: match (over, more) {
                (_, true) if from_end => format!("the last {count} of it"),
                (_, true) => format!("{count} of it; there are further ones"),
                (true, false) => format!("complete; {count} here"),
                (false, false) => format!("goes on; {count} so far"),
            },
            follow: (!over && !further).then(|| follow(run, least, last.or(after))),
            // From its very beginning, which is before every line.
            first: (after.is_some() || before).then(|| href("&line=0-0")),
            next: last.filter(|_| further).map(|last| href(&format!("&line={last}"))),
            end: further.then(|| href("&end")),
            entries: entries(&lines, attempts),
            least,
        })
    }

    pub(super) fn levels(&self) -> [(&'static str, bool); 5] {
        let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
        levels.map(|level| (level.as_str(), level == self.least))
    }
}

/// Where the lines after this one come from.
fn follow(run: &RunView, least: Level, after: Option<LinePlace>) -> String {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    format!("/api/v1/runs/{}/log/events?level={least}{after}", run.run)
}

/// Lines with a heading before the first one of each attempt.
fn entries(lines: &[LineView], attempts: &[AttemptView]) -> Vec<Entry> {
    let mut lease = None;
    let entry = |line: &LineView| {
        let begins = lease.replace(line.place.lease) != Some(line.place.lease);
        let attempt = attempts.iter().find(|attempt| attempt.lease == line.place.lease);
        let heading = attempt
            .filter(|_| begins)
            .map(|attempt| format!("attempt {}, under lease {}", attempt.attempt, attempt.lease));
        Entry { heading, ..Entry::of(&line.content) }
    };
    lines.iter().map(entry).collect()
}

impl Entry {
    fn of(line: &LogLine) -> Self {
        let (class, level_class) = match line.level {
            Level::Error => ("x", "c-bad"),
            Level::Warn => ("w", "c-lim"),
            Level::Trace | Level::Debug | Level::Info => ("", "soft"),
        };
        Self {
            heading: None,
            class,
            at: Moment::fine(line.at),
            level: line.level.as_str(),
            level_class,
            source: line.source.as_str(),
            target: escape(&line.target),
            message: escape(&line.message),
            place: line.place.as_deref().map(escape),
        }
    }
}
