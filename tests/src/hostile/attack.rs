//! An attack: who does what, and how it must end.

use std::{fs, path::Path, time::Duration};

/// The attackers' plugins that are built from Rust.
const BUILT: [&str; 3] = ["hostile", "unruly", "program"];

/// What somebody tries, in one or more tasks at once or by files in the plugin
/// directory.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Its name in the table; the beginning of its tasks' names.
    pub name: &'static str,
    /// What it tries, in a few words for people.
    pub about: &'static str,
    /// How.
    pub means: Means,
}

/// How somebody attacks.
#[derive(Debug, Clone)]
pub enum Means {
    /// With tasks that run at once, again and again. Where there is a function, it
    /// prepares the folder that all of them are granted at `/dir`, to write.
    Tasks(Vec<Task>, Option<fn(&Path)>),
    /// With a file in the plugin directory.
    File(File),
}

/// A task of an attacker's.
#[derive(Debug, Clone)]
pub struct Task {
    /// One of `BUILT`, or the name of a text in `tests/hostile`.
    pub plugin: &'static str,
    /// The function.
    pub function: &'static str,
    /// More of its table in the configuration.
    pub settings: String,
    /// The time from its end to its next beginning.
    pub pause: Duration,
    /// Its timeout.
    pub timeout: Duration,
    /// Its memory limit, in bytes.
    pub memory: u64,
    /// The verdicts with which its attempts may end.
    pub ends: &'static [&'static str],
    /// A part of each attempt's error; empty where anything will do.
    pub because: &'static str,
}

/// A file that is no good as a plugin.
#[derive(Debug, Clone)]
pub struct File {
    /// Makes it at this path, in one step.
    pub make: Make,
    /// What the host has to say about it.
    pub word: Word,
}

/// What a host says about a file.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    /// That it is no plugin, with this in its complaint.
    Refused(&'static str),
    /// That it is one: it is odd, and does no harm.
    Loaded,
    /// One or the other, as it comes.
    Either,
}

/// Makes a file.
#[derive(Debug, Clone)]
pub enum Make {
    /// With this content.
    Bytes(Vec<u8>),
    /// In another way, at this path.
    By(fn(&Path)),
}

impl Attack {
    /// By one task.
    pub(super) fn by(name: &'static str, about: &'static str, task: Task) -> Self {
        Self::by_all(name, about, vec![task])
    }

    /// By several tasks at once.
    pub(super) fn by_all(name: &'static str, about: &'static str, tasks: Vec<Task>) -> Self {
        Self { name, about, means: Means::Tasks(tasks, None) }
    }

    /// With a granted folder, prepared so.
    pub(super) fn within(self, prepare: fn(&Path)) -> Self {
        let means = match self.means {
            Means::Tasks(tasks, _) => Means::Tasks(tasks, Some(prepare)),
            file @ Means::File(_) => file,
        };
        Self { means, ..self }
    }

    /// By a file with this content, about which the host complains so.
    pub(super) fn file(
        name: &'static str,
        about: &'static str,
        content: impl Into<Vec<u8>>,
        complaint: &'static str,
    ) -> Self {
        let file = File { make: Make::Bytes(content.into()), word: Word::Refused(complaint) };
        Self { name, about, means: Means::File(file) }
    }

    /// By a file that the host takes, to no harm.
    pub(super) fn harmless(
        name: &'static str,
        about: &'static str,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        let file = File { make: Make::Bytes(content.into()), word: Word::Loaded };
        Self { name, about, means: Means::File(file) }
    }

    /// By a file that is made so.
    pub(super) fn made(
        name: &'static str,
        about: &'static str,
        make: fn(&Path),
        complaint: &'static str,
    ) -> Self {
        let file = File { make: Make::By(make), word: Word::Refused(complaint) };
        Self { name, about, means: Means::File(file) }
    }

    /// By a file of which nobody can say what it is at the moment.
    pub(super) fn changing(name: &'static str, about: &'static str, make: fn(&Path)) -> Self {
        let file = File { make: Make::By(make), word: Word::Either };
        Self { name, about, means: Means::File(file) }
    }

    /// Its tasks; none where it is a file.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        match &self.means {
            Means::Tasks(tasks, _) => tasks,
            Means::File(_) => &[],
        }
    }

    /// What the tasks are called in the configuration.
    pub(super) fn task_names(&self) -> impl Iterator<Item = (String, &Task)> {
        let many = self.tasks().len() > 1;
        let name = move |n: usize| match many {
            true => format!("{}-{}", self.name, n + 1),
            false => self.name.to_owned(),
        };
        self.tasks().iter().enumerate().map(move |(n, task)| (name(n), task))
    }
}

impl Task {
    /// One that must end so.
    pub(super) fn new(
        plugin: &'static str,
        function: &'static str,
        ends: &'static [&'static str],
    ) -> Self {
        Self {
            plugin,
            function,
            settings: String::new(),
            pause: Duration::from_millis(20),
            timeout: Duration::from_millis(400),
            memory: 16 << 20,
            ends,
            because: "",
        }
    }

    /// With these lines in its table.
    pub(super) fn with(mut self, lines: &str) -> Self {
        self.settings.push_str(lines);
        self.settings.push('\n');
        self
    }

    /// Only once: it is one of many.
    pub(super) fn once(self) -> Self {
        Self { pause: Duration::from_secs(3600), ..self }
    }

    /// With this memory limit, in MiB.
    pub(super) fn memory(self, mebibytes: u64) -> Self {
        Self { memory: mebibytes << 20, ..self }
    }

    /// For as long as nothing else than its time ends it early.
    pub(super) fn patient(self) -> Self {
        Self { timeout: Duration::from_secs(30), ..self }
    }

    /// With this in its error.
    pub(super) fn because(self, because: &'static str) -> Self {
        Self { because, ..self }
    }

    /// Whether it needs a text of `tests/hostile`.
    pub(super) fn is_text(&self) -> bool {
        !BUILT.contains(&self.plugin)
    }
}

impl Make {
    pub(super) fn make(&self, path: &Path) {
        match self {
            Self::Bytes(content) => {
                // Hidden from the host until it is whole.
                let aside = path.with_extension("aside");
                fs::write(&aside, content).expect("the folder is ours");
                // It has been there for long: no host waits for it to come to rest.
                let file = fs::File::options().write(true).open(&aside);
                let file = file.expect("the folder is ours");
                file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("the folder is ours");
                fs::rename(aside, path).expect("the folder is ours");
            }
            Self::By(make) => make(path),
        }
    }
}
