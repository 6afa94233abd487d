//! What the keys mean together.

mod chains;
mod compile;
mod doubts;
mod env;
mod grant_caps;
mod grants;
mod http;
mod limits;
mod notify;
mod rules;
mod schedule;
mod starts;
mod state;
mod tasks;
mod web;

use std::{
    borrow::Cow,
    fmt::Display,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use horarium_core::{
    grant_caps::GrantCaps, limits::Caps, name::TaskName, retention::Retention, schedule::Schedule,
    store::Durability,
};
use horarium_sandbox::CompileLimits;

pub(super) use self::tasks::{Entry, Tasks};
pub(crate) use self::tasks::{ScheduleDraft, TaskDraft};
use super::{
    decode::At,
    problem::{Problem, Problems},
    raw::{RawConfig, RawDefaults, RawRetention, RawRetry, RawSchedule},
    territory::{self, Granted, NamedFile, Own},
    values::Number,
    web::Web,
    wishes::{RetryWishes, limit_keys, retry_wishes},
};
use crate::notify::Channel;

/// Less than this, and no guest starts at all.
const LEAST_MEMORY: u64 = 1 << 20;

/// A configuration without fault, as far as that can be said without plugins.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) plugin_dir: PathBuf,
    pub(crate) data_dir: PathBuf,
    pub(crate) capacity: u32,
    pub(crate) memory: u64,
    pub(crate) grace: Duration,
    pub(crate) durability: Durability,
    pub(crate) retention: Retention,
    pub(crate) caps: Caps,
    pub(crate) compile: CompileLimits,
    /// As the file says; the command line may say more.
    pub(crate) web: Web,
    /// Where people hear of tasks.
    pub(crate) channels: Vec<Channel>,
    /// In the order of their names.
    pub(crate) tasks: Vec<TaskDraft>,
    /// Names of tasks in which `*` stands for any part, as channels have them.
    patterns: Vec<At<String>>,
    /// Templates that no task extends.
    idle: Vec<At<String>>,
    granted: Vec<Granted>,
    file: PathBuf,
    text: String,
}

impl Config {
    /// The file that it stands in.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The task of this name.
    pub(crate) fn draft(&self, task: &TaskName) -> Option<&TaskDraft> {
        let place = self.tasks.binary_search_by(|draft| draft.name.value.cmp(task)).ok()?;
        self.tasks.get(place)
    }

    /// Where a task is granted what belongs to a host that runs, and goes on with its own
    /// directories whatever this configuration calls them.
    pub(crate) fn trespasses_on(&self, running: &Self) -> Vec<Problem> {
        let (data_dir, plugin_dir) = (&running.data_dir, &running.plugin_dir);
        territory::trespasses(&self.granted, &Own { config: &self.file, data_dir, plugin_dir })
    }

    /// Keeps, of what a host can't change while it runs, the values of the configuration
    /// that it began with. Returns the keys of those that differ.
    pub(crate) fn settle(&mut self, running: &Self) -> Vec<Cow<'static, str>> {
        let mut differ = Vec::new();
        macro_rules! settle {
            ($($field:ident: $key:literal),*) => {$(
                if self.$field != running.$field {
                    self.$field.clone_from(&running.$field);
                    differ.push($key.into());
                }
            )*};
        }
        settle!(
            plugin_dir: "plugin_dir", data_dir: "data_dir", capacity: "host.capacity",
            memory: "host.memory", durability: "host.durability", caps: "host.max", compile: "host.compile",
            web: "web"
        );
        differ
    }

    /// What makes sense in its file, and is hardly what somebody means.
    pub(crate) fn doubts(&self) -> Problems {
        self.problems(doubts::of(&self.patterns, &self.idle, &self.tasks)).into_doubts()
    }

    /// Problems in this configuration's file.
    pub(crate) fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(&self.file, &self.text, list)
    }
}

