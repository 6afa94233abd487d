//! Grants, their caps, and all that can be wrong with them.

use std::fs;

use horarium_core::{
    effects::Quota,
    grants::{Clocks, DirAccess, Origin, Stdin, Visibility, WriteLimit},
};
use tempfile::TempDir;

use super::tests::{good_in, wrong_in};

/// A folder with directories and files to grant.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["in/deep", "out", "secrets", "plugins", "data"] {
        fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    for (file, content) in [
        ("secrets/key", "hunter2-hunter2\n"),
        ("secrets/short", "1234\n"),
        ("secrets/long", &*"x".repeat(20_000)),
        ("secrets/binary", "\0"),
        ("in/key", "hunter2-hunter2"),
    ] {
        fs::write(dir.path().join(file), content).unwrap();
    }
    dir
}

/// The only problem, with these grants and these caps.
#[track_caller]
fn problem(grants: &str, caps: &str) -> String {
    let dir = folder();
    let text = format!("[task.a.grants]\n{grants}\n[host.grants]\n{caps}\n");
    let problems = wrong_in(dir.path(), &text);
    assert_eq!(problems.len(), 1, "{grants} with {caps}: {problems:#?}");
    problems[0].replace(&dir.path().canonicalize().unwrap().display().to_string(), "DIR")
}

#[track_caller]
fn mistakes(cases: &[(&str, &str)]) {
    for (grants, expected) in cases {
        let problem = problem(grants, "");
        assert!(problem.starts_with(expected), "{grants}: {problem:?}");
    }
}

