//! The shape of `horarium.toml`.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use horarium_core::{
    chain::On,
    grants::{BucketAccess, Clocks, DirAccess},
    instance::InstancePolicy,
    limits::Fuel,
    rules::OnLost,
    store::Durability,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    decode::{At, Decode, Source},
    elsewhere::{EnvValue, StdinValue},
    endpoint::EndpointValue,
    http::HttpEntry,
    notify::RawNotify,
    problem::Problem,
    starts::TaskEntry,
    table::{Keys, table},
    templates::{RawForEach, RawTemplates, RawVars, open_to_variables},
    values::{Bytes, Count, Json, Many, MisfireWord, Number, OverlapWord, Priority},
    web::AnonymousWord,
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
        /// How much of the history is kept.
        retention: RawRetention,
        /// Who may ask the host for something over a network.
        web: RawWeb,
        /// Where people hear of tasks that fail, by names of their own.
        notify: BTreeMap<String, At<RawNotify>>,
        /// What holds for every task that says nothing else.
        defaults: RawDefaults,
        /// What tasks have in common, by name.
        template: RawTemplates,
        /// The tasks, by name.
        task: RawTasks,
    }
}

/// All tasks. They are read one by one, each checked and gone before the next: all at once
/// take more memory than everything that is made of them.
#[derive(Debug, Clone)]
pub(crate) struct RawTasks;

impl Decode for RawTasks {
    fn schema() -> Value {
        let task = open_to_variables(RawTask::schema());
        json!({ "type": "object", "additionalProperties": task })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        Keys::open(source, key, problems).map(|_| Self)
    }
}

/// Of a configuration, where history and host are.
pub(super) struct RawPlace(pub(super) Option<At<String>>);

impl Decode for RawPlace {
    fn schema() -> Value {
        RawConfig::schema()
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let table = Keys::open(source, key, problems)?;
        Some(Self(table.read("data_dir", problems)))
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
        /// What is in the history survives a power cut (`full`), or the end of the process
        /// only (`normal`), which takes less time. Default: `full`.
        durability: Durability,
        /// What no task may exceed.
        max: RawMax,
        /// What no task may be granted more of.
        grants: RawGrantCaps,
        /// What compiling a plugin may use.
        compile: RawCompile,
    }
}

table! {
    /// How much is kept of runs that are over: as much as none of these forbids. The last
    /// run of each task is kept in any case.
    RawRetention {
        /// For how long. Default: for ever.
        age: Duration,
        /// The most runs. Default: no bound.
        runs: Many,
        /// The most bytes, with attempts and logs. Default: `4GiB`.
        bytes: Bytes,
    }
}

table! {
    /// Who may ask the host for something over a network. Without `listen` nobody may: it
    /// is asked over the socket in its data directory alone.
    RawWeb {
        /// The address to listen at, such as `127.0.0.1:7878`. One that is not loopback
        /// needs `tls`.
        listen: SocketAddr,
        /// What somebody may do who shows no token: `none`, `read`, `run` or `admin`. More
        /// than `none` is for loopback addresses alone. Default: `none`.
        anonymous: AnonymousWord,
        /// The names by which the host is asked, beside its address, and `localhost` where
        /// that is loopback.
        hosts: Vec<At<String>>,
        /// What it shows to be itself. Read again when a file changes.
        tls: RawTls,
        /// How long a client may take: for the head of a request and for its body, to shake
        /// hands, to take what it was answered, and between two requests. Default: `30s`.
        timeout: Duration,
    }
}

table! {
    /// The files that a host shows to be itself.
    RawTls {
        /// Its certificate and those of who signed it, as PEM.
        cert: String,
        /// Its private key, as PEM.
        key: String,
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
        /// The most log that is kept. Default: `64MiB`.
        log: Bytes,
        /// The longest output. Default: `64MiB`.
        output: Bytes,
        /// The most of everything else.
        limits: RawBounds,
    }
}

