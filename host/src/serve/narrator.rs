//! Tells what happens, line by line: for people, or as JSON for programs.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use horarium_core::{
    alert::{Delivery, Tried},
    digest::Digest,
    function::TaskFunction,
    limits::show_duration,
    log::Level,
    name::{PluginName, TaskName},
    overlap::Admission,
    store::{Refusal, StoreError},
    text::escape,
    time::between,
    transition::Transition,
    verdict::Verdict,
};
use horarium_engine::{Event, Events};
use horarium_sandbox::LibraryEvent;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    reload::{Changes, Taken},
    teller::Teller,
};
use crate::{
    access::Notice,
    config::{Problems, load::ConfigError},
    output,
    soundness::Findings,
    telemetry::story,
};

/// Writes to standard output; problems of the configuration to standard error.
pub(super) struct Narrator {
    json: bool,
    teller: Teller,
}

impl Narrator {
    /// # Errors
    /// Where there is no thread that could write.
    pub(super) fn new(json: bool) -> io::Result<Self> {
        Ok(Self { json, teller: Teller::start()? })
    }

    fn tell(&self, text: &str, event: impl FnOnce() -> Value) {
        let now = Timestamp::now();
        let shown = |text: &str, event: &mut dyn FnMut() -> Value| {
            if self.json {
                let mut event = event();
                event["at"] = json!(now);
                event.to_string()
            } else {
                format!("{} {}", output::clock(now), escape(text))
            }
        };
        let mut event = Some(event);
        let line = shown(text, &mut || event.take().map_or(Value::Null, |event| event()));
        self.teller.tell(line, |missing| {
            let text = format!("{missing} lines are missing here: nobody read them in time");
            shown(&text, &mut || json!({ "event": "lines_missing", "count": missing }))
        });
    }

    /// Tells an event of the engine.
    fn tell_event(&self, event: &Event, text: &str) {
        let tell = |text: &str| self.tell(text, || story::json(event));
        match story::subject(event) {
            Some((Some(run), task)) => tell(&format!("{run:>5} {task:<16} {text}")),
            _ => tell(text),
        }
    }

    /// What a look at the plugin directory found.
    pub(super) fn library(&self, event: &LibraryEvent) {
        match event {
            LibraryEvent::Loaded { name, plugin, replaces } => {
                let functions: Vec<_> =
                    plugin.functions().iter().map(TaskFunction::short_name).collect();
                let version = plugin.digest().short();
                let instead = replaces.map(|digest| format!(" instead of {}", digest.short()));
                let text = format!(
                    "plugin {name} {version}{}: {}",
                    instead.unwrap_or_default(),
                    functions.join(", ")
                );
                self.tell(&text, || {
                    json!({ "event": "plugin_loaded", "plugin": name, "digest": plugin.digest(), "functions": functions })
                });
            }
            LibraryEvent::Refused { name, error, keeps } => {
                let stays = match keeps {
                    Some(digest) => format!("; {} stays in use", digest.short()),
                    None => String::new(),
                };
                self.tell(&format!("plugin {name} refused: {error}{stays}"), || {
                    json!({ "event": "plugin_refused", "plugin": name, "error": error.to_string(), "keeps": keeps })
                });
            }
            LibraryEvent::Removed { name } => {
                self.tell(
                    &format!("plugin {name} removed"),
                    || json!({ "event": "plugin_removed", "plugin": name }),
                );
            }
        }
    }

    /// How many tasks there are now, and what is wrong with them. Plugins that are refused
    /// were told one by one.
    pub(super) fn tasks(&self, count: usize, findings: &Findings, problems: &Problems) {
        if problems.len() > 0 && !self.json {
            output::error_text(&problems.render());
        }
        self.tell(&findings.sum(count), || {
            let mut event = json!(findings);
            event["event"] = json!("tasks");
            event["count"] = json!(count);
            event
        });
    }

