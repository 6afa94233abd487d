//! `horarium run`: what is wrong is said before anything runs.

use e2e::Workspace;
use serde_json::json;

#[test]
fn arguments_are_checked_against_the_functions_schema() {
    let workspace = Workspace::bare();
    for (function, args, complaint) in [
        ("sleep", json!({}), "\"ms\" is a required property"),
        ("sleep", json!({ "ms": "long" }), "at /ms: \"long\" is not of type"),
        ("sleep", json!({ "ms": -1 }), "at /ms: -1 is less than the minimum"),
        ("fail", json!({ "kind": "gently" }), "at /kind:"),
        ("succeed", json!({ "more": 1 }), "`succeed` takes no arguments"),
    ] {
        let ran = workspace.unruly(function, &args, &[]).failed().says(&[
            &format!("the arguments don't fit `{function}`"),
            complaint,
            "horarium inspect",
        ]);
        assert!(ran.json()["verdict"].is_null(), "nothing ran: {ran}");
    }
}

#[test]
fn an_unknown_function_is_answered_with_the_one_that_was_meant() {
    let workspace = Workspace::bare();
    let ran = workspace.unruly("slep", &json!(null), &[]).failed();
    let _ = ran.says(&["the plugin has no task function `slep`", "did you mean `sleep`?"]);
    let ran = workspace.unruly("something-else", &json!(null), &[]).failed();
    let _ = ran.says(&["there are", "`sleep`"]);
}

#[test]
fn a_plugin_with_many_functions_needs_one_named() {
    let ran = Workspace::new("").run(&["run", "--plugin", "plugins/unruly.wasm"]).failed();
    let _ = ran.says(&["several task functions", "--function", "sleep"]);
}

#[test]
fn the_only_function_need_not_be_named() {
    let _ = Workspace::new("").run(&["run", "--plugin", "plugins/noop.wasm"]).succeeded();
}

#[test]
fn an_unknown_task_is_answered_with_the_one_that_was_meant() {
    let workspace =
        Workspace::new("[task.nightly]\nplugin = \"noop\"\nschedule = { manual = true }");
    let _ = workspace.run(&["run", "nightly"]).succeeded();
    let ran = workspace.run(&["run", "nigthly"]).failed();
    let _ = ran.says(&["there is no task `nigthly`", "did you mean `nightly`?"]);
}

#[test]
fn what_is_called_by_another_kind_of_name_is_answered_with_the_way_there() {
    let workspace =
        Workspace::new("[task.nightly]\nplugin = \"noop\"\nschedule = { manual = true }");
    let _ = workspace.run(&["inspect", "noop"]).succeeded();
    let ran = workspace.run(&["inspect", "nop"]).failed();
    let _ = ran.says(&["there is no file \"nop\"", "no such plugin in"]);
    let _ = workspace.run(&["runs", "nightly"]).misused().says(&["`horarium runs --task NAME`"]);
}

#[test]
fn a_task_runs_with_what_its_configuration_says() {
    let workspace = Workspace::new(
        r#"
        [task.greeting]
        plugin = "unruly"
        function = "env"
        schedule = { manual = true }
        grants.env = { REGION = "eu", USER = { from_env = "USER_OF_THE_HOST", secret = false } }
        "#,
    );
    let output = workspace
        .command(&["run", "greeting", "--json"])
        .env("USER_OF_THE_HOST", "ann")
        .output()
        .unwrap();
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["output"], json!({ "REGION": "eu", "USER": "ann" }));
}

#[test]
fn an_operator_s_shell_needs_none_of_the_host_s_secrets_for_other_tasks() {
    let workspace = Workspace::new(
        r#"
        [template.secretive]
        plugin = "unruly"
        function = "succeed"
        schedule = { manual = true }
        grants.env = { TOKEN = { from_env = "TOKEN_OF_THE_HOST" } }

        [task.first]
        extends = "secretive"

        [task.other]
        plugin = "noop"
        schedule = { manual = true }

        [task.second]
        extends = "secretive"
        grants.env = { FILE = { from_file = "key-of-the-host" } }

        [notify.ops]
        webhook = { url = { from_env = "HOOK_OF_THE_HOST" } }
        "#,
    );
    let which = "some values of the configuration are not to be had in this shell";
    let _ = workspace.run(&["check"]).failed().says(&["`TOKEN_OF_THE_HOST`", "key-of-the-host"]);
    let tasks = workspace.run(&["tasks"]).succeeded().says(&[which]);
    assert!(tasks.stdout.contains("second"), "{}", tasks.stdout);
    let _ = workspace.run(&["next"]).succeeded().says(&[which]);
    let _ = workspace.run(&["run", "other"]).succeeded();
    for task in ["first", "second"] {
        let _ = workspace.run(&["run", task]).failed().says(&["`TOKEN_OF_THE_HOST`"]);
    }
    let _ = workspace.run(&["serve"]).failed().says(&["`HOOK_OF_THE_HOST`"]);
}

#[test]
fn words_that_make_no_sense_are_refused_by_the_command_line() {
    let workspace = Workspace::new("");
    let plugin = ["run", "--plugin", "plugins/unruly.wasm", "-f", "succeed"];
    for (more, complaint) in [
        (["--args", "{not json"], "not JSON"),
        (["--timeout", "0s"], "no attempt can be over in no time"),
        (["--timeout", "soon"], "invalid value 'soon'"),
        (["--timeout", "-5s"], "-5"),
        (["--fuel", "0"], "a number above zero"),
        (["--fuel", "lots"], "a number above zero"),
        (["--memory", "big"], "invalid value 'big'"),
        (["--dir", "/tmp"], "HOST::GUEST"),
        (["--dir", "/nowhere/at/all::/in"], "/nowhere/at/all"),
        (["--dir", "plugins/noop.wasm::/in"], "is not a directory"),
        (["--dir", "plugins::/in::all"], "neither `ro` nor `rw`"),
        (["--env", "NOTHING"], "NAME=VALUE"),
        (["--tcp", "example.com"], "it names no port"),
        (["--udp", "example.com:0"], "is no port"),
    ] {
        let _ = workspace.run(&[&plugin[..], &more[..]].concat()).misused().says(&[complaint]);
    }
    let _ = workspace.run(&["run"]).misused();
    let _ = workspace.run(&["run", "a-task", "--plugin", "plugins/noop.wasm"]).misused();
}
