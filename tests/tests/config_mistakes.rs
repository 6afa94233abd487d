//! A configuration that is wrong: each mistake is told with its place, its key,
//! what is wrong and what would be right, and all of them at once.

use std::collections::BTreeSet;

use e2e::Workspace;
use serde_json::Value;

/// A configuration with one mistake, marked by `»` in front of it.
struct Mistake {
    toml: &'static str,
    key: &'static str,
    says: &'static str,
    help: &'static str,
}

const fn mistake(
    toml: &'static str,
    key: &'static str,
    says: &'static str,
    help: &'static str,
) -> Mistake {
    Mistake { toml, key, says, help }
}

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // Keys.
    mistake("»plugin_dri = \"p\"", "plugin_dri", "there is no such key", "did you mean `plugin_dir`?"),
    mistake("[host]\n»capcity = 4", "host.capcity", "there is no such key", "did you mean `capacity`?"),
    mistake("[defaults.retry]\n»atempts = 4", "defaults.retry.atempts", "there is no such key", "`max_attempts`"),
    mistake("[task.a]\n»shedule = 4", "task.a.shedule", "there is no such key", "did you mean `schedule`?"),
    mistake("[task.a]\nschedule = { »evry = \"1s\" }", "task.a.schedule.evry", "there is no such key", "did you mean `every`?"),
    mistake("[task.a.grants]\n»net = []", "task.a.grants.net", "there is no such key", "`dirs`"),
    mistake("[task.a.grants]\ndirs = [{ host = \"/usr\", guest = \"/\", »mode = 1 }]", "task.a.grants.dirs[0].mode", "there is no such key", "`access`"),
    // The network.
    mistake("[web]\nlisten = »\"localhost\"", "web.listen", "is not an address", "127.0.0.1:7878"),
    mistake("[web]\nlisten = »7878", "web.listen", "this is a whole number", "a text in quotes"),
    mistake("[web]\nlisten = »\"0.0.0.0:7878\"", "web.listen", "not a loopback address", "`web.tls"),
    mistake("[web]\nanonymous = »\"all\"", "web.anonymous", "is not one of the words", "`admin`"),
    mistake("[web]\nhosts = [»\"https://a\"]", "web.hosts[0]", "is not a host's name", "without scheme and port"),
    mistake("[web]\ntls = »{ cert = \"c\" }", "web.tls", "both `cert` and `key`", "cert.pem"),
    mistake("[web]\ntimeout = »\"1ms\"", "web.timeout", "in time", "`\"30s\"`"),
    mistake("[web]\n»port = 1", "web.port", "there is no such key", "`listen`"),
    // Kinds.
    mistake("data_dir = »3", "data_dir", "this is a whole number", "write a text in quotes"),
    mistake("host = »\"big\"", "host", "this is a text", "write a table"),
    mistake("[host]\ncapacity = »\"4\"", "host.capacity", "this is a text", "a whole number"),
    mistake("[host]\ncapacity = »1.5", "host.capacity", "this is a number with a fraction", "a whole number"),
    mistake("task = »[]", "task", "this is a list", "write `[task.NAME]`, one such table for each task"),
    mistake("task.a = »true", "task.a", "this is a boolean", "write a table"),
    mistake("[task.a]\nschedule = »\"1s\"", "task.a.schedule", "this is a text", "write `schedule = { every = \"1s\" }`"),
    mistake("[task.a.grants]\ndirs = »\"/tmp\"", "task.a.grants.dirs", "this is a text", "write a list"),
    mistake("[task.a.grants.env]\nX = »1", "task.a.grants.env.X", "this is a whole number", "from_env"),
    mistake("[defaults]\ntimeout = »30", "defaults.timeout", "this is a whole number", "`\"30s\"`"),
    // Templates.
    mistake("template = »[]", "template", "this is a list", "write `[template.NAME]`, one such table for each template"),
    mistake("[template.t]\n»fuell = 3\n[task.a]\nextends = \"t\"", "template.t.fuell", "there is no such key", "did you mean `fuel`?"),
    mistake("[template.t]\n»for_each = []", "template.t.for_each", "there is no such key", "`for_each` belongs to `[task.NAME]`"),
    mistake("[template.t]\nvars.v.type = »\"int\"", "template.t.vars.v.type", "not one of the words", "`integer`"),
    mistake("[template.t]\nvars.»v = {}", "template.t.vars.v", "variable `v` has no type", "add `type = \"string\"`"),
    mistake("[template.t]\nargs = [\"in »${regoin}\"]\nvars.region.type = \"string\"", "template.t.args[0]", "there is no variable `regoin`", "did you mean `${region}`?"),
    mistake("[template.t]\nargs = [»\"${HOME\"]", "template.t.args[0]", "`${` has no `}`", "a literal `${` is written `$${`"),
    mistake("[template.t]\nextends = »\"u\"\n[template.u]\nextends = \"t\"", "template.t.extends", "it extends itself: `t` → `u` → `t`", "leave one"),
    mistake("[task.a]\nextends = »\"sinc\"\n[template.sync]", "task.a.extends", "there is no template `sinc`", "did you mean `sync`?"),
    mistake("[task.a]\n»extend = \"t\"", "task.a.extend", "there is no such key", "did you mean `extends`?"),
    mistake("[template.t.vars]\nv = { type = \"integer\" }\n[task.a]\nextends = »\"t\"", "task.a.extends", "variable `v` of template `t` has no value", "add `vars = { v = … }`"),
    mistake("[template.t.vars]\nv = { type = \"integer\" }\n[task.a]\nextends = \"t\"\nvars = { v = »\"3\" }", "task.a.vars.v", "this is a text", "write a whole number"),
    mistake("[task.a]\nfor_each = »3", "task.a.for_each", "this is a whole number", "`for_each = [\"eu\", \"us\"]`"),
    mistake("[task.a]\nfor_each = [»\"b\"]\n[task.a-b]", "task.a-b", "and there is another one in line", "another name"),
    mistake("[task.a]\nfor_each = [»\"b/c\"]", "task.a-b/c", "is no name", "such as"),
    // Ranges.
    mistake("[host]\ncapacity = »0", "host.capacity", "0 is out of range", "from 1"),
    mistake("[host]\ncapacity = »-1", "host.capacity", "-1 is out of range", "from 1"),
    mistake("[host]\ncapacity = »99999999999999999999", "host.capacity", "is out of range", "from 1"),
    mistake("[defaults]\nfuel = »0", "defaults.fuel", "without fuel", "`\"unlimited\"`"),
    mistake("[defaults]\nfuel = »\"plenty\"", "defaults.fuel", "this is a text", "`\"unlimited\"`"),
    mistake("[defaults]\nfuel = »9_223_372_036_854_775_808", "defaults.fuel", "is out of range", "`\"unlimited\"`"),
    mistake("[defaults]\nmemory = »\"lots\"", "defaults.memory", "is not a number of bytes", "`\"64MiB\"`"),
    mistake("[defaults]\nmemory = »\"64 XiB\"", "defaults.memory", "is not a number of bytes", "`\"64MiB\"`"),
    mistake("[defaults]\nmemory = »\"2GiB\"", "defaults.memory", "the host allows at most", "`host.max.memory`"),
    mistake("[host]\nmemory = \"8MiB\"\n[task.a]\nmemory = »\"16MiB\"", "task.a.memory", "the host allows at most 8388608 bytes", "`host.memory`"),
    mistake("[task.a]\ntimeout = »\"2h\"", "task.a.timeout", "the host allows at most 1h", "`host.max.timeout`"),
    mistake("[host.max]\nfuel = 10\n[task.a]\nfuel = »\"unlimited\"", "task.a.fuel", "the host allows at most 10", "`host.max.fuel`"),
    mistake("[defaults.retry]\nfactor = »0.5", "defaults.retry.factor", "shrink", "from 1"),
    mistake("[defaults.retry]\nfactor = »inf", "defaults.retry.factor", "not a number one can count with", "such as"),
    mistake("[defaults.retry]\njitter = »2", "defaults.retry.jitter", "a fraction of the wait", "from 0 to 1"),
    mistake("[defaults.retry]\nmax_attempts = »0", "defaults.retry.max_attempts", "out of range", "from 1"),
    // Words.
    mistake("[defaults]\noverlap = »\"skp\"", "defaults.overlap", "not one of the words", "did you mean `skip`?"),
    mistake("[task.a.grants]\ndirs = [{ host = \"/usr\", guest = \"/a\", access = »\"rw\" }]", "task.a.grants.dirs[0].access", "not one of the words", "`read-write`"),
    // Lengths of time.
    mistake("[defaults]\ntimeout = »\"5 parsecs\"", "defaults.timeout", "is not a length of time", "`\"1h30m\"`"),
    mistake("[defaults]\ntimeout = »\"\"", "defaults.timeout", "is not a length of time", "`\"1h30m\"`"),
    mistake("[defaults]\ntimeout = »\"-5s\"", "defaults.timeout", "is not a length of time", "`\"1h30m\"`"),
    mistake("[defaults]\ntimeout = »\"0s\"", "defaults.timeout", "over in no time", "`\"30s\"`"),
    mistake("[defaults]\ntimeout = »\"99999999999999999999s\"", "defaults.timeout", "is not a length of time", "`\"1h30m\"`"),
    mistake("[host.compile]\ntimeout = »\"10ms\"", "host.compile.timeout", "hardly any plugin", "`\"1s\"`"),
    mistake("[host.compile]\nmemory = »\"1MiB\"", "host.compile.memory", "could not start", "`\"256MiB\"`"),
    mistake("[host]\ngrace = »\"soon\"", "host.grace", "is not a length of time", "`\"1h30m\"`"),
    mistake("[task.a]\nschedule = { every = »\"0s\" }", "task.a.schedule.every", "at least 1ms", "such as"),
    mistake("[task.a]\nschedule = { every = »\"1us\" }", "task.a.schedule.every", "at least 1ms", "such as"),
    mistake("[task.a]\nschedule = { every = »\"1000000h\" }", "task.a.schedule.every", "at most 100 years", "such as"),
    mistake("[task.a]\nschedule = { every = »\"5s\", offset = \"5s\" }", "task.a.schedule.every", "shorter than the period", "offset"),
    // Cron.
    mistake("[task.a]\nschedule = { cron = »\"\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"* * *\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"61 * * * *\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"* * * * * * * *\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"@sometimes\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"* * * * FOO\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"*/0 * * * *\" }", "task.a.schedule.cron", "is not a cron expression", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »\"0 0 30 2 *\" }", "task.a.schedule.cron", "never fires", "such as `0 3 * * *`"),
    mistake("[task.a]\nschedule = { cron = »5 }", "task.a.schedule.cron", "this is a whole number", "a text in quotes"),
    mistake("[task.a]\nschedule = { cron = \"@daily\", timezone = »\"Europe/Pariss\" }", "task.a.schedule.timezone", "not a timezone of the IANA database", "`Europe/Paris`"),
    mistake("[task.a]\nschedule = { cron = \"@daily\", timezone = »\"\" }", "task.a.schedule.timezone", "not a timezone of the IANA database", "`Europe/Paris`"),
    mistake("[task.a]\nschedule = { cron = \"@daily\", timezone = »\"../../etc/passwd\" }", "task.a.schedule.timezone", "not a timezone of the IANA database", "`Europe/Paris`"),
    // Schedules.
    mistake("[task.a]\nschedule = »{}", "task.a.schedule", "it says nowhere when", "`continuous`"),
    mistake("[task.a]\nschedule = »{ every = \"1s\", once = true }", "task.a.schedule", "every and once exclude each other", "keep one"),
    mistake("[task.a]\nschedule = { once = »false }", "task.a.schedule.once", "a schedule says what it is", "`once = true`"),
    mistake("[task.a]\nschedule = { once = true, pause = »\"1s\" }", "task.a.schedule.pause", "goes with `continuous` only", "leave it out"),
    mistake("[task.a]\nschedule = { once = true, timezone = »\"UTC\" }", "task.a.schedule.timezone", "goes with `cron` only", "leave it out"),
    mistake("[task.a]\nschedule = { at = »\"tomorrow\" }", "task.a.schedule.at", "is not an instant", "with its offset"),
    mistake("[task.a]\nschedule = { at = »\"2026-12-01T03:00:00\" }", "task.a.schedule.at", "is not an instant", "with its offset"),
    mistake("[task.a]\nschedule = { at = »2026-12-01 }", "task.a.schedule.at", "is not an instant", "with its offset"),
    // Names.
    mistake("[task.»\"bad name\"]\nplugin = \"noop\"", "task.bad name", "is no name", "such as `nightly-report`"),
    mistake("[task.a]\nplugin = »\"../noop\"", "task.a.plugin", "is no name", "such as `nightly-report`"),
    mistake("[task.a]\nplugin = »\"\"", "task.a.plugin", "is no name", "such as `nightly-report`"),
    mistake("[task.a]\nplugin = »\"noop\\u0000\"", "task.a.plugin", "is no name", "such as `nightly-report`"),
    // Grants.
    mistake("[task.a.grants]\ndirs = [{ host = »\"nowhere\", guest = \"/a\" }]", "task.a.grants.dirs[0].host", "there is no", "create it"),
    mistake("[task.a.grants]\ndirs = [{ host = »\"horarium.toml\", guest = \"/a\" }]", "task.a.grants.dirs[0].host", "is not a directory", "grants are for directories"),
    mistake("[task.a.grants]\ndirs = [{ host = \"/usr\", guest = »\"a\" }]", "task.a.grants.dirs[0].guest", "is not absolute", "such as `/in`"),
    mistake("[task.a.grants]\ndirs = [{ host = \"/usr\", guest = »\"/a/../b\" }]", "task.a.grants.dirs[0].guest", "is not absolute", "such as `/in`"),
    mistake("[task.a.grants]\ndirs = »[{ guest = \"/a\" }]", "task.a.grants.dirs", "needs both `host` and `guest`", "such as"),
    mistake("[task.a.grants.env]\nX = { from_env = »\"NOT_THERE\" }", "task.a.grants.env.X.from_env", "has no text in `NOT_THERE`", "start the host with `NOT_THERE` set"),
    mistake("[task.a.grants.env]\n»\"A=B\" = \"x\"", "task.a.grants.env.A=B", "can't be a variable's name", "such as `REGION`"),
    mistake("[task.a.grants.env]\nX = { from_env = \"HORARIUM_CONFIG\", from_file = »3 }", "task.a.grants.env.X.from_file", "this is a whole number", "a text in quotes"),
    mistake("[task.a.grants.env]\nX = { from_file = »\"nowhere\" }", "task.a.grants.env.X.from_file", "can't read", "a file with the value"),
    mistake("[task.a.grants]\ntcp = [»\"example.com\"]", "task.a.grants.tcp[0]", "it names no port", "`\"api.example.com:443\"`"),
    mistake("[task.a.grants]\nudp = [{ to = \"a.example:1\", within = [»\"10\"] }]", "task.a.grants.udp[0].within[0]", "is no range of addresses", "such as `\"10.0.0.0/8\"`"),
    mistake("[task.a.grants]\nclocks = »\"corase\"", "task.a.grants.clocks", "not one of the words", "did you mean `coarse`?"),
    mistake("[task.a.grants]\nstdin = »{}", "task.a.grants.stdin", "it says nowhere what there is to read", "`from_file = \"PATH\"`"),
    mistake("[host.grants]\ntcp = []\n[task.a.grants]\ntcp = [»\"a.example:1\"]", "task.a.grants.tcp[0]", "the host does not allow to grant a.example:1", "widen `host.grants.tcp`"),
    mistake("[task.a.grants.env]\nX = »{}", "task.a.grants.env.X", "it says nowhere what the value is", "`from_env = \"NAME\"`"),
    // Arguments.
    mistake("[task.a]\nargs = »99999999999999999999", "task.a.args", "is out of range", "a smaller number"),
    mistake("[task.a]\nargs = { n = [1, »99999999999999999999] }", "task.a.args.n[1]", "is out of range", "a smaller number"),
    mistake("[task.a]\nargs = { n = »nan }", "task.a.args.n", "not a number one can count with", "such as"),
    // What is no TOML at all.
    mistake("[task.a\n»", "", "this is not TOML", ""),
    mistake("data_dir = »\"open", "", "this is not TOML", ""),
    mistake("[task.a]\n[task.»a]", "", "this is not TOML", ""),
    mistake("data_dir = \"a\"\n»data_dir = \"b\"", "", "this is not TOML", ""),
];

