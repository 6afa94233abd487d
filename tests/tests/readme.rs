//! The README's commands, run as they are written. What stands there for a host's address, a
//! token or a run's number is what these are here.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use e2e::{Ran, Web, Workspace, built, inbox::Endpoint};
use rcgen::{CertificateParams, KeyPair};

use crate::plugins_live::version;

const README: &str = include_str!("../../README.md");

/// What the README calls tasks, and one that waits until somebody ends it.
const TASKS: &str = r#"
    [task.reindex]
    plugin = "unruly"
    function = "echo"
    schedule = { manual = true }
    [task.report]
    plugin = "reports"
    schedule = { cron = "0 3 * * *" }
    [task.gated]
    plugin = "unruly"
    function = "wait"
    args = { path = "/gate/open" }
    schedule = { manual = true }
    timeout = "5m"
    fuel = "unlimited"
    grants.dirs = [{ host = "gate", guest = "/gate" }]
"#;

/// The blocks of this language below a heading.
fn blocks(heading: &str, language: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).expect("such a heading");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let begin = format!("\n```{language}\n");
    let blocks = section.split(&begin).skip(1);
    blocks.map(|rest| rest.split_once("\n```").expect("an end of the block").0).collect()
}

/// The commands below a heading.
fn commands(heading: &str) -> Vec<&'static str> {
    let lines = blocks(heading, "console").into_iter().flat_map(str::lines);
    let commands: Vec<_> = lines.filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(!commands.is_empty(), "no commands below {heading}");
    commands
}

/// What the README's words stand for here.
struct Words(Vec<(&'static str, String)>);

impl Words {
    /// A command with all of them put in.
    fn here(&self, command: &str) -> String {
        self.0.iter().fold(command.to_owned(), |text, (word, here)| text.replace(word, here))
    }
}

/// A shell in a workspace, with the host on its path.
fn shell(workspace: &Workspace, script: &str) -> Command {
    let binary = built::horarium();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", binary.parent().unwrap().display());
    // What a host refuses is a failure.
    workspace.write(".curlrc", "fail-with-body\nsilent\nshow-error\n");
    let mut shell = workspace.program("sh");
    shell.args(["-euc", script]).env("PATH", path).env("CURL_HOME", workspace.path(""));
    shell
}

/// Whether commands with `curl` can be run; where not, that is said.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        println!("skipped: the README's commands with curl, since there is none here");
    }
    found
}

fn run(workspace: &Workspace, script: &str, env: &[(&str, &str)]) -> Ran {
    let mut shell = shell(workspace, script);
    let output = shell.envs(env.iter().copied()).output().unwrap();
    Ran::new(script.to_owned(), &output).succeeded()
}

/// A folder as the README has it: with a plugin `reports`, a newer file of it beside, and a
/// folder for backups.
fn workspace(more: &str) -> Workspace {
    let workspace = Workspace::new(&format!("{more}\n{TASKS}"));
    workspace.add_plugin("reports", "tests/noop");
    workspace.write("reports.wasm", version("tests/noop", "newer"));
    workspace.make_dir("backup");
    workspace
}

/// Starts the task that waits, and returns its run's number.
fn start(workspace: &Workspace) -> String {
    let run = workspace.run(&["trigger", "gated", "--json"]).succeeded().json();
    run["run"].to_string()
}

#[test]
fn what_it_asks_a_serving_host() {
    let workspace = workspace("");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let run_number = start(&workspace);
    let words = Words(vec![
        (" 17", format!(" {run_number}")),
        ("/backup/", format!("{}/", workspace.text("backup"))),
    ]);
    let curl = has_curl();
    for command in commands("Asking a serving host") {
        if curl || !command.starts_with("curl") {
            let _ = run(&workspace, &words.here(command), &[]);
        }
    }
    assert!(fs::metadata(workspace.path("backup/history.sqlite")).unwrap().len() > 0);
    assert_eq!(workspace.runs("gated")[0]["state"], "cancelled");
    let versions = workspace.run(&["plugins", "versions", "reports", "--json"]).succeeded().json();
    assert_eq!(versions.as_array().unwrap().len(), 2, "{versions}");
    // It was repeated.
    workspace.write("gate/open", "");
    let _ = host.stop().succeeded();
}

