//! A configuration and all that can be wrong with it.

use std::{num::NonZeroU32, path::Path, time::Duration};

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    limits::{Fuel, Limits},
    misfire::Misfire,
    overlap::Overlap,
    rules::{OnLost, Rules},
    schedule::Schedule,
};
use serde_json::json;

use super::{
    Arguments, Config, Problem,
    bind::{self, Bound, Functions, Plugin},
    load::parse,
};

fn good(text: &str) -> Config {
    good_in(Path::new("/"), text)
}

/// The same with a configuration that stands in this folder.
pub(super) fn good_in(dir: &Path, text: &str) -> Config {
    let (config, problems) = parse(&dir.join("horarium.toml"), dir, text);
    assert!(problems.is_empty(), "{}", config.problems(problems).render());
    config
}

/// Each problem as `line key: message`.
fn wrong(text: &str) -> Vec<String> {
    wrong_in(Path::new("/"), text)
}

/// The same with a configuration that stands in this folder.
pub(super) fn wrong_in(dir: &Path, text: &str) -> Vec<String> {
    let (config, problems) = parse(&dir.join("horarium.toml"), dir, text);
    assert!(!problems.is_empty(), "nothing is wrong with {text}");
    let problems = config.problems(problems).to_json();
    let shown = problems.as_array().unwrap().iter().map(|problem| {
        assert!(problem["help"].is_string() || problem["key"] == "", "{problem} has no way out");
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}: {}", problem["line"], text("key"), text("message"))
    });
    shown.collect()
}

fn function(name: &str) -> TaskFunction {
    TaskFunction {
        name: name.to_owned(),
        alias: None,
        kind: FunctionKind::Task,
        summary: String::new(),
        args_schema: None,
        defaults: None,
        decides: false,
    }
}

#[test]
fn the_schema_that_is_checked_in_is_the_one_we_print() {
    let checked_in: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/horarium.schema.json")).unwrap();
    assert!(checked_in == super::schema(), "run `cargo xtask schema` and commit what it changes");
}

#[test]
fn the_example_fits_the_schema() {
    let text = include_str!("../../../examples/horarium.toml");
    let value: serde_json::Value = toml::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&super::schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_readme_names_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(value, found);
            keys(&value["additionalProperties"], found);
            keys(&value["items"], found);
        }
    }
    let readme = include_str!("../../../README.md");
    let reference = readme.split("## Configuration").nth(1).unwrap();
    let mut found = Vec::new();
    keys(&super::schema(), &mut found);
    assert!(found.len() > 30, "{found:?}");
    for key in found {
        let named = reference
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|word| word == key);
        assert!(named, "`{key}` is missing from the reference in README.md");
    }
}

#[test]
fn every_task_is_found_by_its_name() {
    let names = ["b", "a-1", "a", "B", "a_1", "9"];
    let text = names.map(|name| format!("task.{name} = {{ schedule = {{ once = true }} }}\n"));
    let config = good(&text.concat());
    for name in names {
        let found = config.draft(&name.parse().unwrap()).map(|draft| draft.name.value.as_str());
        assert_eq!(found, Some(name));
    }
    assert!(config.draft(&"c".parse().unwrap()).is_none());
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = good("");
    assert!(config.tasks.is_empty());
    assert_eq!(config.plugin_dir, Path::new("/plugins"));
    assert_eq!(config.data_dir, Path::new("/data"));
}

