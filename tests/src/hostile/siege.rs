//! A host under attack, beside a neighbour that nobody may notice it by.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use super::{Attack, Means, Word, forgery, ground, neighbour};
use crate::{
    Serving, Workspace,
    history::{Attempt, History},
};

/// What the host may hold beside what the guests may hold, in bytes: its code, the
/// plugins' code, the history's pages, the threads' stacks.
const BASE: u64 = 256 << 20;

/// How late a guest may be stopped, and how long a neighbour may wait. Far more than
/// either takes on any machine, and far less than a guest that is not contained.
const LATE: Duration = Duration::from_secs(5);
const WAIT: Duration = Duration::from_secs(2);

/// What came of some attacks on one host.
#[derive(Debug)]
pub struct Report {
    /// Each of them.
    pub attacks: Vec<Measured>,
    /// The host's peak resident memory, in bytes.
    pub peak: u64,
    /// How long the neighbour waited for its runs, 99 of 100.
    pub p99: Duration,
    /// The promises that were broken.
    pub broken: Vec<String>,
}

/// What came of one of them.
#[derive(Debug)]
pub struct Measured {
    /// Its name.
    pub name: &'static str,
    /// How its attempts ended, or what the host said about its file.
    pub outcome: String,
    /// How long after its limit, or where time is not its limit, after its start the
    /// slowest attempt was over; for a file, after it was put there.
    pub contained_after: Duration,
}

/// Lets these attack a host, all at once, for at least this long.
///
/// # Panics
/// Where the host dies, hangs, or does not say what it should.
#[must_use]
pub fn lay(attacks: &[Attack], length: Duration) -> Report {
    let workspace = ground::prepare(attacks);
    let mut host = workspace.serve(&[]);
    let tasks = host.event("tasks");
    assert_eq!(tasks["problems"], Value::Array(Vec::new()), "the attacks themselves are wrong");
    let from = now();
    let end = Instant::now() + length;

    let mut siege = Siege { broken: Vec::new() };
    let refused = siege.plant(&workspace, &mut host, attacks);
    siege.await_ends(&mut host, attacks);
    host.listen(end.saturating_duration_since(Instant::now()));
    let to = now();
    let peak = peak_memory(host.pid());
    // Whoever shares the host with them, or even the plugin, is served as before.
    for task in [neighbour::NAME, ground::SIBLING] {
        let run = host.of(task, "started")["run"].clone();
        host.until(&format!("end of run {run} of {task}"), |event| {
            event["event"] == "ended" && event["run"] == run
        });
    }
    let (told, ran) = host.stop_and_tell();
    let _ = ran.succeeded();
    let _ = workspace.run(&["runs", "--json", "-n", "100000"]).succeeded().json();
    siege.no_forgery(&told);

    let history = match History::read(&workspace.path("data")) {
        Ok(history) => history,
        Err(reason) => panic!("the history can't be read: {reason:#}"),
    };
    for task in [neighbour::NAME, ground::SIBLING] {
        siege.never_fails(&history, task);
    }
    let mut measured = refused;
    measured.extend(
        attacks
            .iter()
            .filter(|attack| !attack.tasks().is_empty())
            .map(|attack| siege.measured(&history, attack)),
    );
    let p99 = neighbour::p99(neighbour::waits(&history, from, to)).map(micros);
    let p99 = p99.unwrap_or(Duration::MAX);
    siege.check(p99 < WAIT, || format!("the neighbour waited for {p99:?}"));
    let promised: u64 = attacks.iter().flat_map(Attack::tasks).map(|task| task.memory).sum();
    siege.check(peak < BASE + promised, || {
        format!("the host held {} MiB where its guests may hold {}", peak >> 20, promised >> 20)
    });
    Report { attacks: measured, peak, p99, broken: siege.broken }
}

/// What is promised, and was not kept.
struct Siege {
    broken: Vec<String>,
}

impl Siege {
    fn check(&mut self, kept: bool, what: impl FnOnce() -> String) {
        if kept {
            return;
        }
        // An attack that is repeated breaks the same promise again and again.
        let what = what();
        if !self.broken.contains(&what) {
            self.broken.push(what);
        }
    }

