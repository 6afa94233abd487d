//! The shape of `horarium.toml`.

use std::{collections::BTreeMap, time::Duration};

use horarium_core::{grants::DirAccess, limits::Fuel, misfire::Misfire, overlap::Overlap};
use jiff::Timestamp;

use super::{
    decode::At,
    table::table,
    values::{Bytes, Count, EnvValue, Json, Number},
};

table! {
    /// The configuration of a Horarium host. Relative paths start at the folder
    /// that holds this file.
    RawConfig {
        /// The folder with the plugins, `NAME.wasm`. Default: `plugins`.
        plugin_dir: String,
        /// The folder for the history and the compile cache; it is created where it
        /// is missing. Default: `data`.
        data_dir: String,
        /// What the host as a whole may use.
        host: RawHost,
        /// What holds for every task that says nothing else.
        defaults: RawDefaults,
        /// The tasks, by name.
        task: BTreeMap<String, At<RawTask>>,
    }
}

table! {
    /// What the host as a whole may use.
    RawHost {
        /// Attempts that run at once. Default: 16.
        capacity: Count,
        /// Memory that all guests together may be promised; an attempt that does not
        /// fit waits. Default: `4GiB`.
        memory: Bytes,
        /// How long attempts may go on after the host was asked to end. Default: `10s`.
        grace: Duration,
        /// What no task may exceed.
        max: RawMax,
        /// What compiling a plugin may use.
        compile: RawCompile,
    }
}

table! {
    /// What the compilation of one plugin may use. A plugin that needs more is refused.
    RawCompile {
        /// Computing time. Default: `60s`.
        timeout: Duration,
        /// Memory, the compiler's own included. Default: `2GiB`.
        memory: Bytes,
    }
}

table! {
    /// What no task may exceed, whatever it or its plugin says.
    RawMax {
        /// The longest timeout. Default: `1h`.
        timeout: Duration,
        /// The most fuel. Default: `"unlimited"`.
        fuel: Fuel,
        /// The most memory. Default: `1GiB`.
        memory: Bytes,
    }
}

table! {
    /// What holds for every task that says nothing else.
    RawDefaults {
        /// Wall-clock time of an attempt. Default: `60s`.
        timeout: Duration,
        /// Computation of an attempt. Default: 1_000_000_000 units, roughly
        /// instructions.
        fuel: Fuel,
        /// Memory of an attempt. Default: `64MiB`.
        memory: Bytes,
        /// Log that is kept of an attempt, half from its beginning and half from its
        /// end. Default: `256KiB`.
        log: Bytes,
        /// Output that a success may return. Default: `1MiB`.
        output: Bytes,
        /// How often a run is tried.
        retry: RawRetry,
        /// What happens to what is due while the last run is not over. Default: `skip`.
        overlap: Overlap,
        /// What happens to what was due while no host ran. Default: `latest`.
        misfire: Misfire,
    }
}

table! {
    /// A task.
    RawTask {
        /// The plugin, the name of its file without `.wasm`. Default: the task's name.
        plugin: String,
        /// The task function. May be left out where the plugin has one only.
        function: String,
        /// When it is due. May be left out where the plugin suggests a schedule.
        schedule: RawSchedule,
        /// Arguments; checked against the function's schema.
        args: Json,
        /// Wall-clock time of an attempt.
        timeout: Duration,
        /// Computation of an attempt: units, roughly instructions, or `"unlimited"`.
        fuel: Fuel,
        /// Memory of an attempt, all its linear memories together.
        memory: Bytes,
        /// Log that is kept of an attempt.
        log: Bytes,
        /// Output that a success may return.
        output: Bytes,
        /// How often a run is tried.
        retry: RawRetry,
        /// What happens to what is due while the last run is not over.
        overlap: Overlap,
        /// What happens to what was due while no host ran.
        misfire: Misfire,
        /// What the guest may touch. Nothing, unless it stands here.
        grants: RawGrants,
    }
}

table! {
    /// When a task is due: exactly one of `cron`, `every`, `continuous`, `once`, `at`
    /// and `manual`.
    RawSchedule {
        /// A cron expression with 5 fields, 6 (seconds first) or 7 (years last), or
        /// one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
        cron: String,
        /// With `cron`: the IANA timezone that it speaks of. Default: `UTC`.
        timezone: String,
        /// A fixed pace, aligned to 1970-01-01T00:00:00Z.
        every: Duration,
        /// With `every`: how long after each whole period.
        offset: Duration,
        /// Again and again, each run after the end of the one before.
        continuous: bool,
        /// With `continuous`: the wait between an end and the next start. Default: none.
        pause: Duration,
        /// Exactly one run, ever, as soon as a host knows the task.
        once: bool,
        /// Exactly one run, ever, at this instant or as soon as possible after it.
        at: Timestamp,
        /// Only when somebody asks.
        manual: bool,
    }
}

table! {
    /// How often a run is tried, and at what pace.
    RawRetry {
        /// Attempts that a run may use, the first included. Default: 3.
        max_attempts: Count,
        /// The wait after the first attempt. Default: `1s`.
        delay: Duration,
        /// What the wait is multiplied by after each further attempt. Default: 2.
        factor: Number,
        /// The longest wait. Default: `5m`.
        max_delay: Duration,
        /// How far a wait may deviate, as a fraction of itself. Default: 0.1.
        jitter: Number,
    }
}

table! {
    /// What a guest may touch outside of itself.
    RawGrants {
        /// Directories that it finds open.
        dirs: Vec<RawDir>,
        /// Its whole environment.
        env: BTreeMap<String, At<EnvValue>>,
    }
}

table! {
    /// A directory of the host that a guest sees under a path of its own.
    RawDir {
        /// The directory on the host.
        host: String,
        /// The absolute path that the guest finds it under.
        guest: String,
        /// `read-only` or `read-write`. Default: `read-only`.
        access: DirAccess,
    }
}
