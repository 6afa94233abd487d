//! What configuration and plugin say of a task, in words.

use std::time::Duration;

use horarium_core::{
    instance::InstancePolicy,
    limits::{Bounds, Fuel, Limits, show_duration},
    misfire::Misfire,
    name::PluginName,
    overlap::Overlap,
    retry::RetryPolicy,
    rules::{OnLost, Rules},
    schedule::Schedule,
    task::TaskSpec,
};
use horarium_sandbox::Library;

use super::words::{line, number};
use crate::{
    granted::{self, Granted},
    output,
};

/// A key and its value, for people.
type Fact = (&'static str, String);

pub(super) struct Settings {
    pub(super) plugin: PluginName,
    /// The version in use.
    pub(super) version: Option<String>,
    pub(super) function: String,
    pub(super) summary: String,
    pub(super) args: String,
    /// Where the schema of its arguments is shown.
    pub(super) schema_at: Option<String>,
    pub(super) schedule: String,
    pub(super) zone: String,
    /// Why there is no next fire, where there is none.
    pub(super) no_fires: &'static str,
    pub(super) grants: Vec<Granted>,
    /// What its plugin imports in vain, in a sentence.
    pub(super) denied: String,
    pub(super) limits: Vec<Fact>,
    pub(super) bounds: Vec<Fact>,
    pub(super) rules: Vec<Fact>,
}

impl Settings {
    pub(super) fn of(spec: &TaskSpec, library: &Library, failures: u64) -> Self {
        let plugin = library.get(&spec.plugin);
        let function = plugin.as_ref().and_then(|plugin| {
            let all = plugin.functions().iter().enumerate();
            all.map(|(place, function)| (place, function.clone()))
                .find(|(_, function)| function.is_called(&spec.function))
        });
        let denied = plugin.as_ref().map(|plugin| granted::denied(&plugin.imports(), &spec.grants));
        let denied = denied.iter().flatten().map(|(capability, _)| {
            format!("{} ({})", capability.words(), capability.keys().join(" or "))
        });
        Self {
            plugin: spec.plugin.clone(),
            version: plugin.as_ref().map(|plugin| plugin.digest().short()),
            function: line(&spec.function),
            summary: function.as_ref().map(|(_, it)| line(&it.summary)).unwrap_or_default(),
            args: match &*spec.args {
                "null" => "none".to_owned(),
                args => line(args),
            },
            schema_at: function
                .filter(|(_, it)| it.args_schema.is_some())
                .map(|(place, _)| format!("/plugins/{}#function-{}", spec.plugin, place + 1)),
            schedule: spec.schedule.to_string(),
            zone: match &spec.schedule {
                Schedule::Cron(cron) => cron.timezone().iana_name().unwrap_or("its timezone"),
                _ => "UTC",
            }
            .to_owned(),
            no_fires: match &spec.schedule {
                Schedule::Manual => "It runs when somebody asks.",
                Schedule::After(_) => "Its runs follow those of other tasks.",
                Schedule::Continuous { .. } => "Each run follows the end of the one before it.",
                Schedule::Once | Schedule::At(_) => "It runs once, and has no further instant.",
                Schedule::Cron(_) | Schedule::Every(_) => "There is no further instant.",
            },
            grants: granted::rows(&spec.grants),
            denied: denied.collect::<Vec<_>>().join(", "),
            limits: limits(&spec.limits, spec.instance),
            bounds: bounds(&spec.limits.bounds),
            rules: rules(&spec.rules, failures),
        }
    }
}

fn limits(limits: &Limits, instance: InstancePolicy) -> Vec<Fact> {
    vec![
        ("Timeout", show_duration(limits.timeout)),
        (
            "Fuel",
            match limits.fuel {
                Fuel::Limited(units) => output::count(units),
                Fuel::Unlimited => "unlimited".to_owned(),
            },
        ),
        ("Memory", output::bytes(limits.memory)),
        ("Log", output::bytes(limits.log)),
        ("Output", output::bytes(limits.output)),
        (
            "Instance",
            match instance {
                InstancePolicy::Fresh => "fresh".to_owned(),
                InstancePolicy::Reuse(runs) => format!("kept for up to {runs} runs"),
            },
        ),
    ]
}

fn bounds(bounds: &Bounds) -> Vec<Fact> {
    vec![
        ("instances", number(bounds.instances)),
        ("memories", number(bounds.memories)),
        ("tables", number(bounds.tables)),
        ("table_elements", number(bounds.table_elements)),
        ("handles", number(bounds.handles)),
        ("resources", number(bounds.resources)),
        ("host_call", output::bytes(bounds.host_call)),
        ("random", output::bytes(bounds.random)),
        ("state_reads", number(bounds.state_reads)),
        ("checkpoint", output::bytes(bounds.checkpoint)),
        ("checkpoint_rate", format!("{} a second", output::bytes(bounds.checkpoint_rate))),
        ("log_rate", format!("{} a second", number(bounds.log_rate))),
        ("http_requests", number(bounds.http_requests)),
        ("http_connections", number(bounds.http_connections)),
        ("http_sent", output::bytes(bounds.http_sent)),
        ("http_received", output::bytes(bounds.http_received)),
        ("http_headers", output::bytes(bounds.http_headers)),
        ("http_wait", show_duration(Duration::from_millis(bounds.http_wait))),
    ]
}

fn rules(rules: &Rules, failures: u64) -> Vec<Fact> {
    let or_none =
        |length: Option<Duration>| length.map_or_else(|| "none".to_owned(), show_duration);
    vec![
        ("Retry", retry(&rules.retry)),
        ("Overlap", overlap(rules.overlap)),
        (
            "Misfire",
            match rules.misfire {
                Misfire::Skip => "skip: what was missed passes".to_owned(),
                Misfire::Latest => "latest: one run for all that was missed".to_owned(),
                Misfire::All { limit } => format!("all: a run for each, the last {limit}"),
            },
        ),
        ("Start deadline", or_none(rules.start_deadline)),
        ("Deadline", or_none(rules.deadline)),
        (
            "Lost",
            match rules.on_lost {
                OnLost::Retry => "retry: tried again",
                OnLost::Fail => "fail: not tried again",
            }
            .to_owned(),
        ),
        (
            "Quarantine",
            match rules.quarantine {
                Some(limit) => format!("after {limit} failed runs in a row; {failures} now"),
                None => "never".to_owned(),
            },
        ),
        (
            "Jitter",
            Some(rules.jitter)
                .filter(|jitter| !jitter.is_zero())
                .map_or_else(|| "none".to_owned(), show_duration),
        ),
        ("Priority", rules.priority.to_string()),
    ]
}

fn retry(retry: &RetryPolicy) -> String {
    if retry.max_attempts <= 1 {
        return "none: one attempt".to_owned();
    }
    // Half of a chance is none to either side.
    let waits = (1..retry.max_attempts)
        .take(3)
        .map(|attempt| show_duration(rounded(retry.wait(attempt, 0.5))));
    let waits: Vec<_> = waits.collect();
    let more = if retry.max_attempts > 4 { " …" } else { "" };
    format!("{} attempts; waits of {}{more}", retry.max_attempts, waits.join(", "))
}

fn rounded(length: Duration) -> Duration {
    Duration::from_millis(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}

fn overlap(overlap: Overlap) -> String {
    match overlap {
        Overlap::Skip => "skip: a fire while a run is not over is skipped".to_owned(),
        Overlap::QueueOne => "queue_one: one waits, further ones are skipped".to_owned(),
        Overlap::QueueAll { limit } => format!("queue_all: up to {limit} wait"),
        Overlap::CancelPrevious => "cancel_previous: what is not over is cancelled".to_owned(),
        Overlap::Allow { concurrent: Some(most), .. } => format!("allow: up to {most} at once"),
        Overlap::Allow { concurrent: None, .. } => {
            "allow: as many at once as the host can".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_told_with_their_waits() {
        let policy = RetryPolicy {
            max_attempts: 3,
            delay: Duration::from_secs(8),
            factor: 1.5,
            ..RetryPolicy::DEFAULT
        };
        assert_eq!(retry(&policy), "3 attempts; waits of 8s, 12s");
        assert_eq!(retry(&RetryPolicy { max_attempts: 1, ..policy }), "none: one attempt");
        assert!(retry(&RetryPolicy { max_attempts: 9, ..policy }).ends_with(" …"));
    }

    #[test]
    fn every_rule_has_a_word() {
        let told = rules(&Rules::default(), 0);
        assert!(told.iter().all(|(_, value)| !value.is_empty()), "{told:?}");
    }
}