#[test]
fn every_grant_is_read() {
    let dir = folder();
    let config = good_in(
        dir.path(),
        "[task.a.grants]
         dirs = [{ host = \"in\", guest = \"/in\" }]
         write_limit = \"5MiB\"
         tcp = [\"API.example.com:443\", { to = \"db.internal:5432\", within = [\"10.0.0.0/8\"] }]
         udp = [\"192.0.2.53:53\"]
         clocks = \"exact\"
         stdin = { from_file = \"in/not-there-yet\" }
         [task.a.grants.env]
         REGION = \"eu\"
         HOME_OF_THE_HOST = { from_env = \"PATH\", secret = false }
         KEY = { from_file = \"secrets/key\" }
         [task.b.grants]
         stdin = \"text\"",
    );
    let root = dir.path().canonicalize().unwrap();
    let grants = &config.tasks[0].grants;
    assert_eq!(grants.dirs[0].host, root.join("in"));
    assert_eq!(grants.dirs[0].access, DirAccess::ReadOnly);
    assert_eq!(grants.write_limit, WriteLimit(5 << 20));
    assert_eq!(grants.tcp[0].to_string(), "api.example.com:443");
    assert_eq!(grants.tcp[1].within, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(grants.udp[0].to_string(), "192.0.2.53:53");
    assert_eq!(grants.clocks, Clocks::Exact);
    assert_eq!(grants.stdin, Stdin::File(root.join("in/not-there-yet")));
    let [host, key, region] = grants.env.variables() else { panic!("{:?}", grants.env) };
    assert_eq!((&*region.name, &region.origin), ("REGION", &Origin::Written));
    assert!(!host.origin.is_secret());
    assert_eq!(key.value.reveal(), "hunter2-hunter2", "without its line break");
    let path = root.join("secrets/key");
    assert_eq!(key.origin, Origin::File { path, visibility: Visibility::Secret });
    assert_eq!(config.tasks[1].grants.stdin, Stdin::Text("text".to_owned()));
    assert_eq!(config.tasks[1].grants.write_limit, WriteLimit::default());
}

#[test]
fn what_is_no_endpoint_is_named() {
    mistakes(&[
        (
            "tcp = [\"example.com\"]",
            "2 task.a.grants.tcp[0]: \"example.com\" is no endpoint: it names no port",
        ),
        ("tcp = [\"a.example:1\", \"b:0\"]", "2 task.a.grants.tcp[1]: \"b:0\" is no endpoint"),
        (
            "udp = [\"http://a.example/\"]",
            "2 task.a.grants.udp[0]: \"http://a.example/\" is no endpoint",
        ),
        ("tcp = [{ within = [] }]", "2 task.a.grants.tcp[0]: it says nowhere where to"),
        ("tcp = [{ to = \"a\" }]", "2 task.a.grants.tcp[0].to: \"a\" is no endpoint"),
        (
            "tcp = [{ to = \"a:1\", within = [\"b\"] }]",
            "2 task.a.grants.tcp[0].within[0]: \"b\" is no range",
        ),
        (
            "tcp = [{ to = \"10.0.0.1:1\", within = [] }]",
            "2 task.a.grants.tcp[0].within: an address is meant",
        ),
        ("tcp = [443]", "2 task.a.grants.tcp[0]: this is a whole number"),
        ("tcp = \"a.example:1\"", "2 task.a.grants.tcp: this is a text"),
    ]);
}

#[test]
fn what_is_kept_has_a_name_and_a_bound() {
    mistakes(&[
        (
            "buckets = [{ access = \"read-only\" }]",
            "2 task.a.grants.buckets: a bucket needs a name",
        ),
        (
            "buckets = [{ bucket = \"a/b\" }]",
            "2 task.a.grants.buckets[0].bucket: '/' can't be in a name",
        ),
        (
            "buckets = [{ bucket = \"a\" }, { bucket = \"a\" }]",
            "2 task.a.grants.buckets: bucket `a` is granted twice",
        ),
        (
            "state = { bytes = \"17GiB\" }",
            "2 task.a.grants.state.bytes: that is too much to be kept",
        ),
        ("state = { keys = 100_000_001 }", "2 task.a.grants.state.keys: those are too many keys"),
    ]);
}

#[test]
fn what_is_started_is_a_task() {
    mistakes(&[
        ("tasks = [\"b\"]", "2 task.a.grants.tasks[0]: there is no task `b`"),
        ("tasks = [{ limit = 3 }]", "2 task.a.grants.tasks[0]: a task needs its name"),
        ("tasks = [\"a\", \"a\"]", "2 task.a.grants.tasks[1]: task `a` is granted twice"),
        ("tasks = [7]", "2 task.a.grants.tasks[0]: this is a whole number"),
        (
            "tasks = [{ task = \"a\", limit = 1_000_001 }]",
            "2 task.a.grants.tasks[0].limit: those are too many runs to wait",
        ),
    ]);
}

#[test]
fn values_from_elsewhere_are_there_and_fit() {
    mistakes(&[
        (
            "env = { A = { from_file = \"secrets/none\" } }",
            "2 task.a.grants.env.A.from_file: can't read",
        ),
        (
            "env = { A = { from_file = \"secrets\" } }",
            "2 task.a.grants.env.A.from_file: can't read",
        ),
        (
            "env = { A = { from_file = \"secrets/binary\" } }",
            "2 task.a.grants.env.A.from_file: can't read",
        ),
        (
            "env = { A = { from_file = \"secrets/short\" } }",
            "2 task.a.grants.env.A.from_file: a secret has at least 6",
        ),
        (
            "env = { A = { from_file = \"secrets/long\" } }",
            "2 task.a.grants.env.A.from_file: a secret has at most",
        ),
        (
            "env = { A = { from_env = \"PATH\", from_file = \"x\" } }",
            "2 task.a.grants.env.A: from_env and from_file",
        ),
        ("env = { A = { secret = true } }", "2 task.a.grants.env.A: it says nowhere"),
        (
            "env = { A = { from_env = 3 } }",
            "2 task.a.grants.env.A.from_env: this is a whole number",
        ),
        (
            "env = { \"A\\u001b\" = \"x\" }",
            "2 task.a.grants.env.A\\u{1b}: \"A\\u{1b}\" can't be a variable's name",
        ),
        ("stdin = {}", "2 task.a.grants.stdin: it says nowhere what"),
        ("stdin = { from_file = \"none/x\" }", "2 task.a.grants.stdin.from_file: there is no"),
        ("stdin = { from_file = \"..\" }", "2 task.a.grants.stdin.from_file: it names no file"),
        ("stdin = 3", "2 task.a.grants.stdin: this is a whole number"),
        ("clocks = \"fine\"", "2 task.a.grants.clocks: \"fine\" is not one of the words"),
    ]);
}

#[test]
fn a_short_value_that_is_no_secret_is_one_that_may_be_seen() {
    let dir = folder();
    let text = "[task.a.grants]\nenv = { A = { from_file = \"secrets/short\", secret = false } }";
    let config = good_in(dir.path(), text);
    assert_eq!(config.tasks[0].grants.redactor().redact("1234"), "1234");
}

#[test]
fn no_problem_tells_a_secret() {
    let dir = folder();
    let text = "[task.a.grants]
                dirs = [{ host = \"secrets\", guest = \"/s\" }]
                env = { A = { from_file = \"secrets/key\" }, B = { from_file = \"secrets/short\" } }";
    let problems = wrong_in(dir.path(), text).join("\n");
    assert!(!problems.contains("hunter2") && !problems.contains("1234"), "{problems}");
}

#[test]
fn a_secret_that_guests_could_read_is_a_mistake() {
    let grants =
        "dirs = [{ host = \"in\", guest = \"/in\" }]\nenv = { A = { from_file = \"in/key\" } }";
    let problem = problem(grants, "");
    assert!(
        problem.starts_with("3 task.a.grants.env.A.from_file: it lies in DIR/in, which is granted"),
        "{problem}"
    );
}

#[test]
fn what_exceeds_a_cap_is_named_where_it_stands() {
    for (grants, caps, expected) in [
        (
            "dirs = [{ host = \"out\", guest = \"/out\" }]",
            "dirs = [{ host = \"in\" }]",
            "task.a.grants.dirs[0].host: the host does not allow to grant DIR/out read-only",
        ),
        (
            "dirs = [{ host = \"in\", guest = \"/in\", access = \"read-write\" }]",
            "dirs = [{ host = \"in\" }]",
            "task.a.grants.dirs[0].host: the host does not allow to grant DIR/in read-write",
        ),
        (
            "write_limit = \"2MiB\"",
            "write_limit = \"1MiB\"",
            "task.a.grants.write_limit: the host does not allow more than 1048576 bytes",
        ),
        (
            "tcp = [\"a.example:443\", \"b.example:443\"]",
            "tcp = [\"a.example:*\"]",
            "task.a.grants.tcp[1]: the host does not allow to grant b.example:443",
        ),
        (
            "http = [\"https://a.example/v1\", { url = \"https://a.example/v1\", methods = [\"PUT\"] }]",
            "http = [{ url = \"https://a.example\", methods = [\"GET\", \"POST\"] }]",
            "task.a.grants.http[1]: the host does not allow to grant PUT https://a.example/v1",
        ),
        ("udp = [\"10.0.0.1:53\"]", "udp = []", "task.a.grants.udp[0]: the host does not allow"),
        (
            "env = { A = \"x\", B = \"y\" }",
            "env = [\"A\"]",
            "task.a.grants.env.B: the host does not allow a guest to have `B`",
        ),
        (
            "env = { A = { from_env = \"PATH\" } }",
            "from_env = [\"HOME\"]",
            "task.a.grants.env.A.from_env: the host does not allow to hand on `PATH`",
        ),
        (
            "env = { A = { from_file = \"secrets/key\" } }",
            "from_file = [\"in\"]",
            "task.a.grants.env.A.from_file: the host does not allow to read DIR/secrets/key",
        ),
        (
            "clocks = \"exact\"",
            "clocks = \"coarse\"",
            "task.a.grants.clocks: the host does not allow to grant exact clocks",
        ),
        ("stdin = \"x\"", "stdin = false", "task.a.grants.stdin: the host does not allow"),
        (
            "state = { bytes = \"2MiB\", keys = 5 }",
            "state = { bytes = \"1MiB\", keys = 5 }",
            "task.a.grants.state.bytes: the host does not allow more than 1048576 bytes in a bucket",
        ),
        (
            "buckets = [{ bucket = \"orders\", keys = 6 }]",
            "state = { keys = 5 }",
            "task.a.grants.buckets[0].keys: the host does not allow more than 5 keys in a bucket",
        ),
    ] {
        let problem = problem(grants, caps);
        let (_, told) = problem.split_once(' ').unwrap();
        assert!(told.starts_with(expected), "{grants} with {caps}: {problem}");
    }
}

#[test]
fn what_is_within_its_cap_is_granted() {
    let dir = folder();
    let config = good_in(
        dir.path(),
        "[host.grants]
         dirs = [{ host = \"in\", access = \"read-write\" }]
         write_limit = \"1MiB\"
         tcp = [\"10.0.0.0/8:*\"]
         env = [\"A\", \"B\"]
         from_env = [\"PATH\"]
         from_file = [\"secrets\"]
         clocks = \"exact\"
         stdin = true
         state = { bytes = \"2MiB\", keys = 50_000 }
         [task.a.grants]
         buckets = [{ bucket = \"orders\", bytes = \"1MiB\", keys = 50_000 }]
         dirs = [{ host = \"in/deep\", guest = \"/in\", access = \"read-write\" }]
         tcp = [\"10.1.0.0/16:80\"]
         udp = [\"anywhere.example:53\"]
         env = { A = { from_env = \"PATH\" }, B = { from_file = \"secrets/key\" } }
         clocks = \"exact\"
         stdin = \"x\"",
    );
    assert_eq!(config.tasks[0].grants.write_limit, WriteLimit(1 << 20), "capped where silent");
    assert_eq!(config.tasks[0].grants.udp.len(), 1, "no key, no cap");
    let state = &config.tasks[0].grants.state;
    assert_eq!(state.quota, Quota { bytes: 2 << 20, keys: 10_000 }, "capped where silent");
    assert_eq!(state.shared[0].quota, Quota { bytes: 1 << 20, keys: 50_000 });
}

#[test]
fn a_cap_that_is_wrong_is_told_once() {
    for (caps, expected) in [
        ("dirs = [{ host = \"none\" }]", "host.grants.dirs[0].host: there is no"),
        ("dirs = [{}]", "host.grants.dirs: a directory needs `host`"),
        ("tcp = [\"a.example\"]", "host.grants.tcp[0]: \"a.example\" is no endpoint"),
        (
            "from_file = [\"secrets/key\"]",
            "host.grants.from_file[0]: DIR/secrets/key is not a directory",
        ),
        ("http = true", "host.grants.http: this is a boolean"),
        ("state = { bytes = \"17GiB\" }", "host.grants.state.bytes: that is too much to be kept"),
        ("state = { keys = 100_000_001 }", "host.grants.state.keys: those are too many keys"),
        ("https = []", "host.grants.https: there is no such key"),
        (
            "http = [{ url = \"https://a.example\", credential = { header = \"X-Key\", value = { from_file = \"secrets/key\" } } }]",
            "host.grants.http[0]: a cap adds nothing",
        ),
    ] {
        let grants = "dirs = [{ host = \"in\", guest = \"/in\" }]\ntcp = [\"a.example:1\"]\n\
                      env = { A = { from_file = \"secrets/key\" } }";
        let problem = problem(grants, caps);
        let (_, told) = problem.split_once(' ').unwrap();
        assert!(told.starts_with(expected), "{caps}: {problem}");
    }
}
