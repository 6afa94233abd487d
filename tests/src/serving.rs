//! A host that serves.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
    iter,
    process::{Child, Output},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{DEADLINE, Ran, ran};

/// A running `horarium serve --json`; killed when it is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    lines: Receiver<Value>,
    stderr: Option<JoinHandle<String>>,
    /// Everything that it told.
    seen: Vec<Value>,
    /// How much of that was waited for already.
    cursor: usize,
}

impl Serving {
    pub(crate) fn new(mut child: Child) -> Self {
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let mut stderr = child.stderr.take().expect("standard error is a pipe");
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = String::new();
            // A line that a kill has cut off was not told.
            while stdout.read_line(&mut line).is_ok() && line.ends_with('\n') {
                let event = line.parse().unwrap_or_else(|_| Value::from(line.as_str()));
                if told.send(event).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read before an error is what there is.
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Self { child, lines, stderr: Some(stderr), seen: Vec::new(), cursor: 0 }
    }

    /// Waits for the next event that is like this, passing over others.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut like: impl FnMut(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            while let Some(event) = self.seen.get(self.cursor) {
                self.cursor += 1;
                if like(event) {
                    return event.clone();
                }
            }
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => self.hear(event),
                Err(RecvTimeoutError::Timeout) => self.give_up(&format!("no {what} for long")),
                Err(RecvTimeoutError::Disconnected) => {
                    self.give_up(&format!("the host has ended without {what}"));
                }
            }
        }
    }

    /// Waits for the next event of this name.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        self.until(&format!("`{name}`"), |event| event["event"] == name)
    }

    /// Waits for the next event of this name that concerns this task.
    #[track_caller]
    pub fn of(&mut self, task: &str, name: &str) -> Value {
        self.until(&format!("`{name}` of {task}"), |event| {
            event["event"] == name && event["task"] == task
        })
    }

    /// Waits until a task's guest has said something.
    #[track_caller]
    pub fn says(&mut self, task: &str, message: &str) -> Value {
        self.until(&format!("{message:?} of {task}"), |event| {
            event["event"] == "log" && event["task"] == task && event["line"]["message"] == message
        })
    }

    /// Waits for the end of a run of this task.
    #[track_caller]
    pub fn over(&mut self, task: &str) -> Value {
        self.until(&format!("end of {task}"), |event| {
            event["event"] == "ended" && event["task"] == task && event["over"] == true
        })
    }

    /// Waits for the end of a run of each of these tasks, in whatever order they
    /// come; of a task that is named twice, for two.
    #[track_caller]
    pub fn all_over(&mut self, tasks: &[&str]) {
        let mut missing = tasks.to_vec();
        self.until(&format!("ends of {tasks:?}"), |event| {
            let over = event["event"] == "ended" && event["over"] == true;
            if over && let Some(place) = missing.iter().position(|task| event["task"] == *task) {
                missing.remove(place);
            }
            missing.is_empty()
        });
    }

    /// Waits for the event of this name that concerns this plugin.
    #[track_caller]
    pub fn plugin(&mut self, plugin: &str, name: &str) -> Value {
        self.until(&format!("`{name}` of {plugin}"), |event| {
            event["event"] == name && event["plugin"] == plugin
        })
    }

    /// Lets it go on for this long, and hears what it tells. For whoever wants to
    /// disturb it at some moment; nothing is waited for.
    pub fn listen(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while let Ok(event) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.hear(event);
        }
    }

    fn hear(&mut self, event: Value) {
        let whole = event["event"].is_string() && event["at"].is_string();
        assert!(whole, "not an event: {event}");
        self.seen.push(event);
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        signal(&self.child, Signal::TERM);
    }

    /// Kills it, as `kill -9` does, and returns everything that it told.
    #[must_use]
    pub fn kill(mut self) -> (Vec<Value>, Ran) {
        signal(&self.child, Signal::KILL);
        let ran = self.wait();
        (std::mem::take(&mut self.seen), ran)
    }

    /// Asks it to end, and waits until it did.
    #[must_use]
    pub fn stop(self) -> Ran {
        self.terminate();
        self.ended()
    }

    /// Waits until it ends.
    #[must_use]
    pub fn ended(mut self) -> Ran {
        self.wait()
    }

    /// Asks it to end, and returns everything that it told as well.
    #[must_use]
    pub fn stop_and_tell(mut self) -> (Vec<Value>, Ran) {
        self.terminate();
        let ran = self.wait();
        (std::mem::take(&mut self.seen), ran)
    }

    fn wait(&mut self) -> Ran {
        let deadline = Instant::now() + DEADLINE;
        // Its standard output is closed when it ends.
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => self.hear(event),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.give_up("the host does not end"),
            }
        }
        self.collect()
    }

    fn collect(&mut self) -> Ran {
        let status = self.child.wait().expect("a child can be waited for");
        let stderr = self.stderr.take().map(JoinHandle::join);
        let stderr = stderr.and_then(Result::ok).unwrap_or_default();
        let output = Output { status, stdout: Vec::new(), stderr: stderr.into_bytes() };
        Ran::new("horarium serve --json".to_owned(), &output)
    }

    #[track_caller]
    fn give_up(&mut self, why: &str) -> ! {
        // Another failure than this one must not hide it.
        let _ = self.child.kill();
        let status = self.child.wait().map(|status| status.to_string()).unwrap_or_default();
        let stderr = self.stderr.take().map(JoinHandle::join);
        let mut told = String::new();
        for event in self.seen.iter().rev().take(200).rev() {
            let _ = writeln!(told, "{event}");
        }
        panic!(
            "{why}; it ended with {status}, and told\n{told}── stderr\n{}",
            stderr.and_then(Result::ok).unwrap_or_default()
        );
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(Ok(stderr)) = self.stderr.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            assert!(!ran::panicked(&stderr), "the host panicked: {stderr}");
        }
    }
}

/// Sends a process of the host this signal as soon as it has said this, and waits
/// until it ends.
///
/// # Panics
/// Where it never says that.
#[must_use]
pub fn signal_once_it_says(mut child: Child, text: &str, now: Signal) -> Ran {
    let (told, lines) = mpsc::channel();
    let stdout = gather(child.stdout.take(), told.clone());
    let stderr = gather(child.stderr.take(), told);
    let deadline = Instant::now() + DEADLINE;
    let said = iter::from_fn(|| {
        lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    })
    .any(|line| line.contains(text));
    signal(&child, if said { now } else { Signal::KILL });
    let gathered = |reader: JoinHandle<String>| reader.join().unwrap_or_default().into_bytes();
    let (stdout, stderr) = (gathered(stdout), gathered(stderr));
    let status = child.wait().expect("a child can be waited for");
    let ran = Ran::new("horarium".to_owned(), &Output { status, stdout, stderr });
    assert!(said, "it never said {text:?}: {ran}");
    ran
}

/// Gathers all that comes, and passes on every line as it comes.
fn gather(stream: Option<impl Read + Send + 'static>, told: Sender<String>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut all = String::new();
        let stream = BufReader::new(stream.expect("the stream is a pipe"));
        for line in stream.lines().map_while(Result::ok) {
            all.push_str(&line);
            all.push('\n');
            // Nobody may be waiting any more.
            let _ = told.send(line);
        }
        all
    })
}

/// Sends a signal to a process that was not waited for yet.
fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a child can be signalled");
}