table! {
    /// What an attempt may make the host do and keep. An honest guest does not meet
    /// these bounds.
    RawBounds {
        /// Core instances that its component consists of. Default: 16, which is also
        /// the most without `host.max`.
        instances: Count,
        /// Linear memories. Default: 4, which is also the most without `host.max`.
        memories: Count,
        /// Tables. Default: 8, which is also the most without `host.max`.
        tables: Count,
        /// Entries in all tables together. Default: 20_000, which is also the most
        /// without `host.max`.
        table_elements: Count,
        /// Handles that its components hold on resources. Default: 10_000; at most
        /// 100_000.
        handles: Count,
        /// Files, sockets, streams and polls that are open at once. Default: 128; at
        /// most 10_000 without `host.max`.
        resources: Count,
        /// Bytes handed to the host in one call. Default: `1MiB`; at most `64MiB`
        /// without `host.max`.
        host_call: Bytes,
        /// Random bytes got in one call. Default: `1MiB`; at most `64MiB` without
        /// `host.max`.
        random: Bytes,
        /// Times that it asks for what is committed of its state. Default: 100_000; at most
        /// 100_000_000.
        state_reads: Many,
        /// Bytes of a checkpoint. Default: `256KiB`; at most `16MiB` without `host.max`.
        checkpoint: Bytes,
        /// Bytes of checkpoints saved in a second, beyond which it waits; each counts as
        /// `10KiB` at least. Default: `1MiB`; at most `64MiB` without `host.max`.
        checkpoint_rate: Bytes,
        /// Lines of log a second that are passed on as they come. Default: 1_000; at
        /// most 100_000.
        log_rate: Count,
        /// HTTP requests asked for. Default: 1_000; at most 100_000.
        http_requests: Count,
        /// HTTP connections open at once. Default: 8; at most 100 without `host.max`.
        http_connections: Count,
        /// Bytes in the bodies of all HTTP requests. Default: `16MiB`; at most `64GiB`
        /// without `host.max`.
        http_sent: Bytes,
        /// Bytes in the bodies of all HTTP responses. Default: `64MiB`; at most `64GiB`
        /// without `host.max`.
        http_received: Bytes,
        /// Bytes in the header section of an HTTP response. Default: `64KiB`; at most
        /// `1MiB` without `host.max`.
        http_headers: Bytes,
        /// How long each phase of an HTTP request may take: to look up a name, to
        /// connect, to shake hands, until the response's headers are there, and while
        /// a body stands still. Default: `30s`; at most `10m` without `host.max`.
        http_wait: Duration,
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
        /// What an attempt may make the host do and keep.
        limits: RawBounds,
        /// How often a run is tried.
        retry: RawRetry,
        /// `"fresh"`, or `{ reuse = 1000 }` to keep an instance for that many
        /// successful runs of the same task. Default: `fresh`.
        instance: InstancePolicy,
        /// What happens to what is due while the last run is not over. Default: `skip`, and
        /// `queue_all` for what runs `after` others.
        overlap: OverlapWord,
        /// The most runs of a task that wait for earlier ones, with `queue_all` and
        /// `allow`. Default: 1_000.
        queue_limit: Count,
        /// The most runs of a task that go on at once, with `allow`. Default: as many as
        /// the host can.
        max_concurrent: Count,
        /// What happens to what was due while no host ran. Default: `latest`.
        misfire: MisfireWord,
        /// The most runs that are made up for, with `all`. Default: 100.
        misfire_limit: Count,
        /// By how much a run may start later than it is due, so that not all start at
        /// once. Default: not at all.
        jitter: Duration,
        /// Which of two waiting runs goes first: that with the greater number. Default: 0.
        priority: Priority,
        /// How late a run may start; one that did not is over. Default: no bound.
        start_deadline: Duration,
        /// How long a run may take with all of its attempts. Default: no bound.
        deadline: Duration,
        /// What a lost attempt means: another one, or the run's end. Default: `retry`.
        on_lost: OnLost,
        /// After how many failed runs in a row a task is put aside, until it is resumed.
        /// Default: never.
        quarantine: Count,
        /// How late a run may start before an alert says so. Default: no alert.
        late_after: Duration,
        /// Within what time a task should succeed, again and again, before an alert says
        /// that it did not. Default: no alert.
        deadman: Duration,
    }
}

table! {
    /// A task.
    RawTask {
        /// The template that it extends: what it does not say is as there.
        extends: String,
        /// Values of the template's variables.
        vars: RawVars,
        /// What it is made for, a task each: names, or names with values of variables. The
        /// tasks are called `TASK-NAME`; `${each}` stands for the name.
        for_each: RawForEach,
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
        /// What an attempt may make the host do and keep.
        limits: RawBounds,
        /// How often a run is tried.
        retry: RawRetry,
        /// `"fresh"`, or `{ reuse = 1000 }` to keep an instance for that many
        /// successful runs of the same task.
        instance: InstancePolicy,
        /// What happens to what is due while the last run is not over: `skip` it,
        /// `queue_one` of them, `queue_all`, `cancel_previous` or `allow` both.
        overlap: OverlapWord,
        /// The most runs that wait for earlier ones, with `queue_all` and `allow`.
        queue_limit: Count,
        /// The most runs that go on at once, with `allow`.
        max_concurrent: Count,
        /// What happens to what was due while no host ran: `skip` it, run for the
        /// `latest`, or for `all`.
        misfire: MisfireWord,
        /// The most runs that are made up for, with `all`.
        misfire_limit: Count,
        /// By how much a run may start later than it is due, so that not all start at
        /// once.
        jitter: Duration,
        /// Which of two waiting runs goes first: that with the greater number.
        priority: Priority,
        /// How late a run may start; one that did not is over.
        start_deadline: Duration,
        /// How long a run may take with all of its attempts.
        deadline: Duration,
        /// What a lost attempt means: another one (`retry`), or the run's end (`fail`).
        on_lost: OnLost,
        /// After how many failed runs in a row the task is put aside, until it is resumed.
        quarantine: Count,
        /// How late a run may start before an alert says so.
        late_after: Duration,
        /// Within what time it should succeed, again and again, before an alert says that it
        /// did not.
        deadman: Duration,
        /// What the guest may touch. Nothing, unless it stands here.
        grants: RawGrants,
    }
}

