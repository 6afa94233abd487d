//! A host with a hundred thousand tasks: its start, and a change of its configuration.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{
    cli::NOOP,
    figure::{Figure, median},
    process, setup,
};

const TASKS: u32 = 100_000;
const RELOADS: u32 = 5;

/// How long a host may take until it answers.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn run() -> Result<()> {
    let dir = setup::directory()?;
    let place = Place::new(dir.path())?;
    place.configure(0)?;
    // The first start compiles the plugin and fills the history; it is not counted.
    let (mut host, first) = place.serve()?;
    place.end(&mut host)?;
    let (mut host, start) = place.serve()?;
    let resident = process::resident_of(host.id())?;
    let reload = || {
        let (mut verbs, mut answers) = (Vec::new(), Vec::new());
        for change in 1..=RELOADS {
            place.configure(2 * change)?;
            verbs.push(place.verb()?);
            place.configure(2 * change + 1)?;
            answers.push(place.ask()?);
        }
        Ok((verbs, answers))
    };
    let reloaded: Result<_> = reload();
    let after = process::resident_of(host.id());
    // Whatever went wrong, nothing is left running.
    place.end(&mut host)?;
    let (verbs, answers) = reloaded?;

    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let print = |name: &str, value: f64, unit: &str, goal: Option<f64>, about: &str| {
        Figure::lower(name, (value, unit), goal, about).print()
    };
    print(
        "scheduler.reload_ms_100k",
        median(verbs),
        "ms",
        Some(1000.0),
        "`horarium reload` of 100,000 tasks of which one has changed, from the verb's start to its exit with the answer that the change is in force; both read the configuration, the verb for where its host is; median of 5",
    )?;
    print(
        "scheduler.reload_answer_ms_100k",
        median(answers),
        "ms",
        None,
        "the same, asked over the host's socket by whoever knows where that is; median of 5",
    )?;
    print(
        "scheduler.serve_ms_100k",
        start,
        "ms",
        None,
        "`horarium serve` with 100,000 tasks that its history knows, from the process's start to when all are active and it answers",
    )?;
    print(
        "scheduler.first_serve_ms_100k",
        first,
        "ms",
        None,
        "the same with a new history and a plugin to be compiled",
    )?;
    print(
        "scheduler.serve_mib_100k",
        mib(resident),
        "MiB",
        None,
        "resident memory of the host once it answers",
    )?;
    print(
        "scheduler.reloaded_mib_100k",
        mib(after?),
        "MiB",
        None,
        "resident memory of the host after ten reloads",
    )
}

/// A configuration and who reads it.
struct Place {
    horarium: PathBuf,
    config: PathBuf,
    socket: PathBuf,
}

impl Place {
    fn new(dir: &Path) -> Result<Self> {
        fs::create_dir(dir.join("plugins"))?;
        fs::copy(NOOP, dir.join("plugins/noop.wasm"))
            .with_context(|| format!("cannot read {NOOP}"))?;
        Ok(Self {
            horarium: std::env::current_exe()?.with_file_name("horarium"),
            config: dir.join("horarium.toml"),
            socket: dir.join("data/host.sock"),
        })
    }

    /// Writes the tasks, in the middle one of which stands `change`. None is due for hours.
    fn configure(&self, change: u32) -> Result<()> {
        let mut text = "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n".to_owned();
        let hour = jiff::Timestamp::now().as_second() / 3600 % 24;
        for number in 0..TASKS {
            let seconds = 30 + if number == TASKS / 2 { change } else { 0 };
            let (minute, hour) = (number % 60, (hour + 2 + i64::from(number % 20)) % 24);
            write!(
                text,
                "\n[task.task-{number}]\nplugin = \"noop\"\nschedule = {{ cron = \"{minute} {hour} * * *\" }}\ntimeout = \"{seconds}s\"\n"
            )?;
        }
        // At once, as editors do it: the host looks at the file by itself, too.
        let new = self.config.with_extension("new");
        fs::write(&new, text)?;
        Ok(fs::rename(new, &self.config)?)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.horarium);
        command.arg("--json").arg("--config").arg(&self.config).stdin(Stdio::null());
        command
    }

    /// Starts a host; returns it once it answers, and after how many milliseconds.
    fn serve(&self) -> Result<(Child, f64)> {
        let start = Instant::now();
        let mut command = self.command();
        command.arg("serve").stdout(Stdio::null()).stderr(Stdio::null());
        let mut host = command.spawn().context("cannot run horarium")?;
        loop {
            match self.http("GET /api/v1/host") {
                Ok(answer) => {
                    ensure!(answer["tasks"] == TASKS, "it serves {} tasks", answer["tasks"]);
                    return Ok((host, start.elapsed().as_secs_f64() * 1e3));
                }
                Err(reason) if start.elapsed() > PATIENCE => {
                    host.kill()?;
                    host.wait()?;
                    return Err(reason.context("the host does not answer"));
                }
                // It has no socket yet.
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn end(&self, host: &mut Child) -> Result<()> {
        host.kill()?;
        host.wait()?;
        // What it left behind would look like a host that is about to answer.
        Ok(fs::remove_file(&self.socket)?)
    }

    /// `horarium reload`, in milliseconds.
    fn verb(&self) -> Result<f64> {
        let start = Instant::now();
        let output = self.command().arg("reload").output().context("cannot run horarium")?;
        let elapsed = start.elapsed();
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The host looks at the file by itself, too, and may have seen the change before.
        let answer: Value = serde_json::from_slice(&output.stdout)?;
        ensure!(answer["tasks"] == TASKS, "it serves {} tasks", answer["tasks"]);
        Ok(elapsed.as_secs_f64() * 1e3)
    }

    /// The same without the verb.
    fn ask(&self) -> Result<f64> {
        let start = Instant::now();
        let answer = self.http("POST /api/v1/host/reload")?;
        let elapsed = start.elapsed();
        let changed = answer["changed"].as_array().map_or(0, Vec::len);
        ensure!(changed == 1, "{changed} tasks have changed: {answer}");
        Ok(elapsed.as_secs_f64() * 1e3)
    }

    fn http(&self, request: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(&self.socket)?;
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: horarium\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { bail!("it hung up") };
        ensure!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        Ok(serde_json::from_str(body)?)
    }
}
