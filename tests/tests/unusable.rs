//! Tasks that can't run: the same is said of them wherever tasks are told or counted.

use std::fs;

use e2e::{
    Serving, Workspace,
    asking::{Answer, ask, read, submit},
    built,
};
use serde_json::{Value, json};

use crate::compile::eventually;

/// One that can run, one whose runs fail for want of a plugin, and one of which it is not even
/// known what it would run.
const TASKS: &str = r#"
    [task.fine]
    plugin = "noop"
    schedule = { manual = true }
    [task.fails]
    plugin = "absent"
    function = "noop"
    schedule = { every = "1h" }
    [task.missing]
    plugin = "absent"
    schedule = { manual = true }
"#;

const SUM: &str = "3 tasks, 2 with problems";

const WHY: &str = "there is no usable plugin `absent`; put `absent.wasm` into the plugin directory";

fn host() -> (Workspace, Serving) {
    let workspace = Workspace::new(TASKS);
    let mut host = workspace.serve(&[]);
    let tasks = host.event("tasks");
    assert_eq!((&tasks["count"], &tasks["unusable"]), (&json!(3), &json!(2)), "{tasks}");
    (workspace, host)
}

fn get(workspace: &Workspace, path: &str) -> Answer {
    ask(&workspace.path("data"), "GET", path, "")
}

fn page(workspace: &Workspace, path: &str) -> String {
    let (head, page) = read(&workspace.path("data"), path);
    assert!(head.starts_with("http/1.0 200") || head.starts_with("http/1.1 200"), "{path}: {head}");
    page
}

/// What `status` prints, in which all of this stands.
fn status(workspace: &Workspace, texts: &[&str]) -> String {
    let ran = workspace.run(&["status"]).succeeded();
    for text in texts {
        assert!(ran.stdout.contains(text), "{text} is not in {ran}");
    }
    ran.stdout
}

/// The names in a list, and those of them that have problems.
fn names(tasks: &Value) -> (Vec<&str>, Vec<&str>) {
    let tasks = tasks.as_array().unwrap().iter();
    let (mut all, mut unusable) = (Vec::new(), Vec::new());
    for task in tasks {
        let name = task["task"].as_str().unwrap();
        all.push(name);
        if task["problems"] != json!([]) {
            unusable.push(name);
        }
    }
    (all, unusable)
}

#[test]
fn every_verb_says_the_same_of_them() {
    let (workspace, host) = host();
    let all = (vec!["fails", "fine", "missing"], vec!["fails", "missing"]);
    for verb in ["tasks", "next"] {
        let told = workspace.run(&[verb, "--json"]).succeeded().json();
        assert_eq!(names(&told), all, "{verb}");
        let ran = workspace.run(&[verb]).succeeded();
        assert!(ran.stdout.matches("✘ unusable").count() > 1, "{ran}");
        let why = format!("missing can't run: {WHY}");
        assert!(ran.stderr.contains(&why), "{ran}");
        assert!(!ran.stderr.contains("fine"), "{ran}");
    }
    status(&workspace, &[&format!("serves {SUM}\n")]);
    let told = workspace.run(&["status", "--json"]).succeeded().json();
    assert_eq!((&told["tasks"], &told["unusable"]), (&json!(3), &json!(2)));
    // They end alike, too.
    let last = format!("error: 2 problems: {SUM}\n");
    let checked = workspace.run(&["check"]).failed();
    let reloaded = workspace.run(&["reload"]).failed();
    assert!(checked.stderr.ends_with(&last), "{checked}");
    assert_eq!(reloaded.stderr, checked.stderr);
    assert_eq!(reloaded.stdout, "0 tasks new, 0 changed, 0 gone\n");
    let reloaded = workspace.run(&["reload", "--json"]).failed().json();
    assert_eq!(reloaded["problems"].as_array().unwrap().len(), 2, "{reloaded}");
    for verb in [&["next", "missing"][..], &["trigger", "missing"], &["pause", "missing"]] {
        let _ = workspace.run(verb).failed().says(&["missing", "can't run: there is no usable"]);
    }
    let _ = host.stop().succeeded();
    // The same without a host.
    assert_eq!(names(&workspace.run(&["tasks", "--json"]).succeeded().json()), all);
    let _ = workspace.run(&["next", "missing"]).failed().says(&["missing can't run", "absent"]);
}