    /// A changed configuration is in force.
    pub(super) fn reloaded(&self, taken: &Taken) {
        let Changes { added, changed, removed, restart, .. } = &taken.changes;
        let mut text = format!(
            "configuration reloaded: {} new, {} changed, {} gone",
            added.len(),
            changed.len(),
            removed.len()
        );
        if !restart.is_empty() {
            let keys: Vec<_> = restart.iter().map(|key| format!("`{key}`")).collect();
            text += &format!("; {} waits for a restart", keys.join(", "));
        }
        self.tell(&text, || json!({ "event": "reloaded", "changes": taken }));
    }

    /// A changed configuration is broken.
    pub(super) fn not_reloaded(&self, error: &ConfigError) {
        let problems = match error {
            ConfigError::Problems(problems) => Some(problems),
            ConfigError::Read { .. } | ConfigError::TooLarge { .. } => None,
        };
        if let Some(problems) = problems.filter(|_| !self.json) {
            output::error_text(&problems.render());
        }
        self.tell(&format!("{error}; the last good one goes on"), || {
            let problems = problems.map(Problems::to_json);
            json!({ "event": "not_reloaded", "error": error.to_string(), "problems": problems })
        });
    }

    /// A run that somebody asked for is not made.
    pub(super) fn refused(&self, task: &TaskName, refusal: Refusal) {
        self.not_triggered(task, &refusal.to_string());
    }

    /// The history does not take it.
    pub(super) fn untriggered(&self, task: &TaskName, error: &StoreError) {
        self.not_triggered(task, &error.to_string());
    }

    fn not_triggered(&self, task: &TaskName, reason: &str) {
        self.tell(
            &format!("{task} was not started: {reason}"),
            || json!({ "event": "not_started", "task": task, "reason": reason }),
        );
    }

    /// The plugin directory can't be read any more.
    pub(super) fn directory_gone(&self, dir: &Path, reason: &std::io::Error) {
        let text = format!(
            "can't read the plugin directory {}: {reason}; all plugins stay as they are",
            dir.display()
        );
        self.tell(&text, || json!({ "event": "plugin_dir_unreadable", "error": text }));
    }

    /// It can be asked there.
    pub(super) fn listening(&self, address: SocketAddr, scheme: &str) {
        self.tell(
            &format!("page at {scheme}://{address}/"),
            || json!({ "event": "listening", "address": address, "scheme": scheme }),
        );
    }

    /// It can be asked on this machine alone, and has no page. Programs know by what is not
    /// told.
    pub(super) fn hidden(&self) {
        if !self.json {
            self.tell("no page: `--listen 127.0.0.1:7878` or `[web] listen` shows one", || {
                Value::Null
            });
        }
    }

    /// A version of a plugin is in use, and could not be kept beside.
    pub(super) fn version_not_kept(&self, plugin: &PluginName, digest: Digest, reason: &io::Error) {
        let version = digest.short();
        let text = format!("plugin {plugin} {version} can't be kept for a roll-back: {reason}");
        self.tell(&text, || {
            json!({ "event": "version_not_kept", "plugin": plugin, "digest": digest, "error": reason.to_string() })
        });
    }

    /// An alert has arrived, or has not.
    pub(super) fn delivery(&self, delivery: &Delivery, tried: &Tried) {
        let Delivery { alert, channel, .. } = delivery;
        let what = format!("alert {} ({} of {})", alert.alert, alert.event(), alert.task);
        let (text, error) = match tried {
            Tried::Delivered => (format!("{what} has come to {channel}"), None),
            Tried::Handed { run } => (format!("run {run} brings {what} to {channel}"), None),
            Tried::Again { error, due_at } => {
                let wait = output::length(between(Timestamp::now(), *due_at));
                let text = format!("{what} has not come to {channel}: {error}; again in {wait}");
                (text, Some(error))
            }
            Tried::GivenUp { error } => {
                (format!("{what} is not brought to {channel} any more: {error}"), Some(error))
            }
        };
        let event = match tried {
            Tried::Delivered => "alert_delivered",
            Tried::Handed { .. } => "alert_handed",
            Tried::Again { .. } => "alert_delayed",
            Tried::GivenUp { .. } => "alert_given_up",
        };
        self.tell(
            &text,
            || json!({ "event": event, "alert": alert, "channel": channel, "error": error }),
        );
    }