/// Where history and host are.
pub(super) fn data_dir(dir: &Path, given: Option<At<String>>) -> PathBuf {
    dir.join(given.map_or_else(|| "data".to_owned(), |given| given.value))
}

/// Checks everything; what is wrong goes to `problems`.
pub(super) fn check(
    file: &Path,
    dir: &Path,
    text: &str,
    raw: RawConfig,
    tasks: &Tasks<'_>,
    problems: &mut Vec<Problem>,
) -> Config {
    let host = raw.host.map(|host| host.value).unwrap_or_default();
    let defaults = raw.defaults.map(|defaults| defaults.value).unwrap_or_default();
    let memory = host.memory.as_ref().map_or(4 << 30, |memory| memory.value.0);
    if let Some(at) = host.memory.as_ref().filter(|at| at.value.0 < LEAST_MEMORY) {
        let help = Some("at least `\"1MiB\"`, better some GiB".to_owned());
        problems.push(at.problem("no guest could start", help));
    }
    let retention = retention(raw.retention.map(|at| at.value).unwrap_or_default(), problems);
    let caps = limits::caps(&host, memory);
    let compile = compile::limits(&host, problems);
    let mut checker = Checker::new(dir, caps, &defaults);
    // What could not be read counts, too.
    checker.problems.append(problems);
    if let Some(caps) = &host.grants {
        checker.grant_caps = checker.grant_caps(&caps.value);
    }
    checker.defaults();
    let web = raw.web.map(|web| checker.web(&web.value)).unwrap_or_default();
    let patterns = raw.notify.as_ref().map(|it| doubts::patterns(&it.value)).unwrap_or_default();
    let channels =
        raw.notify.as_ref().map(|notify| checker.channels(&notify.value)).unwrap_or_default();
    let mut checked = tasks::check(&checker, tasks);
    let Checker { mut granted, mut named, mut mentioned, handlers, problems: found, .. } = checker;
    granted.append(&mut checked.granted);
    named.append(&mut checked.named);
    mentioned.append(&mut checked.mentioned);
    problems.extend(found.into_iter().chain(checked.problems));
    // A task with a problem may be missing here, and not for whoever reads the file.
    if problems.iter().all(|problem| problem.absent) {
        problems.extend(notify::strangers(&mentioned, &checked.tasks));
        problems.extend(chains::circle(&checked.tasks));
        starts::note(&mut checked.tasks);
        notify::note(handlers, &mut checked.tasks);
    }
    let plugin_dir = raw.plugin_dir.map_or_else(|| "plugins".to_owned(), |key| key.value);
    let plugin_dir = dir.join(plugin_dir);
    let data_dir = data_dir(dir, raw.data_dir);
    let own = Own { config: file, data_dir: &data_dir, plugin_dir: &plugin_dir };
    problems.extend(territory::trespasses(&granted, &own));
    problems.extend(territory::exposures(&named, &granted));
    Config {
        plugin_dir,
        data_dir,
        capacity: host.capacity.map_or(16, |capacity| capacity.value.0),
        memory,
        grace: host.grace.map_or(Duration::from_secs(10), |grace| grace.value),
        durability: host.durability.map_or(Durability::Full, |key| key.value),
        retention,
        caps,
        compile,
        web,
        channels,
        tasks: checked.tasks,
        patterns,
        idle: tasks.idle().to_vec(),
        granted,
        file: file.to_owned(),
        text: text.to_owned(),
    }
}

/// How much of the history is kept, where nothing else is said, in bytes.
const KEPT: u64 = 4 << 30;

fn retention(raw: RawRetention, problems: &mut Vec<Problem>) -> Retention {
    if let Some(age) = raw.age.as_ref().filter(|age| age.value.is_zero()) {
        let help = "such as `\"90d\"`, or leave it out to keep runs for ever";
        problems.push(age.problem("nothing would be kept", Some(help.to_owned())));
    }
    Retention {
        age: raw.age.map(|age| age.value),
        runs: raw.runs.map(|runs| runs.value.0),
        bytes: Some(raw.bytes.map_or(KEPT, |bytes| bytes.value.0)),
    }
}

