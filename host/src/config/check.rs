//! What the keys mean together.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use horarium_core::{
    grants::{DirAccess, DirGrant, Grants, Secret},
    limits::{Caps, Fuel, LimitWishes, show_duration},
    misfire::Misfire,
    name::{PluginName, TaskName},
    overlap::Overlap,
    retry::RetryPolicy,
    schedule::{Cron, Every, Schedule},
};

use super::{
    decode::At,
    problem::{Problem, Problems},
    raw::{RawConfig, RawDefaults, RawDir, RawGrants, RawHost, RawRetry, RawSchedule, RawTask},
    territory::{self, Granted, Own},
    values::{Bytes, EnvValue, Number},
};

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
    pub(crate) caps: Caps,
    pub(crate) tasks: Vec<TaskDraft>,
    file: PathBuf,
    text: String,
}

/// A task that still has to hear what its plugin suggests.
#[derive(Debug)]
pub(crate) struct TaskDraft {
    pub(crate) name: At<TaskName>,
    pub(crate) plugin: At<PluginName>,
    pub(crate) function: Option<At<String>>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) args: Option<At<serde_json::Value>>,
    pub(crate) limits: LimitWishes,
    pub(crate) retry: RetryWishes,
    pub(crate) overlap: Overlap,
    pub(crate) misfire: Misfire,
    pub(crate) grants: Grants,
}

/// A retry policy as one voice states it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RetryWishes {
    max_attempts: Option<u32>,
    delay: Option<Duration>,
    factor: Option<f64>,
    max_delay: Option<Duration>,
    jitter: Option<f64>,
}

impl RetryWishes {
    /// These wishes, and where they are silent, `other`'s.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            max_attempts: self.max_attempts.or(other.max_attempts),
            delay: self.delay.or(other.delay),
            factor: self.factor.or(other.factor),
            max_delay: self.max_delay.or(other.max_delay),
            jitter: self.jitter.or(other.jitter),
        }
    }

    pub(crate) fn resolve(self) -> RetryPolicy {
        let default = RetryPolicy::DEFAULT;
        RetryPolicy {
            max_attempts: self.max_attempts.unwrap_or(default.max_attempts),
            delay: self.delay.unwrap_or(default.delay),
            factor: self.factor.unwrap_or(default.factor),
            max_delay: self.max_delay.unwrap_or(default.max_delay),
            jitter: self.jitter.unwrap_or(default.jitter),
        }
    }
}

impl Config {
    /// Problems in this configuration's file.
    pub(crate) fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(&self.file, &self.text, list)
    }
}

/// Checks everything; what is wrong goes to `problems`.
pub(super) fn check(
    file: &Path,
    dir: &Path,
    text: &str,
    raw: RawConfig,
    problems: &mut Vec<Problem>,
) -> Config {
    let host = raw.host.map(|host| host.value).unwrap_or_default();
    let defaults = raw.defaults.map(|defaults| defaults.value).unwrap_or_default();
    let memory = host.memory.as_ref().map_or(4 << 30, |memory| memory.value.0);
    if let Some(at) = host.memory.as_ref().filter(|at| at.value.0 < LEAST_MEMORY) {
        let help = Some("at least `\"1MiB\"`, better some GiB".to_owned());
        problems.push(at.problem("no guest could start", help));
    }
    let caps = caps(&host, memory);
    let mut checker = Checker { dir, caps, defaults: &defaults, granted: Vec::new(), problems };
    checker.defaults();
    let tasks = raw.task.map(|tasks| tasks.value).unwrap_or_default();
    let tasks = tasks.into_iter().filter_map(|(name, task)| checker.task(&name, &task)).collect();
    let granted = checker.granted;
    let path = |key: Option<At<String>>, default: &str| {
        dir.join(key.map_or_else(|| default.to_owned(), |key| key.value))
    };
    let plugin_dir = path(raw.plugin_dir, "plugins");
    let data_dir = path(raw.data_dir, "data");
    let own = Own { data_dir: &data_dir, plugin_dir: &plugin_dir };
    problems.extend(territory::trespasses(&granted, &own));
    Config {
        plugin_dir,
        data_dir,
        capacity: host.capacity.map_or(16, |capacity| capacity.value.0),
        memory,
        grace: host.grace.map_or(Duration::from_secs(10), |grace| grace.value),
        caps,
        tasks,
        file: file.to_owned(),
        text: text.to_owned(),
    }
}