#[test]
fn a_task_inherits_what_it_does_not_say() {
    let config = good(
        "[defaults]
         timeout = \"5s\"
         retry = { max_attempts = 7, delay = \"2s\" }
         [task.a]
         schedule = { manual = true }
         timeout = \"6s\"
         retry = { delay = \"3s\" }
         fuel = \"unlimited\"",
    );
    let bound = bound(&config, Some(&[function("f")]));
    let spec = bound.spec.unwrap();
    assert!(bound.problems.is_empty());
    assert_eq!(spec.limits.timeout.as_secs(), 6);
    assert_eq!(spec.limits.fuel, Fuel::Unlimited);
    assert_eq!((spec.rules.retry.max_attempts, spec.rules.retry.delay.as_secs()), (7, 3));
    assert_eq!(spec.plugin.as_str(), "a", "a plugin is named like its task unless it says so");
    assert_eq!(&*spec.function, "f");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let problems = wrong(
        "plugin_dirs = \"x\"
[host]
capacity = 0
[task.one]
schedule = { cron = \"61 * * * *\" }
timeout = \"5 parsecs\"
[task.\"two words\"]
schedule = { every = \"1s\", once = true }
[task.three]
memory = \"lots\"
overlap = \"sometimes\"
",
    );
    let expected = [
        "1 plugin_dirs: there is no such key",
        "3 host.capacity: 0 is out of range",
        "5 task.one.schedule.cron: \"61 * * * *\" is not a cron expression",
        "6 task.one.timeout: \"5 parsecs\" is not a length of time",
        "7 task.two words: \"two words\" is no name",
        "8 task.two words.schedule: every and once exclude each other",
        "10 task.three.memory: \"lots\" is not a number of bytes",
        "11 task.three.overlap: \"sometimes\" is not one of the words",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem:?} does not start with {expected:?}");
    }
}

#[test]
fn each_mistake_is_named_where_it_stands() {
    let task = |keys: &str| format!("[task.a]\n{keys}");
    for (keys, expected) in [
        ("schedule = {}", "2 task.a.schedule: it says nowhere when"),
        ("schedule = { once = false }", "2 task.a.schedule.once: a schedule says what it is"),
        (
            "schedule = { every = \"1s\", pause = \"1s\" }",
            "2 task.a.schedule.pause: this goes with",
        ),
        ("schedule = { every = \"0s\" }", "2 task.a.schedule.every: the period must be at least"),
        ("schedule = { every = \"1s\", offset = \"1s\" }", "2 task.a.schedule.every: the offset"),
        ("schedule = { every = \"-1s\" }", "2 task.a.schedule.every: \"-1s\" is not a length"),
        ("schedule = { at = \"soon\" }", "2 task.a.schedule.at: \"soon\" is not an instant"),
        (
            "schedule = { cron = \"0 0 30 2 *\" }",
            "2 task.a.schedule.cron: \"0 0 30 2 *\" never fires",
        ),
        (
            "schedule = { cron = \"@daily\", timezone = \"Mars\" }",
            "2 task.a.schedule.timezone: \"Mars\" is not a timezone",
        ),
        ("schedule = \"daily\"", "2 task.a.schedule: this is a text"),
        ("fuel = 0", "2 task.a.fuel: no guest can do anything"),
        ("fuel = \"lots\"", "2 task.a.fuel: this is a text"),
        ("fuel = 99999999999999999999", "2 task.a.fuel: 99999999999999999999 is out of range"),
        ("timeout = \"0s\"", "2 task.a.timeout: no attempt can be over in no time"),
        ("timeout = \"2h\"", "2 task.a.timeout: the host allows at most 1h"),
        ("memory = \"2GiB\"", "2 task.a.memory: the host allows at most"),
        (
            "limits = { http_requests = 100001 }",
            "2 task.a.limits.http_requests: 100001 is out of range",
        ),
        (
            "limits = { http_connections = 101 }",
            "2 task.a.limits.http_connections: the host allows at most 100",
        ),
        (
            "limits = { http_received = \"65GiB\" }",
            "2 task.a.limits.http_received: the host allows at most 68719476736 bytes",
        ),
        (
            "limits = { http_wait = \"11m\" }",
            "2 task.a.limits.http_wait: the host allows at most 10m",
        ),
        ("retry = { factor = 0.5 }", "2 task.a.retry.factor: the waits would shrink"),
        ("retry = { jitter = 2 }", "2 task.a.retry.jitter: it is a fraction"),
        ("retry = { max_attempts = 0 }", "2 task.a.retry.max_attempts: 0 is out of range"),
        ("retry = { factor = nan }", "2 task.a.retry.factor: nan is not a number"),
        ("plugin = \"../up\"", "2 task.a.plugin: \"../up\" is no name"),
        ("grants = { dirs = [{ host = \"/\" }] }", "2 task.a.grants.dirs: a directory needs both"),
        (
            "grants = { dirs = [{ host = \"/tmp\", guest = \"in\" }] }",
            "2 task.a.grants.dirs[0].guest: the guest's path",
        ),
        (
            "grants = { dirs = [{ host = \"/no/such\", guest = \"/in\" }] }",
            "2 task.a.grants.dirs[0].host: there is no /no/such",
        ),
        (
            "grants = { env = { A = { from_env = \"NO_SUCH_VARIABLE\" } } }",
            "2 task.a.grants.env.A.from_env: the host's environment",
        ),
        ("grants = { env = { A = 3 } }", "2 task.a.grants.env.A: this is a whole number"),
        ("grants = { http = [3] }", "2 task.a.grants.http[0]: this is a whole number"),
        ("grants = { http = [\"api\"] }", "2 task.a.grants.http[0]: it is no URL"),
        ("grants = { http = [{}] }", "2 task.a.grants.http[0]: it says nowhere where to"),
        (
            "grants = { http = [{ url = \"https://a.b/?c\" }] }",
            "2 task.a.grants.http[0].url: a grant ends with its path",
        ),
        (
            "grants = { http = [{ url = \"https://a.b\", methods = [\"get\"] }] }",
            "2 task.a.grants.http[0].methods[0]: \"get\" is no method",
        ),
        (
            "grants = { http = [{ url = \"https://a.b\", methods = [] }] }",
            "2 task.a.grants.http[0].methods: without a method",
        ),
        (
            "grants = { http = [{ url = \"https://a.b\", within = [\"inside\"] }] }",
            "2 task.a.grants.http[0].within[0]: \"inside\" is no range",
        ),
        (
            "grants = { http = [{ url = \"https://127.0.0.1\", within = [\"::1\"] }] }",
            "2 task.a.grants.http[0].within: an address is meant",
        ),
        ("scheduel = { once = true }", "2 task.a.scheduel: there is no such key"),
    ] {
        let problems = wrong(&task(keys));
        assert_eq!(problems.len(), 1, "{keys}: {problems:#?}");
        assert!(problems[0].starts_with(expected), "{keys}: {:?}", problems[0]);
    }
}

#[test]
fn a_credential_has_a_place_and_a_source() {
    let wanting = |keys: &str| {
        let table = format!("{{ url = \"https://a.b\", credential = {{ {keys} }} }}");
        let problems = wrong(&format!("[task.a]\ngrants = {{ http = [{table}] }}"));
        assert_eq!(problems.len(), 1, "{keys}: {problems:#?}");
        let key = "2 task.a.grants.http[0].credential";
        problems[0].strip_prefix(key).unwrap().to_owned()
    };
    // Cargo sets it for every test.
    let value = "value = { from_env = \"CARGO_PKG_NAME\" }";
    let header = "header = \"Authorization\"";
    for (keys, expected) in [
        (header.to_owned(), ": it says nowhere what the credential is"),
        (value.to_owned(), ": it says nowhere where in the request"),
        (format!("{header}, value = \"hunter2\""), ".value: a credential can't stand in"),
        (format!("{header}, value = {{}}"), ".value: it says nowhere what the value is"),
        (format!("{header}, query = \"k\", {value}"), ": header and query exclude each other"),
        (format!("query = \"k\", prefix = \"B \", {value}"), ".prefix: this goes with"),
        (format!("query = \"\", {value}"), ".query: a parameter needs a name"),
        (format!("header = \"a b\", {value}"), ".header: \"a b\" is no header's name"),
        (format!("header = \"Host\", {value}"), ".header: the header `host` is"),
        (format!("{header}, prefix = \"\\n\", {value}"), ": the credential has characters"),
        // "0", or not much longer.
        (
            format!("{header}, value = {{ from_env = \"CARGO_PKG_VERSION_MAJOR\" }}"),
            ".value.from_env: a secret has at least 6 characters",
        ),
    ] {
        let problem = wanting(&keys);
        assert!(problem.starts_with(expected), "{keys}: {problem}");
    }
    let table = format!("{{ url = \"https://a.b\", credential = {{ {header}, {value} }} }}");
    let config = good(&format!("[task.a]\ngrants = {{ http = [\"http://c.d\", {table}] }}"));
    let grants = &config.tasks[0].grants.http;
    assert_eq!(grants[0].to_string(), "GET http://c.d/");
    assert_eq!(grants[1].credential.as_ref().unwrap().sent().reveal(), "horarium");
}

#[test]
fn the_rules_of_runs_are_read_and_inherited() {
    let config = good(
        "[defaults]
         overlap = \"queue_all\"
         queue_limit = 7
         misfire = \"all\"
         deadline = \"1h\"
         [task.heir]
         [task.own]
         overlap = \"allow\"
         max_concurrent = 3
         misfire = \"skip\"
         jitter = \"30s\"
         priority = -5
         start_deadline = \"5m\"
         deadline = \"2h\"
         on_lost = \"fail\"",
    );
    let hour = Duration::from_secs(3600);
    let heir = &config.tasks.iter().find(|task| task.name.value.as_str() == "heir").unwrap().rules;
    let inherited = Rules {
        overlap: Overlap::QueueAll { limit: 7 },
        misfire: Misfire::All { limit: 100 },
        deadline: Some(hour),
        ..Rules::default()
    };
    assert_eq!(*heir, inherited);
    let own = &config.tasks.iter().find(|task| task.name.value.as_str() == "own").unwrap().rules;
    let expected = Rules {
        overlap: Overlap::Allow { concurrent: NonZeroU32::new(3), limit: 7 },
        misfire: Misfire::Skip,
        jitter: Duration::from_secs(30),
        priority: -5,
        start_deadline: Some(Duration::from_secs(300)),
        deadline: Some(2 * hour),
        on_lost: OnLost::Fail,
        ..Rules::default()
    };
    assert_eq!(*own, expected);
}

#[test]
fn rules_that_contradict_each_other_are_told() {
    for (keys, expected) in [
        (
            "max_concurrent = 2",
            "2 task.a.max_concurrent: this goes with `overlap = \"allow\"` only",
        ),
        ("queue_limit = 2", "2 task.a.queue_limit: this goes with `overlap = \"queue_all\"`"),
        ("misfire_limit = 2", "2 task.a.misfire_limit: this goes with `misfire = \"all\"` only"),
        ("start_deadline = \"0s\"", "2 task.a.start_deadline: no run can keep it"),
        ("deadline = \"0s\"", "2 task.a.deadline: no run can keep it"),
        ("priority = 101", "2 task.a.priority: 101 is out of range"),
        ("priority = -128", "2 task.a.priority: -128 is out of range"),
        ("priority = 1.5", "2 task.a.priority:"),
        ("overlap = \"queue\"", "2 task.a.overlap: \"queue\" is not one of the words"),
        ("on_lost = \"ignore\"", "2 task.a.on_lost: \"ignore\" is not one of the words"),
    ] {
        let problems = wrong(&format!("[task.a]\n{keys}"));
        assert_eq!(problems.len(), 1, "{keys}: {problems:#?}");
        assert!(problems[0].starts_with(expected), "{keys}: {:?}", problems[0]);
    }
}

#[test]
fn what_is_not_toml_is_told_with_its_place() {
    for text in ["[task", "a = ", "a = 1\na = 2", "= 3", "[a]\n[a]", "a = \"\n"] {
        let problems = wrong(text);
        assert!(problems.iter().any(|problem| problem.contains("not TOML")), "{problems:?}");
    }
}

/// The first task, joined with these functions.
fn bound(config: &Config, functions: Option<&[TaskFunction]>) -> Bound {
    let functions = functions.map(Functions::new);
    let missing = Plugin::Missing { files: &[] };
    let plugin = functions.as_ref().map_or(missing, Plugin::Usable);
    bind::bind(&config.tasks[0], plugin, &config.caps)
}

fn bind_problems(text: &str, functions: Option<&[TaskFunction]>) -> (bool, Vec<String>) {
    let config = good(text);
    let bound = bound(&config, functions);
    let shown = |problem: &Problem| format!("{}: {}", problem.key, problem.message);
    (bound.spec.is_some(), bound.problems.iter().map(shown).collect())
}

#[test]
fn what_is_made_for_one_run_is_not_kept_for_another() {
    let task = "[task.a]\nschedule = { once = true }\ninstance = { reuse = 10 }";
    let program = TaskFunction { kind: FunctionKind::Command, ..function("run") };
    let (_, problems) = bind_problems(task, Some(&[program]));
    assert_eq!(problems, ["task.a: a program is made to run once: its instance can't be kept"]);
    let reader = format!("{task}\ngrants.stdin = \"text\"");
    let (_, problems) = bind_problems(&reader, Some(&[function("f")]));
    assert!(problems[0].starts_with("task.a: standard input is read once"), "{problems:?}");
    assert_eq!(bind_problems(task, Some(&[function("f")])), (true, Vec::new()));
}

#[test]
fn a_task_and_its_plugin_have_to_fit() {
    let once = "[task.a]\nfunction = \"f\"\nschedule = { once = true }";
    let daily = "[task.a]\nfunction = \"f\"\nschedule = { cron = \"@daily\" }";
    let both = [function("f"), function("g")];

    assert_eq!(bind_problems(daily, Some(&both)), (true, vec![]));
    let (runs, problems) = bind_problems(daily, None);
    assert!(runs, "its runs fail in the history");
    assert_eq!(problems, ["task.a.plugin: there is no usable plugin `a`".replace(".plugin", "")]);
    assert!(!bind_problems(once, None).0, "a single run waits for its plugin");

    let (runs, problems) = bind_problems("[task.a]\nschedule = { once = true }", Some(&both));
    assert!(!runs);
    assert_eq!(problems, ["task.a: plugin `a` has several task functions"]);

    let (_, problems) = bind_problems(daily, Some(&[function("h")]));
    assert_eq!(problems, ["task.a.function: plugin `a` has no task function `f`"]);

    let (runs, problems) = bind_problems("[task.a]\nfunction = \"f\"", Some(&both));
    assert!(!runs);
    assert_eq!(problems, ["task.a: it says nowhere when it is due"]);
}

#[test]
fn a_plugin_that_is_not_there_is_looked_for_among_those_that_are() {
    let files = ["reports", "broken"].map(str::to_owned);
    for (plugin, help) in [
        ("report", "did you mean `reports`? Else put `report.wasm` into the plugin directory"),
        ("reports.wasm", "leave `.wasm` out: `plugin = \"reports\"`"),
        ("broken", "`broken.wasm` is there, and can't be used: `horarium plugins` says why"),
        ("other", "put `other.wasm` into the plugin directory"),
    ] {
        let config = good(&format!("[task.a]\nplugin = \"{plugin}\""));
        let missing = Plugin::Missing { files: &files };
        let bound = bind::bind(&config.tasks[0], missing, &config.caps);
        assert_eq!(bound.problems[0].help.as_deref(), Some(help));
    }
}

#[test]
fn a_plugin_suggests_and_the_configuration_decides() {
    let mut suggesting = function("f");
    suggesting.defaults = Some(json!({
        "schedule": { "every": "30s" }, "timeout": "5s", "fuel": 7, "retry": { "max_attempts": 9 }
    }));
    let functions = [suggesting];
    let config = good("[defaults]\nfuel = 8\n[task.a]\ntimeout = \"4s\"");
    let spec = bound(&config, Some(&functions)).spec.unwrap();
    assert!(matches!(spec.schedule, Schedule::Every(_)));
    assert_eq!(spec.limits.timeout.as_secs(), 4, "the task's own word comes first");
    assert_eq!(spec.limits.fuel, Fuel::Limited(8), "then the operator's defaults");
    assert_eq!(spec.rules.retry.max_attempts, 9, "then what the plugin suggests");
}

#[test]
fn a_plugin_can_t_suggest_itself_more_than_everybody_has() {
    let mut greedy = function("f");
    greedy.defaults = Some(json!({
        "schedule": { "manual": true }, "memory": "100GiB", "timeout": "900h", "fuel": "unlimited"
    }));
    let config = good("[host.max]\nfuel = 1000\n[task.a]");
    let spec = bound(&config, Some(&[greedy])).spec.unwrap();
    assert_eq!(spec.limits.memory, Limits::DEFAULT.memory);
    assert_eq!(spec.limits.timeout, Limits::DEFAULT.timeout);
    assert_eq!(spec.limits.fuel, Fuel::Limited(1000));
}

#[test]
fn suggestions_that_make_no_sense_are_told_and_left_aside() {
    let mut odd = function("f");
    odd.defaults = Some(json!({ "schedule": { "cron": "never" }, "grants": { "dirs": [] } }));
    let config = good("[task.a]\nschedule = { once = true }");
    let bound = bound(&config, Some(&[odd]));
    assert_eq!(bound.problems.len(), 1);
    assert!(bound.problems[0].message.contains("makes no sense"));
    assert_eq!(bound.spec.unwrap().schedule, Schedule::Once);
}

#[test]
fn arguments_are_checked_against_the_functions_schema() {
    let mut typed = function("f");
    typed.args_schema = Some(
        json!({
            "type": "object",
            "properties": { "depth": { "type": "integer", "minimum": 1 } },
            "additionalProperties": false
        })
        .into(),
    );
    let args = |args: serde_json::Value| Arguments::of(&typed).misfits(&args);
    assert!(args(json!({ "depth": 3 })).is_empty());
    assert!(args(json!(null)).is_empty(), "all of its arguments may be left out");
    assert!(args(json!({ "depth": 0 }))[0].starts_with("at /depth:"));
    assert!(!args(json!({ "deep": 3 })).is_empty());
    assert_eq!(Arguments::of(&function("f")).misfits(&json!(1)), ["`f` takes no arguments"]);
}

#[test]
fn what_is_hardly_meant_is_told_and_taken() {
    let doubts = |text: &str| {
        let views = good(text).doubts().views();
        views.into_iter().map(|it| format!("{} {}: {}", it.line, it.key, it.message)).collect()
    };
    let told: Vec<String> = doubts("");
    assert_eq!(told, ["1 : there are no tasks"]);
    let told: Vec<String> = doubts(
        "[task.daily]
         schedule = { cron = \"@daily\" }
         deadman = \"1h\"
         [task.often]
         schedule = { every = \"10m\" }
         deadman = \"1h\"
         [task.asked]
         schedule = { manual = true }
         deadman = \"1h\"
         [notify.x]
         task = \"asked\"
         tasks = [\"often\", \"da*\", \"backup-*\"]",
    );
    let expected = [
        "1 task.daily: it should succeed within 1h (`deadman`), and its schedule has at least 24h \
         between two runs",
        "12 notify.x.tasks[2]: no task is called like \"backup-*\"",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_was_meant_is_shown_with_what_was_written() {
    for (text, help) in [
        ("[task.a]\nschedule = \"5s\"", "write `schedule = { every = \"5s\" }`"),
        ("[task.a]\nschedule = 5", "write `schedule = { every = \"5s\" }`"),
        ("[task.a]\nschedule = \"0 3 * * *\"", "write `schedule = { cron = \"0 3 * * *\" }`"),
        ("[task.a]\nschedule = \"daily\"", "write `schedule = { cron = \"@daily\" }`"),
        ("[task.a]\nschedule = \"once\"", "write `schedule = { once = true }`"),
        (
            "[task.a]\nschedule = 2026-12-01T03:00:00Z",
            "write `schedule = { at = 2026-12-01T03:00:00Z }`",
        ),
        ("[task.a]\nschedule = \"sometimes\"", "write a table with one of `cron`"),
        ("[task.a]\nretry = 3", "write `retry = { max_attempts = 3 }`"),
        ("[task.a]\ngrants = { dirs = \"in\" }", "write a list, `[…]`"),
        (
            "[task.a]\ngrants = { dirs = [\"./in\"] }",
            "write `{ host = \"./in\", guest = \"/in\" }`",
        ),
        (
            "[task.a]\ngrants = { http = \"https://a.b\" }",
            "write a list, `http = [\"https://a.b\"]`",
        ),
        ("[task.a]\ngrants = { env = [\"A\"] }", "write `env = { NAME = \"value\" }`"),
        ("[[task]]\nname = \"hello\"", "write `[task.hello]`, one such table for each task"),
        ("[[task]]\nname = \"two words\"", "write `[task.NAME]`, one such table for each task"),
        ("task = \"hello\"", "write `[task.NAME]`, one such table for each task"),
        ("[[notify]]\nname = \"ops\"", "write `[notify.ops]`, one such table for each channel"),
        ("[[host]]\ncapacity = 3", "write one table, `[host]`"),
        ("web = \"127.0.0.1:1\"", "write `web = { listen = \"127.0.0.1:1\" }`"),
        ("retention = \"90d\"", "write `retention = { age = \"90d\" }`"),
        (
            "[notify.x]\nwebhook = \"https://hooks.example/secret\"",
            "write `webhook = { url = \"https://hooks.example/…\" }`",
        ),
        ("[notify.x.email]\nto = \"a@b.c\"", "write a list, `to = [\"a@b.c\"]`"),
        ("[defaults]\ntimeout = 30", "write its unit as well, such as `\"30s\"`"),
    ] {
        let (_, problems) = parse(Path::new("/horarium.toml"), Path::new("/"), text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        let told = problems[0].help.as_deref().unwrap_or_default();
        assert!(told.starts_with(help), "{text}: {told}");
    }
}

#[test]
fn what_is_not_toml_is_told_once_and_with_its_line() {
    for (text, line, message) in [
        ("[task.a]\nplugin = hello\n", "plugin = hello", "texts stand in quotes"),
        ("[task.a]\n[task.a]\n", "[task.a]", "`a` is there already"),
        ("a = 1\na = 2\n", "a = 2", "`a` is there already"),
        ("[task.a\n\n\n", "[task.a", "unclosed table, expected `]`"),
        ("[task.a]\nargs = [1,\n", "args = [1,", "unclosed array, expected `]`"),
        ("[task.a]\nplugin =\n", "plugin =", "texts stand in quotes"),
        ("[task.a]\nplugin = \"p\n[task.b]\n", "plugin = \"p", "invalid basic string"),
    ] {
        let file = Path::new("/horarium.toml");
        let (config, problems) = parse(file, Path::new("/"), text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        let told = config.problems(problems).render();
        assert!(told.contains(&format!("this is not TOML: {message}")), "{told}");
        assert!(told.contains(&format!(" │ {line}\n")), "{told}");
    }
}