struct Checker<'a> {
    dir: &'a Path,
    caps: Caps,
    grant_caps: GrantCaps,
    defaults: &'a RawDefaults,
    granted: Vec<Granted>,
    named: Vec<NamedFile>,
    /// Tasks that are spoken of elsewhere.
    mentioned: Vec<At<TaskName>>,
    /// Those that bring alerts.
    handlers: Vec<At<TaskName>>,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn new(dir: &'a Path, caps: Caps, defaults: &'a RawDefaults) -> Self {
        Self {
            dir,
            caps,
            grant_caps: GrantCaps::default(),
            defaults,
            granted: Vec::new(),
            named: Vec::new(),
            mentioned: Vec::new(),
            handlers: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn wrong<T>(
        &mut self,
        at: &At<T>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems.push(at.problem(message, Some(help.into())));
    }

    /// Says that something is not to be had here.
    pub(super) fn absent<T>(
        &mut self,
        at: &At<T>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = at.problem(message, Some(help.into()));
        self.problems.push(Problem { absent: true, ..problem });
    }

    /// Says what a table lacks, unless something in it could not be read: that is a
    /// problem already, and no absence.
    pub(super) fn missing<T>(&mut self, at: &At<T>, message: &str, help: &str) {
        let below = format!("{}.", at.key);
        if !self.problems.iter().any(|problem| problem.key.starts_with(&below)) {
            self.wrong(at, message, help);
        }
    }

    /// Reads a value in words; says what is wrong with it.
    pub(super) fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        at: &At<String>,
        help: &str,
    ) -> Option<T> {
        at.value.parse().map_err(|reason: T::Err| self.wrong(at, reason.to_string(), help)).ok()
    }

    fn defaults(&mut self) {
        let defaults = self.defaults;
        self.limits(&limit_keys!(defaults));
        self.default_rules(defaults);
        if let Some(retry) = &defaults.retry {
            self.retry(&retry.value);
        }
    }

    fn retry(&mut self, raw: &RawRetry) -> RetryWishes {
        let between = |at: &Option<At<Number>>, low: f64, high: f64| {
            at.clone().filter(|at| !(low..=high).contains(&at.value.0))
        };
        if let Some(factor) = between(&raw.factor, 1.0, 1000.0) {
            self.wrong(
                &factor,
                "the waits would shrink, or explode",
                "from 1 to 1000, such as `2`",
            );
        }
        if let Some(jitter) = between(&raw.jitter, 0.0, 1.0) {
            self.wrong(&jitter, "it is a fraction of the wait", "from 0 to 1, such as `0.1`");
        }
        retry_wishes(raw)
    }
}

fn first<T: Copy + Default>(task: &Option<At<T>>, defaults: &Option<At<T>>) -> T {
    task.as_ref().or(defaults.as_ref()).map(|at| at.value).unwrap_or_default()
}

/// Reads a schedule and a retry policy that a plugin suggests.
pub(super) fn suggested(
    schedule: Option<&At<RawSchedule>>,
    retry: Option<&At<RawRetry>>,
    problems: &mut Vec<Problem>,
) -> (Option<Schedule>, RetryWishes) {
    let defaults = RawDefaults::default();
    let mut checker = Checker::new(Path::new("/"), Caps::DEFAULT, &defaults);
    // What could not be read counts, too.
    checker.problems.append(problems);
    if let Some(after) = schedule.and_then(|at| at.value.after.as_ref()) {
        checker.wrong(after, "a plugin knows no tasks", "leave it to the configuration");
    }
    let schedule = schedule.and_then(|schedule| checker.schedule(schedule));
    let retry = retry.map(|retry| checker.retry(&retry.value)).unwrap_or_default();
    problems.append(&mut checker.problems);
    (schedule, retry)
}