    /// Something about how it is reached.
    pub(super) fn notice(&self, notice: &Notice) {
        let text = notice.to_string();
        self.tell(&text, || json!({ "event": notice.event(), "text": text }));
    }

    /// The host begins to end.
    pub(super) fn draining(&self, grace: Duration) {
        let text = format!(
            "stopping: nothing new starts, what runs has {}; once more to stop at once",
            show_duration(grace)
        );
        self.tell(&text, || json!({ "event": "draining", "grace_s": grace.as_secs_f64() }));
    }

    /// The host ends without waiting.
    pub(super) fn aborted(&self) {
        self.tell("stopped at once; what ran counts as lost", || json!({ "event": "aborted" }));
    }

    /// Waits until everything told so far is written, but not for long.
    pub(super) fn flush(&self) {
        self.teller.flush();
    }
}

impl Events for Narrator {
    fn event(&self, event: Event) {
        if let Some(text) = text(&event) {
            self.tell_event(&event, &text);
        }
    }
}

/// An event for people; none where nobody needs to hear of it.
fn text(event: &Event) -> Option<String> {
    Some(match event {
        Event::Fired(recorded) => match recorded.admission {
            Admission::Skip(reason) => format!("skipped: {}", reason.as_str()),
            // A run that will start is told when it does.
            _ => return None,
        },
        Event::Expired(expired) => format!("expired: {}", expired.expiry.as_str()),
        Event::Cancelled(_) => "cancelled".to_owned(),
        Event::Quarantined { task } => {
            format!("{task} failed too often in a row, and is put aside")
        }
        Event::Started { attempt: 1, .. } => "starts".to_owned(),
        Event::Started { attempt, max_attempts, .. } => {
            format!("starts again, attempt {attempt} of {max_attempts}")
        }
        Event::Log { line, .. } => {
            let sign = if line.level >= Level::Warn { "!" } else { "│" };
            format!("{sign} {}", line.message)
        }
        Event::Progress { progress, .. } => {
            let percent = progress.fraction.map(|fraction| format!("{:.0} % ", fraction * 100.0));
            let note = progress.note.as_deref().unwrap_or_default();
            format!("│ {}{note}", percent.unwrap_or_default())
        }
        Event::Ended { outcome, transition, .. } => ended(outcome, *transition),
        Event::Superseded { .. } => "came too late; its result was discarded".to_owned(),
        Event::ClockBehind { tasks, until } => {
            let they = if *tasks == 1 { "1 task is" } else { &format!("{tasks} tasks are") };
            format!("the clock is behind: {they} not due before {}", output::local(*until))
        }
        Event::StoreTrouble(error) => format!("{error}; trying again"),
        Event::StoreRecovered => "the history can be written again".to_owned(),
    })
}

/// How an attempt ended and what follows, in one line.
fn ended(outcome: &horarium_core::attempt::Outcome, transition: Transition) -> String {
    let usage = &outcome.usage;
    let sign = if matches!(outcome.verdict, Verdict::Succeeded { .. }) { "✔" } else { "✘" };
    let mut text = format!("{sign} {}", outcome.verdict.kind());
    // Nobody saw how long a lost one went on.
    if !matches!(outcome.verdict, Verdict::Lost) {
        text.push_str(&format!(" in {}", output::length(usage.wall)));
    }
    if let Some(error) = outcome.verdict.error() {
        text.push_str(&format!(": {error}"));
    }
    match transition {
        Transition::Retry(at) => {
            let wait = between(Timestamp::now(), at);
            text.push_str(&format!(" ↻ again in {}", output::length(wait)));
        }
        Transition::Refund(_) => text.push_str(" ↻ handed back"),
        Transition::End(_) => {}
    }
    text
}