table! {
    /// When a task is due: exactly one of `cron`, `every`, `continuous`, `once`, `at`,
    /// `after` and `manual`.
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
        /// When the runs of these tasks in a tree of runs are over.
        after: Vec<At<String>>,
        /// With `after`: how these have to end, all with `success`, one with a `failure`,
        /// or `always`. Default: `success`.
        on: On,
        /// With `after`: the key of its arguments that has its parents' outputs. Default:
        /// it is handed none.
        input: String,
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
    /// What no task may be granted more of. Without a key, that kind of grant has no
    /// cap.
    RawGrantCaps {
        /// Directories that may be granted, and what lies below them.
        dirs: Vec<RawDirCap>,
        /// The most that an attempt may write.
        write_limit: Bytes,
        /// Where tasks may connect to.
        tcp: Vec<At<EndpointValue>>,
        /// Where tasks may send datagrams to.
        udp: Vec<At<EndpointValue>>,
        /// HTTP requests that guests may send, as grants write them.
        http: Vec<At<HttpEntry>>,
        /// Variables that guests may have.
        env: Vec<String>,
        /// Variables of the host's own environment that may be handed on.
        from_env: Vec<String>,
        /// Directories below which files with values may lie.
        from_file: Vec<At<String>>,
        /// The finest clocks: `coarse` or `exact`.
        clocks: Clocks,
        /// Whether guests may be given something to read.
        stdin: bool,
        /// How full any task may make a bucket, its own (`state`) or a shared one
        /// (`buckets`). Where a task says nothing it has no more than this either.
        state: RawQuotaCap,
    }
}

table! {
    /// The most that any quota may be.
    RawQuotaCap {
        /// Bytes in all keys and values together. Default: `16GiB`, which is also the most.
        bytes: Bytes,
        /// Keys. Default: 100_000_000, which is also the most.
        keys: Many,
    }
}

table! {
    /// How much may be kept.
    RawQuota {
        /// Bytes in all keys and values together. Default: `16MiB`; at most `16GiB`.
        bytes: Bytes,
        /// Keys. Default: 10_000; at most 100_000_000.
        keys: Many,
    }
}

table! {
    /// A bucket of keys and values that tasks share.
    RawBucket {
        /// Its name: the same for all of them.
        bucket: String,
        /// `read-only` or `read-write`. Default: `read-write`.
        access: BucketAccess,
        /// How full this task may make it, in bytes. Default: `16MiB`; at most `16GiB`.
        bytes: Bytes,
        /// And in keys. Default: 10_000; at most 100_000_000.
        keys: Many,
    }
}

table! {
    /// A directory that may be granted, and everything below it.
    RawDirCap {
        /// The directory on the host.
        host: String,
        /// The most that may be granted: `read-only` or `read-write`. Default:
        /// `read-only`.
        access: DirAccess,
    }
}

table! {
    /// What a guest may touch outside of itself.
    RawGrants {
        /// Directories that it finds open.
        dirs: Vec<RawDir>,
        /// How much an attempt may write below them; what it creates counts as well.
        /// Default: `1GiB`.
        write_limit: Bytes,
        /// Where it may connect to: `"api.example.com:443"`, `"10.0.0.0/8:5432"`,
        /// `"[::1]:8000-8100"`. A name reaches public addresses, and others only
        /// where it says so: `{ to = "db.internal:5432", within = ["10.0.0.0/8"] }`.
        tcp: Vec<At<EndpointValue>>,
        /// Where it may send datagrams to, and receive them from. Written as `tcp`.
        udp: Vec<At<EndpointValue>>,
        /// Its whole environment.
        env: BTreeMap<String, At<EnvValue>>,
        /// HTTP requests that it may send, each to a URL or below it.
        http: Vec<At<HttpEntry>>,
        /// How much it may keep from one run to the next, in a state of its own.
        state: RawQuota,
        /// Buckets that it shares with other tasks.
        buckets: Vec<RawBucket>,
        /// Tasks that it may start: their names, or `{ task = "load", limit = 500 }`.
        tasks: Vec<At<TaskEntry>>,
        /// How finely its clocks tell the time: `coarse` (a millisecond) or `exact`.
        /// Default: `coarse`.
        clocks: Clocks,
        /// What it reads from its standard input: a text, or `{ from_file = "PATH" }`.
        /// Default: nothing.
        stdin: StdinValue,
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
