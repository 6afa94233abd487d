//! From an empty folder to a configuration.

use std::fs;

use e2e::Workspace;

/// An empty folder.
fn empty() -> Workspace {
    let workspace = Workspace::bare();
    fs::remove_dir(workspace.path("plugins")).unwrap();
    workspace
}

#[test]
fn an_empty_folder_becomes_one_that_a_host_serves() {
    let workspace = empty();
    let ran = workspace.run(&["init"]).succeeded();
    for next in ["horarium.toml", "plugins", "horarium check", "horarium serve"] {
        assert!(ran.stdout.contains(next), "{ran}");
    }
    assert!(workspace.path("plugins").is_dir());
    let _ = workspace.run(&["check"]).succeeded();
    // What is there stays.
    workspace.write("horarium.toml", "# mine");
    let _ = workspace.run(&["init"]).failed().says(&["horarium.toml already", "stays as it is"]);
    assert_eq!(fs::read_to_string(workspace.path("horarium.toml")).unwrap(), "# mine");
}

#[test]
fn what_it_writes_as_comments_is_sound() {
    let workspace = empty();
    let _ = workspace.run(&["init"]).succeeded();
    let text = fs::read_to_string(workspace.path("horarium.toml")).unwrap();
    let is_toml = |line: &str| {
        let key = line.split_once('=').map(|(key, _)| key.trim_end());
        let is_key = |key: &str| key.chars().all(|it| it.is_ascii_lowercase() || it == '_');
        line.starts_with('[') || key.is_some_and(is_key)
    };
    let opened: Vec<_> = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
        .collect();
    assert!(opened.iter().filter(|line| line.starts_with('[')).count() > 4, "{opened:#?}");
    workspace.write("horarium.toml", opened.join("\n"));
    workspace.make_dir("in");
    // Nothing is missing but its plugin.
    let ran = workspace.run(&["check"]).failed().says(&["hello"]);
    assert!(ran.stderr.contains("1 problem"), "{ran}");
}

#[test]
fn a_configuration_of_another_name_and_place_is_made_there() {
    let workspace = empty();
    workspace.make_dir("etc");
    let ran = workspace.run(&["init", "--config", "etc/cron.toml", "--json"]).succeeded();
    assert_eq!(ran.json()["config"], "etc/cron.toml");
    assert!(workspace.path("etc/plugins").is_dir());
    let _ = workspace.run(&["check", "--config", "etc/cron.toml"]).succeeded();
    let ran = workspace.run(&["init", "--config", "nowhere/cron.toml"]).failed();
    let _ = ran.says(&["can't write nowhere/cron.toml"]);
}