/// The text without its mark, and the line and column of the mark.
fn unmarked(marked: &str) -> (String, u64, u64) {
    let before = marked.split('»').next().unwrap();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (marked.replace('»', ""), line.try_into().unwrap(), column.try_into().unwrap())
}

/// Whether a problem is only that the task has no plugin or no schedule: most
/// configurations here are about something else.
fn wants_more(problem: &Value) -> bool {
    let message = problem["message"].as_str().unwrap();
    message.starts_with("there is no usable plugin")
        || message.starts_with("it says nowhere when it is due")
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_remedy() {
    let workspace = Workspace::bare();
    for Mistake { toml, key, says, help } in MISTAKES {
        let (toml, line, column) = unmarked(toml);
        workspace.configure_as_it_is(&toml);
        let told = workspace.run(&["check", "--json"]).failed().json();
        let problems = told["problems"].as_array().unwrap();
        let here: Vec<_> = problems.iter().filter(|problem| problem["key"] == *key).collect();
        let Some(problem) = here.first() else { panic!("{toml}\nnothing about {key}: {told}") };
        assert!(problem["message"].as_str().unwrap().contains(says), "{toml}\n{problem}");
        assert_eq!(problem["file"], "horarium.toml");
        // Where a broken document begins to be broken is the parser's opinion.
        if !key.is_empty() {
            assert_eq!(
                (problem["line"].as_u64(), problem["column"].as_u64()),
                (Some(line), Some(column)),
                "{toml}\n{problem}"
            );
            assert!(problem["help"].as_str().unwrap().contains(help), "{toml}\n{problem}");
            let others = problems.iter().filter(|other| !wants_more(other)).count();
            assert_eq!(others, 1, "{toml}\n{told}");
        }
        let place = format!("[horarium.toml:{}:", problem["line"]);
        let _ = workspace.run(&["check"]).failed().says(&[key, says, help, &place]);
    }
}

#[test]
fn all_mistakes_are_told_at_once_and_before_anything_begins() {
    let workspace = Workspace::bare();
    workspace.configure_as_it_is(
        r#"
        data_dir = 3
        [host]
        capcity = 1
        [task.one]
        schedule = { cron = "61 * * * *" }
        [task.two]
        plugin = "../two"
        timeout = "long"
        [task.two.grants]
        dirs = [{ host = "nowhere", guest = "/in" }]
        "#,
    );
    let keys = [
        "data_dir",
        "host.capcity",
        "task.one.schedule.cron",
        "task.two.plugin",
        "task.two.timeout",
        "task.two.grants.dirs[0].host",
    ];
    for verb in [&["serve"][..], &["tasks"], &["next"], &["runs"], &["run", "one"]] {
        let ran = workspace.run(verb).failed().says(&keys);
        let ran = ran.says(&["error: 6 things are wrong with the configuration"]);
        assert_eq!(ran.stdout, "");
        let told = workspace.run(&[verb, &["--json"]].concat()).failed().json();
        let problems = told["problems"].as_array().unwrap();
        let told: BTreeSet<_> = problems.iter().filter_map(|told| told["key"].as_str()).collect();
        assert_eq!(told, BTreeSet::from(keys));
    }
    // And what the plugins say to it, where that is asked for.
    let _ = workspace.run(&["check"]).failed().says(&keys).says(&["no usable plugin `one`"]);
}

#[test]
fn tasks_are_checked_against_their_plugins() {
    let workspace = Workspace::new(
        r#"
        task.absent = { plugin = "absent", function = "run", schedule = { once = true } }
        task.misspelt = { plugin = "unruly", function = "slep", schedule = { once = true } }
        task.vague = { plugin = "unruly", schedule = { once = true } }
        task.wrong-args = { plugin = "unruly", function = "sleep", args = { ms = "x" }, schedule = { once = true } }
        task.no-args = { plugin = "unruly", function = "sleep", schedule = { once = true } }
        task.never = { plugin = "noop" }
        task.fine = { plugin = "noop", schedule = { once = true } }
        "#,
    );
    let told = workspace.run(&["check", "--json"]).failed().json();
    let problem = |key: &str| -> (String, String) {
        let problems = told["problems"].as_array().unwrap();
        let problem = problems.iter().find(|problem| problem["key"] == key);
        let problem = problem.unwrap_or_else(|| panic!("nothing about {key}: {told}"));
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        (text("message"), text("help"))
    };
    for (key, message, help) in [
        ("task.absent.plugin", "there is no usable plugin `absent`", "put `absent.wasm`"),
        ("task.misspelt.function", "has no task function `slep`", "did you mean `sleep`?"),
        ("task.vague", "several task functions", "add `function = …`"),
        ("task.wrong-args.args", "at /ms: \"x\" is not of type", "horarium inspect"),
        ("task.no-args", "its arguments are missing", "horarium inspect"),
        ("task.never", "it says nowhere when it is due", "add `schedule ="),
    ] {
        let told = problem(key);
        assert!(told.0.contains(message) && told.1.contains(help), "{key}: {told:?}");
    }
    assert_eq!(told["problems"].as_array().unwrap().len(), 6);
    let _ = workspace.run(&["check"]).failed().says(&["error: 6 problems"]);
    // A host serves what can be served.
    let mut host = workspace.serve(&[]);
    assert_eq!(host.event("tasks")["problems"].as_array().unwrap().len(), 6);
    assert_eq!(host.over("fine")["verdict"], "succeeded");
    let _ = host.stop().succeeded();
}

#[test]
fn a_sound_configuration_is_called_sound() {
    let workspace =
        Workspace::new("task.fine = { plugin = \"noop\", schedule = { cron = \"@daily\" } }");
    let ran = workspace.run(&["check"]).succeeded();
    assert_eq!(ran.stdout, "horarium.toml is sound: 1 task, 2 plugins\n");
    let told = workspace.run(&["check", "--json"]).succeeded().json();
    assert_eq!(
        told,
        serde_json::json!({
            "tasks": 1, "plugins": 2, "unusable": 0, "waiting": 0, "problems": [], "refused": []
        })
    );
}

#[test]
fn a_configuration_that_cant_be_read_is_named() {
    let workspace = Workspace::bare();
    let here = workspace.path("").canonicalize().unwrap();
    let missing = format!("there is no horarium.toml in {}", here.display());
    for verb in [&["check"][..], &["serve"], &["runs"], &["run", "a"]] {
        let ran = workspace.run(verb).failed();
        let ran = ran.says(&[&missing, "--config", "start in its folder", "`horarium init`"]);
        assert!(!ran.stderr.contains("os error"), "{ran}");
    }
    let ran = workspace.run(&["check", "nosuch.toml"]).failed();
    assert!(ran.says(&["there is no nosuch.toml"]).stderr.lines().count() == 1);
    let _ = workspace.run(&["check", "-c", "."]).failed().says(&["it is a directory"]);
    workspace.write("latin-1.toml", b"data_dir = \"caf\xe9\"");
    let ran = workspace.run(&["check", "-c", "latin-1.toml"]).failed();
    let _ = ran.says(&["latin-1.toml", "UTF-8"]);
    // A device without end.
    let _ = workspace.run(&["check", "-c", "/dev/zero"]).failed().says(&["is larger than"]);
}

#[test]
fn a_configuration_is_found_from_anywhere() {
    let workspace = Workspace::new("task.fine = { plugin = \"noop\", schedule = { once = true } }");
    let absolute = workspace.text("horarium.toml");
    for config in ["horarium.toml", "./horarium.toml", "plugins/../horarium.toml", &absolute] {
        let _ = workspace.run(&["check", "--config", config]).succeeded();
    }
    let mut elsewhere = workspace.command(&["check", "--config", &absolute]);
    assert!(elsewhere.current_dir("/").output().unwrap().status.success());
}

#[test]
fn strange_configurations_are_answered_and_survived() {
    let workspace = Workspace::bare();
    let deep = format!("args = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let dotted = format!("{}a = 1", "a.".repeat(5_000));
    let long = format!("plugin = \"{}\"", "x".repeat(1 << 20));
    let many: String = (0..2_000).map(|n| format!("[task.t{n}]\nplgin = 1\n")).collect();
    for text in [
        &format!("[task.a]\n{deep}"),
        &dotted,
        &format!("[task.a]\n{long}"),
        &many,
        "\u{feff}",
        "\0",
        "=",
        "[[task]]",
        "\u{202e}",
    ] {
        workspace.configure_as_it_is(text);
        let ran = workspace.run(&["check"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.code.unwrap_or(-1));
    }
    workspace.configure_as_it_is(&many);
    let told: Value = workspace.run(&["check", "--json"]).failed().json();
    let unknown = |problem: &&Value| problem["message"] == "there is no such key";
    assert_eq!(told["problems"].as_array().unwrap().iter().filter(unknown).count(), 2_000);
}

#[test]
fn a_wrong_schedule_is_one_mistake() {
    for schedule in [
        "{ at = \"2026-02-30T00:00:00Z\" }",
        "{ cron = \"0 0 30 2 *\" }",
        "{ cron = \"@daily\", timezone = \"Mars/Base\" }",
        "{ every = \"1s\", once = true }",
        "\"daily\"",
    ] {
        let workspace = Workspace::new(&format!("[task.noop]\nschedule = {schedule}"));
        let told = workspace.run(&["check", "--json"]).failed().json();
        let keys: Vec<_> = told["problems"].as_array().unwrap().iter().collect();
        assert_eq!(keys.len(), 1, "{schedule}: {told}");
        assert!(keys[0]["key"].as_str().unwrap().starts_with("task.noop.schedule"), "{told}");
    }
}