#[test]
fn the_interface_and_the_page_say_the_same_of_them() {
    let (workspace, host) = host();
    let listed = get(&workspace, "/api/v1/tasks").good()["items"].take();
    assert_eq!(names(&listed), (vec!["fails", "fine", "missing"], vec!["fails", "missing"]));
    assert_eq!((&listed[2]["settings"], &listed[2]["history"]), (&Value::Null, &Value::Null));
    // Page by page, and by their names.
    let (mut path, mut paged) = ("/api/v1/tasks?limit=1".to_owned(), Vec::new());
    while paged.len() < 4 {
        let found = get(&workspace, &path).good();
        paged.push(found["items"][0]["task"].as_str().unwrap().to_owned());
        let Some(next) = found["next"].as_str() else { break };
        path = format!("/api/v1/tasks?limit=1&cursor={next}");
    }
    assert_eq!(paged, ["fails", "fine", "missing"]);
    for (query, found) in
        [("active=true", 3), ("active=false", 0), ("containing=mis", 1), ("containing=fi", 1)]
    {
        let listed = get(&workspace, &format!("/api/v1/tasks?{query}")).good();
        assert_eq!(listed["items"].as_array().unwrap().len(), found, "{query}");
    }
    let missing = get(&workspace, "/api/v1/tasks/missing").good();
    assert_eq!(missing, listed[2]);
    let why = get(&workspace, "/api/v1/tasks/missing/next").problem(409);
    assert_eq!(why, format!("`missing` can't run: {WHY}"));
    let _ = get(&workspace, "/api/v1/tasks/none/next").problem(404);

    let overview = page(&workspace, "/");
    assert!(overview.contains(&format!("{SUM}, 2 need attention;")), "{overview}");
    assert_eq!(overview.matches("put `absent.wasm`").count(), 2, "{overview}");
    assert!(page(&workspace, "/tasks/missing").contains("put `absent.wasm`"));
    assert!(page(&workspace, "/tasks/fails").contains("put `absent.wasm`"));
    assert!(!page(&workspace, "/tasks/fine").contains("can't run"));
    let tasks = page(&workspace, "/tasks");
    assert_eq!(tasks.matches("put `absent.wasm`").count(), 2, "{tasks}");
    let unusable = page(&workspace, "/tasks?stand=unusable");
    assert!(unusable.contains("/tasks/missing") && !unusable.contains("/tasks/fine"), "{unusable}");
    // In its lane as well: the other one has nothing to draw.
    let (_, lanes) = overview.split_once("One lane a task").unwrap();
    let (_, lane) = lanes.split_once("href=\"/tasks/fails\"").unwrap();
    let lane = lane.split_once("</li>").unwrap().0;
    assert!(lane.contains(">unusable<"), "{lane}");
    let _ = host.stop().succeeded();
}

#[test]
fn what_lost_its_plugin_is_not_removed() {
    let workspace = Workspace::bare();
    workspace.configure("task.lone = { plugin = \"tick\", schedule = { manual = true } }");
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["trigger", "lone"]).succeeded();
    host.over("lone");
    fs::remove_file(workspace.path("plugins/tick.wasm")).unwrap();
    host.until("tasks without it", |event| event["event"] == "tasks" && event["unusable"] == 1);
    let listed = || {
        let listed = get(&workspace, "/api/v1/tasks?active=true").good();
        listed["items"].as_array().unwrap().first().cloned()
    };
    // It is told before it is so.
    let task = eventually("a task that can't run", || {
        listed().filter(|task| task["problems"] != json!([]))
    });
    assert_eq!(task["history"]["active"], true);
    assert_eq!(get(&workspace, "/api/v1/tasks?active=false").good()["items"], json!([]));
    let task = page(&workspace, "/tasks/lone");
    assert!(task.contains("unusable") && !task.contains("not in the configuration"), "{task}");
    // A new configuration neither adds nor removes it.
    workspace
        .configure("task.lone = { plugin = \"tick\", priority = 1, schedule = { manual = true } }");
    let ran = workspace.run(&["reload"]).failed();
    assert_eq!(ran.stdout, "0 tasks new, 0 changed, 0 gone\n");
    workspace.add_plugin("tick", "tests/noop");
    host.until("tasks with it", |event| event["event"] == "tasks" && event["unusable"] == 0);
    let _ = workspace.run(&["reload"]).succeeded();
    let _ = host.stop().succeeded();
}

const REPORT: &str = r#"
    [task.report]
    plugin = "tick"
    function = "noop"
    schedule = { manual = true }