    /// Puts the attackers' files into the plugin directory, and hears what the host
    /// says about them.
    fn plant(
        &mut self,
        workspace: &Workspace,
        host: &mut Serving,
        attacks: &[Attack],
    ) -> Vec<Measured> {
        let files = attacks.iter().filter_map(|attack| match &attack.means {
            Means::File(file) => Some((attack, file)),
            Means::Tasks(..) => None,
        });
        let mut planted: Vec<_> = files
            .map(|(attack, file)| {
                file.make.make(&workspace.path(format!("plugins/{}.wasm", attack.name)));
                (attack, file, Instant::now())
            })
            .collect();
        let mut measured = Vec::new();
        while !planted.is_empty() {
            let event = host.until(&format!("word of {} files", planted.len()), |event| {
                event["event"] == "plugin_refused" || event["event"] == "plugin_loaded"
            });
            let found = planted.iter().position(|(attack, ..)| event["plugin"] == attack.name);
            let Some((attack, file, since)) = found.map(|place| planted.swap_remove(place)) else {
                continue;
            };
            let outcome = event["error"]
                .as_str()
                .map_or_else(|| "loaded".to_owned(), |error| format!("refused: {error}"));
            let fits = match file.word {
                Word::Refused(complaint) => {
                    outcome.starts_with("refused") && outcome.contains(complaint)
                }
                Word::Loaded => outcome == "loaded",
                Word::Either => true,
            };
            self.check(fits, || format!("{}: {outcome}", attack.name));
            measured.push(Measured {
                name: attack.name,
                outcome,
                contained_after: since.elapsed(),
            });
        }
        measured
    }

    /// Waits until each task has ended once.
    fn await_ends(&mut self, host: &mut Serving, attacks: &[Attack]) {
        let mut missing: BTreeSet<String> =
            attacks.iter().flat_map(Attack::task_names).map(|(name, _)| name).collect();
        while !missing.is_empty() {
            let event = host.until(&format!("ends of {missing:?}"), |event| {
                event["event"] == "ended"
                    && event["task"].as_str().is_some_and(|task| missing.contains(task))
            });
            missing.remove(event["task"].as_str().unwrap_or_default());
        }
    }

    /// Nothing that a guest said can move a cursor.
    fn no_forgery(&mut self, told: &[Value]) {
        for event in told {
            self.check(!forgery::is_in(event), || format!("control characters in {event}"));
        }
    }

    fn never_fails(&mut self, history: &History, task: &str) {
        let fate = |state: &str| history.of(task).filter(|run| run.state == state).count();
        self.check(fate("succeeded") > 0, || format!("{task} never ran"));
        for end in ["failed", "timed_out", "out_of_fuel", "out_of_memory", "trapped", "lost"] {
            self.check(fate(end) == 0, || format!("{task} {end}"));
        }
    }

    fn measured(&mut self, history: &History, attack: &Attack) -> Measured {
        let mut outcomes = BTreeSet::new();
        let mut slowest = Duration::ZERO;
        for (name, task) in attack.task_names() {
            let mut ended = 0;
            for attempt in attempts(history, &name) {
                // The host was told to end meanwhile.
                if attempt.verdict == "interrupted" {
                    continue;
                }
                ended += 1;
                let error = attempt.error.as_deref().unwrap_or_default();
                self.check(task.ends.contains(&attempt.verdict.as_str()), || {
                    format!("{name} {}: {error}", attempt.verdict)
                });
                self.check(error.contains(task.because), || {
                    format!("{name} {} not because of {:?}: {error}", attempt.verdict, task.because)
                });
                let after = match attempt.verdict.as_str() {
                    "timed_out" => micros(attempt.wall_us).saturating_sub(task.timeout),
                    _ => micros(attempt.wall_us),
                };
                slowest = slowest.max(after);
                self.check(micros(attempt.wall_us) < task.timeout + LATE, || {
                    format!("{name} {} after {:?}", attempt.verdict, micros(attempt.wall_us))
                });
                outcomes.insert(match error {
                    "" => attempt.verdict.clone(),
                    error => format!("{}: {error}", attempt.verdict),
                });
            }
            self.check(ended > 0, || format!("{name} never ended"));
        }
        let outcomes: Vec<_> = outcomes.into_iter().collect();
        Measured { name: attack.name, outcome: outcomes.join(", "), contained_after: slowest }
    }
}

fn attempts<'a>(history: &'a History, task: &'a str) -> impl Iterator<Item = &'a Attempt> {
    history
        .of(task)
        .flat_map(|run| history.attempts.iter().filter(move |attempt| attempt.run == run.id))
}

/// The most memory that a process ever held, in bytes.
fn peak_memory(pid: u32) -> u64 {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    let status = read(&path);
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_else(|| panic!("no VmHWM in {}", path.display())) << 10
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()))
}

/// Microseconds since 1970, as the history counts.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn micros(count: i64) -> Duration {
    Duration::from_micros(u64::try_from(count).unwrap_or(0))
}