#[test]
fn what_it_asks_over_the_network() {
    let [web] = blocks("Over the network", "toml")[..] else { panic!("one configuration") };
    let workspace = workspace(&web.replace("0.0.0.0:7878", "127.0.0.1:0"));
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    workspace.write("cert.pem", certificate.pem());
    workspace.write("key.pem", key.serialize_pem());
    workspace.write("new.toml", TASKS);
    workspace.write("admin.token", workspace.token("admin", &[]));
    let mut host = workspace.serve(&[]);
    let port = Web::of(&mut host).address.port();

    let token = workspace.token("run", &[]);
    let revoked = workspace.token("run", &[]);
    let words = Words(vec![
        ("https://horarium.example.com:7878", format!("https://localhost:{port}")),
        ("hor_…", token.clone()),
        ("1f0c9a3e", revoked.split('_').nth(1).unwrap().to_owned()),
    ]);
    let curl = has_curl();
    let all = commands("Over the network").into_iter();
    // One shell: what is exported is for those that follow.
    let script: Vec<_> = all
        .filter(|command| curl || !command.starts_with("curl"))
        .map(|command| words.here(command))
        .collect();
    let certificate = workspace.text("cert.pem");
    let trusted = [("HORARIUM_CA", &*certificate), ("CURL_CA_BUNDLE", &certificate)];
    let ran = run(&workspace, &script.join("\n"), &[&trusted[..], &[("TOKEN", &token)]].concat());
    for said in ["token ", "is revoked", "run 1 of reindex", "new.toml is sound"] {
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(said), "{said}: {ran}");
    }
    let _ = host.stop().succeeded();
}

#[test]
fn what_it_watches() {
    let workspace = workspace("");
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    let over = workspace.run(&["trigger", "reindex", "--json"]).succeeded().json()["run"].clone();
    host.over("reindex");
    let hour = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    let words = Words(vec![
        (" 17", format!(" {over}")),
        ("/17/", format!("/{over}/")),
        ("2026-11-21T00:00:00Z", hour.strftime("%Y-%m-%dT%H:00:00Z").to_string()),
    ]);
    let curl = has_curl();
    for command in commands("Seeing what goes on") {
        let here = words.here(command);
        if command.starts_with("horarium watch") {
            // For which it takes a terminal.
            let output = shell(&workspace, &here).output().unwrap();
            let _ = Ran::new(here, &output).failed().says(&["terminal"]);
        } else if command.contains("/events?") {
            if curl {
                assert_eq!(first_line(&workspace, &here), "event: ready\n");
            }
        } else if curl || !command.starts_with("curl") {
            let _ = run(&workspace, &here, &[]);
        }
    }
    let _ = host.stop().succeeded();
}

/// The first that a command says which would go on for ever.
fn first_line(workspace: &Workspace, command: &str) -> String {
    let mut child = shell(workspace, &format!("exec {command}")).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[test]
fn what_it_says_of_alerts() {
    let [channels] = blocks("When something goes wrong", "toml")[..] else {
        panic!("one configuration")
    };
    let endpoint = Endpoint::start();
    // Its task and its handler run what there is here.
    let channels = channels
        .replace("[task.backup-db]", "[task.backup-db]\nplugin = \"noop\"")
        .replace("smtp://localhost", "smtp://127.0.0.1:1");
    let workspace = workspace(&format!(
        "{channels}\n[task.page-someone]\nplugin = \"noop\"\nschedule = {{ manual = true }}"
    ));
    workspace.write("hook.key", "a key of ours");
    let url = endpoint.url();
    let mut host = workspace.serve_in(&[("OPS_HOOK", &url)], &[]);
    host.event("tasks");
    for command in commands("When something goes wrong") {
        let _ = run(&workspace, command, &[("OPS_HOOK", &url)]);
    }
    let post = endpoint.next();
    assert_eq!(post.body["event"], "test");
    assert!(post.header("webhook-signature").starts_with("v1,"), "{}", post.head);
    let _ = host.stop().succeeded();
}