"#;

#[test]
fn who_brings_a_plugin_hears_which_tasks_it_does_not_suit() {
    let workspace = Workspace::bare();
    workspace.configure(REPORT);
    workspace.add_plugin("tick", "tests/noop");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let unruly = built::plugin("tests/unruly");
    let upload = ["plugins", "upload", unruly.to_str().unwrap(), "--name", "tick"];
    let ran = workspace.run(&upload).failed();
    assert!(ran.stdout.starts_with("tick ") && ran.stdout.contains(" is in use: "), "{ran}");
    let ran = ran.says(&["report can't run: plugin `tick` has no task function `noop`"]);
    let last = "error: 1 task can't run with this version; `horarium plugins rollback tick` \
                brings the last one back\n";
    assert!(ran.stderr.ends_with(last), "{ran}");
    assert!(page(&workspace, "/plugins/tick").contains("unusable"));
    let told = workspace.run(&["plugins", "rollback", "tick", "--json"]).succeeded().json();
    assert_eq!(told["unusable"], json!([]));
    let told = workspace.run(&["plugins", "rollback", "tick", "--json"]).failed().json();
    assert_eq!(told["unusable"][0]["task"], "report");
    assert_eq!(told["unusable"][0]["problems"][0]["key"], "task.report.function");
    status(&workspace, &["serves 1 task, 1 with problems\n"]);
    let _ = workspace.run(&["plugins", "rollback", "tick"]).succeeded();
    let _ = host.stop().succeeded();
}

#[test]
fn a_refused_plugin_is_told_by_whoever_looks() {
    let (workspace, mut host) = host();
    workspace.write("plugins/odd.wasm", "no plugin");
    host.plugin("odd", "plugin_refused");
    let checked = workspace.run(&["check"]).failed();
    let reloaded = workspace.run(&["reload"]).failed();
    assert_eq!(reloaded.stderr, checked.stderr);
    let last = format!("error: 3 problems: {SUM}, 1 plugin refused\n");
    assert!(checked.stderr.ends_with(&last), "{checked}");
    assert!(checked.stderr.contains("plugin odd refused: "), "{checked}");
    let _ = host.stop().succeeded();
}

#[test]
fn a_host_is_asked_while_the_file_is_broken() {
    let (workspace, mut host) = host();
    let here = |verb| workspace.run(&[verb]).succeeded().stdout;
    let (tasks, plugins) = (here("tasks"), here("plugins"));
    workspace.configure("task.fine = { plugin = \"noop\", schedule = { every = \"soon\" } }");
    host.event("not_reloaded");
    let note =
        "horarium.toml is broken, `horarium check` shows where: this is what the host serves";
    for (verb, before) in [("tasks", Some(tasks)), ("plugins", Some(plugins)), ("next", None)] {
        let ran = workspace.run(&[verb]).succeeded();
        assert!(ran.stderr.starts_with(note), "{ran}");
        assert!(before.is_none_or(|before| before == ran.stdout), "{ran}");
    }
    let told = workspace.run(&["status", "--json"]).succeeded().json();
    let since = told["broken"]["since"].clone();
    assert_eq!(told["broken"]["problems"][0]["key"], "task.fine.schedule.every");
    let _ = workspace.run(&["reload"]).failed();
    let told = workspace.run(&["status", "--json"]).succeeded().json();
    assert_eq!(told["broken"]["since"], since, "it was broken before");
    let said = "1 thing is wrong with the configuration; the last good one goes on\n";
    status(&workspace, &["broken         since 20", said]);
    workspace.configure(TASKS);
    let _ = workspace.run(&["reload"]).failed();
    let told = workspace.run(&["status", "--json"]).succeeded().json();
    assert_eq!(told["broken"], Value::Null);
    workspace.configure("task.fine = 1");
    let _ = host.stop().succeeded();
    // Nobody is left who would know.
    for verb in ["tasks", "next", "plugins"] {
        let _ = workspace.run(&[verb]).failed().says(&["task.fine"]);
    }
}

