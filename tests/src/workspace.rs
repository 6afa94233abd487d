//! A folder with everything that a host needs.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::{DirBuilderExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::SystemTime,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Clock, Ran, Serving, Volume, built};

/// A temporary folder with a configuration, a plugin directory and a data directory.
#[derive(Debug)]
pub struct Workspace {
    dir: TempDir,
}

impl Workspace {
    /// One whose plugin directory has `noop` and `unruly`, with these tasks: what
    /// follows `plugin_dir` and `data_dir` in the configuration. The folder `gate`
    /// is theirs to look at.
    #[must_use]
    pub fn new(tasks: &str) -> Self {
        let workspace = Self::bare();
        workspace.add_plugin("noop", "tests/noop");
        workspace.add_plugin("unruly", "tests/unruly");
        workspace.make_dir("gate");
        workspace.configure(tasks);
        workspace
    }

    /// One with an empty plugin directory and no configuration.
    #[must_use]
    pub fn bare() -> Self {
        let dir =
            tempfile::Builder::new().prefix("horarium-").tempdir().expect("a temporary folder");
        let workspace = Self { dir };
        fs::create_dir(workspace.path("plugins")).expect("the folder is ours");
        let mut ours = fs::DirBuilder::new();
        ours.mode(0o700).create(workspace.path("data")).expect("the folder is ours");
        symlink(built::cache(), workspace.path("data/cache")).expect("the folder is ours");
        workspace
    }

    /// Puts the data directory on a disk of its own, which is to go before this does;
    /// none where this machine can't.
    #[must_use]
    pub fn data_on_a_volume(&self) -> Option<Volume> {
        let volume = Volume::mount(&self.path("data"))?;
        symlink(built::cache(), self.path("data/cache")).expect("the disk is ours");
        volume.sync();
        Some(volume)
    }

    /// Writes the configuration.
    pub fn configure(&self, tasks: &str) {
        self.configure_as_it_is(&format!(
            "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n{tasks}\n"
        ));
    }

    /// Writes the configuration, and nothing else into it.
    pub fn configure_as_it_is(&self, text: &str) {
        self.write("horarium.toml", text);
    }

    /// Copies a plugin from where they are built to the plugin directory.
    pub fn add_plugin(&self, name: &str, built: &str) {
        let to = self.path(format!("plugins/{name}.wasm"));
        fs::copy(built::plugin(built), &to).expect("a plugin can be copied");
        // It has been there for long: no host waits for it to come to rest.
        let file = fs::File::options().write(true).open(to).expect("the folder is ours");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("the folder is ours");
    }

    /// Puts a plugin in WebAssembly's own words into the plugin directory.
    pub fn add_bytes(&self, name: &str, bytes: &[u8]) {
        let to = self.path(format!("plugins/{name}.wasm"));
        fs::write(&to, bytes).expect("the folder is ours");
        let file = fs::File::options().write(true).open(to).expect("the folder is ours");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("the folder is ours");
    }

    /// Puts a file where another one may be, in one step.
    pub fn replace(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let aside = self.path("aside");
        fs::write(&aside, content).expect("the folder is ours");
        fs::rename(aside, self.path(path)).expect("the folder is ours");
    }

