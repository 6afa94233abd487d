//! Tasks and plugins in the words of the JSON contract, for the API and the verbs alike.

use std::borrow::Cow;

use horarium_core::{
    alert::{Alert, Condition},
    chain::On,
    digest::Digest,
    function::TaskFunction,
    limits::Fuel,
    name::{ChannelName, PluginName, TaskName},
    schedule::{Cursor, Schedule},
    store::Pause,
    task::TaskSpec,
};
use horarium_sandbox::{Library, Listing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{config::Config, notify::Channel, plugins};

/// What configuration and plugin say of a task.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct TaskSettings {
    #[schema(value_type = String)]
    pub(crate) task: TaskName,
    #[schema(value_type = String)]
    pub(crate) plugin: PluginName,
    pub(crate) function: String,
    /// Its schedule in words.
    pub(crate) schedule: String,
    timeout_s: f64,
    fuel: FuelView,
    /// Bytes.
    memory: u64,
    /// How often a run is tried, at most.
    max_attempts: u32,
}

/// A number, or `unlimited`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum FuelView {
    Limited(u64),
    Unlimited(Cow<'static, str>),
}

impl TaskSettings {
    pub(crate) fn of(spec: &TaskSpec) -> Self {
        Self {
            task: spec.name.clone(),
            plugin: spec.plugin.clone(),
            function: spec.function.to_string(),
            schedule: spec.schedule.to_string(),
            timeout_s: spec.limits.timeout.as_secs_f64(),
            fuel: match spec.limits.fuel {
                Fuel::Limited(units) => FuelView::Limited(units),
                Fuel::Unlimited => FuelView::Unlimited("unlimited".into()),
            },
            memory: spec.limits.memory,
            max_attempts: spec.rules.retry.max_attempts,
        }
    }
}

/// A task of a configuration, joined with its plugin; none where there is no such task, or
/// it can't be said what it would run.
pub(crate) fn spec(config: &Config, library: &Library, task: &TaskName) -> Option<TaskSpec> {
    plugins::bind_one(config, config.draft(task)?, library).spec
}

/// The same in words.
pub(crate) fn settings(
    config: &Config,
    library: &Library,
    task: &TaskName,
) -> Option<TaskSettings> {
    spec(config, library, task).map(|spec| TaskSettings::of(&spec))
}

/// When a task that has been known for a while is due next: what comes only once has come,
/// unless its instant lies ahead.
pub(crate) fn due_after(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    match schedule {
        Schedule::At(at) => Some(*at).filter(|at| *at > now),
        schedule => schedule.next(Cursor::Considered(now)),
    }
}

/// The same, several times.
pub(crate) fn upcoming(spec: &TaskSpec, now: Timestamp, count: u32) -> Vec<Timestamp> {
    match due_after(&spec.schedule, now) {
        Some(_) => instants(spec, now, count),
        None => Vec::new(),
    }
}

/// When a task is due.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct NextView {
    /// Its schedule in words.
    pub(crate) schedule: String,
    /// The timezone that it speaks of, where there is one.
    pub(crate) timezone: Option<String>,
    /// When it is due next, by its schedule; paused or not.
    pub(crate) next: Vec<Timestamp>,
    /// The same in words, where there is no instant to name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) otherwise: Option<String>,
    /// Why nothing of it starts then, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pause: Option<Pause>,
}

/// When a task is due, from an instant on that does not count, paused or not.
pub(crate) fn next(spec: &TaskSpec, from: Timestamp, count: u32) -> NextView {
    let otherwise = match &spec.schedule {
        Schedule::Manual => Some("when somebody asks".to_owned()),
        Schedule::After(after) => Some(
            match after.on {
                On::Success => "when these have succeeded",
                On::Failure => "when one of these has failed",
                On::Always => "when these are over",
            }
            .to_owned(),
        ),
        Schedule::Continuous { .. } => Some("after each end".to_owned()),
        Schedule::Once => Some("once, as soon as a host first knows the task".to_owned()),
        Schedule::At(at) if *at <= from => {
            Some(format!("{at}, or as soon as a host first knows the task"))
        }
        _ => None,
    };
    NextView {
        schedule: spec.schedule.to_string(),
        timezone: match &spec.schedule {
            Schedule::Cron(cron) => cron.timezone().iana_name().map(str::to_owned),
            _ => None,
        },
        next: instants(spec, from, count),
        otherwise,
        pause: None,
    }
}

/// When a task is due by its schedule, from an instant on that does not count.
pub(crate) fn instants(spec: &TaskSpec, from: Timestamp, count: u32) -> Vec<Timestamp> {
    let mut cursor = match spec.schedule {
        Schedule::Once | Schedule::At(_) => Cursor::Created(from),
        _ => Cursor::Considered(from),
    };
    let mut next = || {
        let at = spec.schedule.next(cursor)?;
        cursor = Cursor::Considered(at);
        Some(at)
    };
    std::iter::from_fn(&mut next).take(usize::try_from(count).unwrap_or(usize::MAX)).collect()
}

/// A channel by which people hear of tasks; nothing of it is secret.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ChannelView {
    #[schema(value_type = String)]
    pub(crate) channel: ChannelName,
    /// `webhook`, `email` or `task`.
    pub(crate) kind: Cow<'static, str>,
    /// Where it leads: the host of a webhook, addresses, or a task.
    pub(crate) to: String,
    /// What is told there.
    pub(crate) on: Vec<Cow<'static, str>>,
    /// Of which tasks, where not of all.
    pub(crate) tasks: Vec<String>,
}

impl ChannelView {
    pub(crate) fn of(channel: &Channel) -> Self {
        let on = Condition::ALL.into_iter().filter(|it| channel.conditions.has(*it));
        let recovery = channel.recoveries.then_some(Alert::RECOVERY);
        Self {
            channel: channel.name.clone(),
            kind: channel.way.kind().into(),
            to: channel.way.to(),
            on: on.map(Condition::as_str).chain(recovery).map(Cow::from).collect(),
            tasks: channel.tasks.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A file in the plugin directory.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PluginView {
    /// Its name without `.wasm`.
    pub(crate) plugin: String,
    /// The version in use; none where there is none.
    #[schema(value_type = Option<String>)]
    pub(crate) digest: Option<Digest>,
    /// What it offers.
    pub(crate) functions: Option<Vec<TaskFunction>>,
    /// What is wrong with the file as it is now.
    pub(crate) problem: Option<String>,
}

/// All plugins, by name.
pub(crate) fn plugins(library: &Library) -> Vec<PluginView> {
    library.list().into_iter().map(plugin).collect()
}

/// A file in the plugin directory.
pub(crate) fn plugin(listing: Listing) -> PluginView {
    PluginView {
        plugin: listing.name,
        digest: listing.plugin.as_ref().map(|plugin| plugin.digest()),
        functions: listing.plugin.as_ref().map(|plugin| plugin.functions().to_vec()),
        problem: listing.problem,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use horarium_core::schedule::Every;

    use super::*;

    #[test]
    fn what_comes_once_has_come() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let every = Every::new(Duration::from_secs(60), Duration::ZERO).unwrap();
        for (schedule, due) in [
            (Schedule::Once, None),
            (Schedule::At(at(90)), None),
            (Schedule::At(at(91)), Some(at(91))),
            (Schedule::Every(every), Some(at(120))),
            (Schedule::Manual, None),
        ] {
            assert_eq!(due_after(&schedule, at(90)), due, "{schedule}");
        }
    }
}