#[test]
fn what_is_put_aside_is_not_told_as_due() {
    let workspace = Workspace::new(
        "task.often = { plugin = \"noop\", schedule = { every = \"1h\" } }\n\
         task.seldom = { plugin = \"noop\", schedule = { cron = \"@daily\" } }",
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let _ = workspace.run(&["pause", "often"]).succeeded();
    let states = || -> Vec<Value> {
        let told = workspace.run(&["next", "--json"]).succeeded().json();
        told.as_array().unwrap().iter().map(|task| task["pause"].clone()).collect()
    };
    assert_eq!(states(), [json!("paused"), Value::Null]);
    assert_eq!(get(&workspace, "/api/v1/tasks/often/next").good()["pause"], "paused");
    let lines = |word| workspace.run(&["next"]).succeeded().stdout.matches(word).count();
    assert_eq!((lines("‖ paused"), lines("‖ host paused")), (5, 0));

    let _ = workspace.run(&["pause", "--all"]).succeeded();
    assert_eq!((lines("‖ paused"), lines("‖ host paused")), (5, 5));
    status(&workspace, &["\npaused         since 20"]);
    // It is let start, and does not.
    let ran = workspace.run(&["resume", "often"]).succeeded();
    let but = "often is resumed, but the host is paused since ";
    assert!(ran.stdout.starts_with(but) && !ran.stdout.contains("goes on"), "{ran}");
    let done = submit(&workspace.path("data"), "/tasks/often/resume", "");
    assert!(done.head.contains("/tasks/often?done=resumed-paused"), "{done:?}");
    assert!(page(&workspace, "/tasks/often").contains("everything is paused"));
    let _ = workspace.run(&["pause", "seldom"]).succeeded();
    let ran = workspace.run(&["resume", "--all"]).succeeded();
    assert!(ran.stdout.starts_with("the host goes on; seldom is still put aside"), "{ran}");
    let ran = workspace.run(&["resume", "seldom"]).succeeded();
    assert_eq!(ran.stdout, "seldom goes on\n");
    let _ = workspace.run(&["pause", "often"]).succeeded();
    let _ = host.stop().succeeded();
    // The history knows.
    assert_eq!(states(), [json!("paused"), Value::Null]);
}

#[test]
fn a_host_says_that_it_is_stopping() {
    let workspace = Workspace::new(
        r#"
        web = { listen = "127.0.0.1:0" }
        [task.gated]
        plugin = "unruly"
        function = "wait"
        args = { path = "/gate/open" }
        schedule = { manual = true }
        timeout = "5m"
        fuel = "unlimited"
        grants.dirs = [{ host = "gate", guest = "/gate" }]
        "#,
    );
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let listening = host.event("listening");
    let _ = workspace.run(&["trigger", "gated"]).succeeded();
    host.says("gated", "waiting");
    let address = format!("page           http://{}/\n", listening["address"].as_str().unwrap());
    let before = status(&workspace, &[&address, "runs           1 of ", "configuration  /"]);
    assert!(!before.contains("stopping"), "{before}");
    host.terminate();
    host.event("draining");
    status(&workspace, &["\nstopping       nothing new starts"]);
    let overview = page(&workspace, "/");
    assert!(overview.contains("stopping: nothing new starts"), "{overview}");
    workspace.write("gate/open", "");
    let _ = host.ended().succeeded();
}

#[test]
fn a_run_that_could_only_fail_is_refused() {
    let workspace = Workspace::new(&format!(
        "{TASKS}\n{}",
        r#"
        [task.lost]
        plugin = "noop"
        function = "nope"
        schedule = { manual = true }
        [task.misfit]
        plugin = "unruly"
        function = "fail"
        args = { kind = "never" }
        schedule = { manual = true }
        retry = { max_attempts = 1 }
        "#
    ));
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    for verb in [&["trigger", "fails"][..], &["backfill", "fails", "--from", "2026-01-01"]] {
        let _ = workspace.run(verb).failed().says(&["`fails` can't run: ", WHY]);
    }
    let refused = ask(&workspace.path("data"), "POST", "/api/v1/tasks/lost/runs", "").problem(409);
    assert!(refused.contains("plugin `noop` has no task function `nope`"), "{refused}");
    let _ = workspace.run(&["trigger", "misfit"]).failed().says(&["`misfit` can't run: "]);
    // With others it may do.
    let other = ["trigger", "misfit", "--args", r#"{"kind": "permanent"}"#];
    let run = workspace.run(&[&other[..], &["--json"]].concat()).succeeded().json();
    host.over("misfit");
    let _ = workspace.run(&["rerun", &run["run"].to_string()]).succeeded();
    host.over("misfit");
    assert_eq!(workspace.runs("fails"), Vec::<Value>::new());
    let _ = host.stop().succeeded();
}