    /// Writes a file.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        fs::write(self.path(path), content).expect("the folder is ours");
    }

    /// Makes a folder.
    pub fn make_dir(&self, path: impl AsRef<Path>) {
        fs::create_dir_all(self.path(path)).expect("the folder is ours");
    }

    /// A path in the folder; the folder itself where it is empty.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(path)
    }

    /// A path as text, for a command line.
    #[must_use]
    pub fn text(&self, path: impl AsRef<Path>) -> String {
        self.path(path).into_os_string().into_string().expect("temporary folders have plain names")
    }

    /// The host's command line, to be run in the folder.
    #[must_use]
    pub fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        self.command_of(&built::horarium(), args)
    }

    /// The same of another binary.
    fn command_of<A: AsRef<OsStr>>(&self, binary: &Path, args: &[A]) -> Command {
        let mut command = self.program(binary);
        command.args(args);
        command
    }

    /// A program, to be run in the folder.
    #[must_use]
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.dir.path())
            .env("XDG_CACHE_HOME", built::cache_home())
            .env("HORARIUM_CONFIG", "horarium.toml")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a verb to its end.
    #[must_use]
    pub fn run<A: AsRef<OsStr> + std::fmt::Debug>(&self, args: &[A]) -> Ran {
        let output = self.command(args).output().expect("the host can be started");
        Ran::new(format!("horarium {args:?}"), &output)
    }

    /// Runs a verb to its end, with these variables in its environment.
    #[must_use]
    pub fn run_with<A: AsRef<OsStr> + std::fmt::Debug>(
        &self,
        args: &[A],
        env: &[(&str, &str)],
    ) -> Ran {
        let output = self.command(args).envs(env.iter().copied()).output();
        Ran::new(format!("horarium {args:?}"), &output.expect("the host can be started"))
    }

    /// Makes a token with this scope, and perhaps more words behind that.
    #[must_use]
    pub fn token(&self, scope: &str, more: &[&str]) -> String {
        let args = [&["token", "new", "--scope", scope], more].concat();
        self.run(&args).succeeded().stdout.trim().to_owned()
    }

    /// Starts a verb.
    #[must_use]
    pub fn start<A: AsRef<OsStr>>(&self, args: &[A]) -> Child {
        self.command(args).spawn().expect("the host can be started")
    }

    /// Starts `serve --json`, with these words behind it.
    #[must_use]
    pub fn serve(&self, more: &[&str]) -> Serving {
        self.serve_with(&built::horarium(), more)
    }

    /// The same with a copy of the host's binary.
    #[must_use]
    pub fn serve_with(&self, binary: &Path, more: &[&str]) -> Serving {
        let mut args = vec!["serve", "--json"];
        args.extend(more);
        Serving::new(self.command_of(binary, &args).spawn().expect("the host can be started"))
    }

    /// The same with these variables in its environment.
    #[must_use]
    pub fn serve_in(&self, env: &[(&str, &str)], more: &[&str]) -> Serving {
        let args = [&["serve", "--json"], more].concat();
        let mut command = self.command(&args);
        command.envs(env.iter().copied());
        Serving::new(command.spawn().expect("the host can be started"))
    }

    /// The same with a wall clock of its own.
    #[must_use]
    pub fn serve_by(&self, clock: &Clock) -> Serving {
        let mut command = self.command(&["serve", "--json"]);
        clock.hang_up(&mut command);
        Serving::new(command.spawn().expect("the host can be started"))
    }

    /// Runs a function of `unruly`, and returns what `run --json` prints.
    #[must_use]
    pub fn unruly(&self, function: &str, args: &Value, more: &[&str]) -> Ran {
        let plugin = built::plugin("tests/unruly");
        let plugin = plugin.to_str().expect("the target folder has a plain name");
        let args = args.to_string();
        let mut line = vec!["run", "--json", "--plugin", plugin, "--function", function];
        if args != "null" {
            line.extend(["--args", &args]);
        }
        line.extend(more);
        self.run(&line)
    }

    /// All runs of a task, oldest first.
    #[must_use]
    pub fn runs(&self, task: &str) -> Vec<Value> {
        let ran = self.run(&["runs", "--json", "--task", task, "-n", "100000"]).succeeded();
        let mut runs = ran.json().as_array().expect("a list").clone();
        runs.reverse();
        runs
    }

    /// A run's attempts.
    #[must_use]
    pub fn attempts(&self, run: &Value) -> Vec<Value> {
        let shown = self.run(&["runs", &run.to_string(), "--json"]).succeeded().json();
        shown["attempts"].as_array().expect("a list").clone()
    }

    /// A run's log, as `logs --json` prints it.
    #[must_use]
    pub fn log(&self, run: &Value) -> Vec<Value> {
        let mut told = self.run(&["logs", &run.to_string(), "--json"]).succeeded().json_lines();
        told.retain(|told| told["line"].is_object());
        told
    }
}