/// What no task may exceed; nor more than what there is for all of them.
fn caps(host: &RawHost, all: u64) -> Caps {
    let max = host.max.as_ref().map(|max| max.value.clone()).unwrap_or_default();
    Caps {
        timeout: max.timeout.map_or(Caps::DEFAULT.timeout, |timeout| timeout.value),
        fuel: max.fuel.map_or(Caps::DEFAULT.fuel, |fuel| fuel.value),
        memory: max.memory.map_or(Caps::DEFAULT.memory, |memory| memory.value.0).min(all),
    }
}

struct Checker<'a> {
    dir: &'a Path,
    caps: Caps,
    defaults: &'a RawDefaults,
    granted: Vec<Granted>,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn wrong<T>(&mut self, at: &At<T>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(at.problem(message, Some(help.into())));
    }

    fn defaults(&mut self) {
        let defaults = self.defaults;
        self.limits(&defaults.timeout, &defaults.fuel, &defaults.memory);
        if let Some(retry) = &defaults.retry {
            self.retry(&retry.value);
        }
    }

    fn task(&mut self, name: &str, task: &At<RawTask>) -> Option<TaskDraft> {
        let raw = &task.value;
        self.limits(&raw.timeout, &raw.fuel, &raw.memory);
        let limits = wishes(&raw.timeout, &raw.fuel, &raw.memory, &raw.log, &raw.output);
        let retry = raw.retry.as_ref().map(|retry| self.retry(&retry.value)).unwrap_or_default();
        let grants =
            raw.grants.as_ref().map(|grants| self.grants(&grants.value)).unwrap_or_default();
        let schedule = raw.schedule.as_ref().map(|schedule| self.schedule(schedule));
        let name = self.name::<TaskName>(&task.map(|_| name.to_owned()));
        let plugin = match &raw.plugin {
            Some(plugin) => self.name::<PluginName>(plugin),
            None => name.as_ref().and_then(|name| self.name(&name.map(ToString::to_string))),
        };
        Some(TaskDraft {
            name: name?,
            plugin: plugin?,
            function: raw.function.clone(),
            // A wrong schedule is a problem already; as good as none.
            schedule: schedule.flatten(),
            args: raw.args.as_ref().map(|args| args.map(|args| args.0.clone())),
            limits: limits.or(self.default_limits()),
            retry: retry.or(self.default_retry()),
            overlap: first(&raw.overlap, &self.defaults.overlap),
            misfire: first(&raw.misfire, &self.defaults.misfire),
            grants,
        })
    }

    fn default_limits(&self) -> LimitWishes {
        let defaults = self.defaults;
        wishes(&defaults.timeout, &defaults.fuel, &defaults.memory, &defaults.log, &defaults.output)
    }

    fn default_retry(&self) -> RetryWishes {
        self.defaults.retry.as_ref().map(|retry| retry_wishes(&retry.value)).unwrap_or_default()
    }

    fn name<N: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        text: &At<String>,
    ) -> Option<At<N>> {
        match text.value.parse() {
            Ok(name) => Some(text.map(|_| name)),
            Err(reason) => {
                let message = format!("{:?} is no name: {reason}", text.value);
                self.wrong(text, message, "such as `nightly-report`");
                None
            }
        }
    }

    fn limits(
        &mut self,
        timeout: &Option<At<Duration>>,
        fuel: &Option<At<Fuel>>,
        memory: &Option<At<Bytes>>,
    ) {
        let caps = self.caps;
        if let Some(timeout) = timeout {
            if timeout.value.is_zero() {
                self.wrong(timeout, "no attempt can be over in no time", "such as `\"30s\"`");
            } else if timeout.value > caps.timeout {
                let most = show_duration(caps.timeout);
                let message = format!("the host allows at most {most}");
                self.wrong(timeout, message, "make it shorter, or raise `host.max.timeout`");
            }
        }
        if let (Some(fuel), Fuel::Limited(most)) = (fuel, caps.fuel) {
            let within = matches!(fuel.value, Fuel::Limited(units) if units <= most);
            if !within {
                let message = format!("the host allows at most {most}");
                self.wrong(fuel, message, "make it less, or raise `host.max.fuel`");
            }
        }
        if let Some(memory) = memory {
            if memory.value.0 > caps.memory {
                let message = format!("the host allows at most {} bytes", caps.memory);
                let help = "make it less, or raise `host.max.memory` and `host.memory`";
                self.wrong(memory, message, help);
            }
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

    fn schedule(&mut self, at: &At<RawSchedule>) -> Option<Schedule> {
        let raw = &at.value;
        for (given, name) in
            [(&raw.continuous, "continuous"), (&raw.once, "once"), (&raw.manual, "manual")]
        {
            if let Some(no) = given.as_ref().filter(|given| !given.value) {
                self.wrong(
                    no,
                    "a schedule says what it is",
                    format!("write `{name} = true`, or leave it out"),
                );
            }
        }
        self.companion(&raw.timezone, raw.cron.is_some(), "cron");
        self.companion(&raw.offset, raw.every.is_some(), "every");
        self.companion(&raw.pause, raw.continuous.is_some(), "continuous");
        let kinds = [
            raw.cron.is_some().then_some("cron"),
            raw.every.is_some().then_some("every"),
            raw.continuous.is_some().then_some("continuous"),
            raw.once.is_some().then_some("once"),
            raw.at.is_some().then_some("at"),
            raw.manual.is_some().then_some("manual"),
        ];
        let kinds: Vec<_> = kinds.into_iter().flatten().collect();
        // A key that could not be read is a problem already, and no absence.
        let below = format!("{}.", at.key);
        let broken = self.problems.iter().any(|problem| problem.key.starts_with(&below));
        match kinds.as_slice() {
            [_] if !broken => self.one_schedule(raw),
            [] if !broken => {
                let help =
                    "add one of `cron`, `every`, `continuous`, `once`, `at`, `manual`".to_owned();
                self.wrong(at, "it says nowhere when", help);
                None
            }
            [] | [_] => None,
            several => {
                let message = format!("{} exclude each other", several.join(" and "));
                self.wrong(at, message, "keep one of them");
                None
            }
        }
    }

    fn companion<T>(&mut self, given: &Option<At<T>>, wanted: bool, of: &str) {
        if let Some(given) = given
            && !wanted
        {
            self.wrong(
                given,
                format!("this goes with `{of}` only"),
                format!("add `{of}`, or leave it out"),
            );
        }
    }

    fn one_schedule(&mut self, raw: &RawSchedule) -> Option<Schedule> {
        if let Some(cron) = &raw.cron {
            let zone = raw.timezone.as_ref().map_or("UTC", |zone| &zone.value);
            return match Cron::new(&cron.value, zone) {
                Ok(cron) => Some(Schedule::Cron(Box::new(cron))),
                Err(reason @ horarium_core::schedule::CronError::Timezone(_)) => {
                    let at = raw.timezone.as_ref().unwrap_or(cron);
                    self.wrong(at, reason.to_string(), "such as `Europe/Paris` or `UTC`");
                    None
                }
                Err(reason) => {
                    let help = "such as `0 3 * * *` (at three every night) or `*/10 * * * * *` (every ten seconds)";
                    self.wrong(cron, reason.to_string(), help);
                    None
                }
            };
        }
        if let Some(period) = &raw.every {
            let offset = raw.offset.as_ref().map_or(Duration::ZERO, |offset| offset.value);
            return match Every::new(period.value, offset) {
                Ok(every) => Some(Schedule::Every(every)),
                Err(reason) => {
                    self.wrong(
                        period,
                        reason.to_string(),
                        "such as `every = \"30s\", offset = \"5s\"`",
                    );
                    None
                }
            };
        }
        if raw.continuous.is_some() {
            let pause = raw.pause.as_ref().map_or(Duration::ZERO, |pause| pause.value);
            return Some(Schedule::Continuous { pause });
        }
        if raw.once.is_some() {
            return Some(Schedule::Once);
        }
        if let Some(at) = &raw.at {
            return Some(Schedule::At(at.value));
        }
        Some(Schedule::Manual)
    }

    fn grants(&mut self, raw: &RawGrants) -> Grants {
        let dirs = raw.dirs.iter().flat_map(|dirs| dirs.value.iter().map(move |dir| (dirs, dir)));
        let dirs: Vec<_> = dirs.filter_map(|(at, dir)| self.dir(at, dir)).collect();
        let env = raw.env.iter().flat_map(|env| &env.value);
        let env: Vec<_> = env
            .filter_map(|(name, value)| {
                if name.is_empty() || name.contains(['=', '\0']) {
                    self.wrong(
                        value,
                        format!("{name:?} can't be a variable's name"),
                        "such as `REGION`",
                    );
                }
                Some((name.clone(), self.env_value(&value.value)?))
            })
            .collect();
        Grants { dirs, env }
    }

    fn env_value(&mut self, value: &EnvValue) -> Option<Secret> {
        match value {
            EnvValue::Plain(value) => Some(Secret::new(value)),
            EnvValue::FromEnv(name) => match std::env::var(&name.value) {
                Ok(value) => Some(Secret::new(value)),
                Err(_) => {
                    let message = format!("the host's environment has no text in `{}`", name.value);
                    self.wrong(name, message, format!("start the host with `{}` set", name.value));
                    None
                }
            },
        }
    }

    fn dir(&mut self, list: &At<Vec<RawDir>>, dir: &RawDir) -> Option<DirGrant> {
        let (Some(host), Some(guest)) = (&dir.host, &dir.guest) else {
            let help = "such as `{ host = \"./in\", guest = \"/in\" }`";
            self.wrong(list, "a directory needs both `host` and `guest`", help);
            return None;
        };
        if !guest.value.starts_with('/') || guest.value.split('/').any(|part| part == "..") {
            self.wrong(guest, "the guest's path is not absolute", "such as `/in`");
        }
        let path = self.dir.join(&host.value);
        match path.canonicalize().and_then(|path| Ok((path.metadata()?.is_dir(), path))) {
            Ok((true, real)) => {
                let access = dir.access.as_ref().map_or(DirAccess::ReadOnly, |access| access.value);
                self.granted.push(Granted {
                    written: territory::plain(&path),
                    real: real.clone(),
                    access,
                    at: host.clone(),
                });
                Some(DirGrant { host: real, guest: guest.value.clone(), access })
            }
            Ok((false, path)) => {
                let message = format!("{} is not a directory", path.display());
                self.wrong(host, message, "grants are for directories");
                None
            }
            Err(reason) => {
                let message = format!("there is no {}: {reason}", path.display());
                self.wrong(host, message, "create it, or name another one");
                None
            }
        }
    }
}

fn first<T: Copy + Default>(task: &Option<At<T>>, defaults: &Option<At<T>>) -> T {
    task.as_ref().or(defaults.as_ref()).map(|at| at.value).unwrap_or_default()
}

/// Limits as one table states them.
pub(super) fn wishes(
    timeout: &Option<At<Duration>>,
    fuel: &Option<At<Fuel>>,
    memory: &Option<At<Bytes>>,
    log: &Option<At<Bytes>>,
    output: &Option<At<Bytes>>,
) -> LimitWishes {
    let bytes = |at: &Option<At<Bytes>>| at.as_ref().map(|at| at.value.0);
    LimitWishes {
        timeout: timeout.as_ref().map(|at| at.value),
        fuel: fuel.as_ref().map(|at| at.value),
        memory: bytes(memory),
        log: bytes(log),
        output: bytes(output),
    }
}

/// A retry policy as one table states it.
pub(super) fn retry_wishes(raw: &RawRetry) -> RetryWishes {
    RetryWishes {
        max_attempts: raw.max_attempts.as_ref().map(|at| at.value.0),
        delay: raw.delay.as_ref().map(|at| at.value),
        factor: raw.factor.as_ref().map(|at| at.value.0),
        max_delay: raw.max_delay.as_ref().map(|at| at.value),
        jitter: raw.jitter.as_ref().map(|at| at.value.0),
    }
}

/// Reads a schedule and a retry policy that a plugin suggests.
pub(super) fn suggested(
    schedule: Option<&At<RawSchedule>>,
    retry: Option<&At<RawRetry>>,
    problems: &mut Vec<Problem>,
) -> (Option<Schedule>, RetryWishes) {
    let defaults = RawDefaults::default();
    let mut checker = Checker {
        dir: Path::new("/"),
        caps: Caps::DEFAULT,
        defaults: &defaults,
        granted: Vec::new(),
        problems,
    };
    let schedule = schedule.and_then(|schedule| checker.schedule(schedule));
    let retry = retry.map(|retry| checker.retry(&retry.value)).unwrap_or_default();
    (schedule, retry)
}
