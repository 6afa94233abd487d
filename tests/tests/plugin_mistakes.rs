//! Files in the plugin directory that are no plugins: each is refused in words of
//! its own, and none harms its neighbours.

use std::{fs, fs::File};

use e2e::{Workspace, built, dice::Dice};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

/// What `check` says about the only file in a plugin directory.
fn refusal(workspace: &Workspace) -> String {
    let told = workspace.run(&["check", "--json"]).failed().json();
    let [refused] = told["refused"].as_array().unwrap().as_slice() else {
        panic!("one file, and not {told}")
    };
    assert_eq!(refused["plugin"], "odd");
    refused["error"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(content: &[u8], complaint: &str) {
    let workspace = Workspace::bare();
    workspace.configure("");
    workspace.write("plugins/odd.wasm", content);
    let error = refusal(&workspace);
    assert!(error.contains(complaint), "{error}");
    // The same words in the foreground.
    let _ = workspace.run(&["inspect", "plugins/odd.wasm"]).failed().says(&[complaint]);
    let ran = workspace.run(&["run", "--plugin", "plugins/odd.wasm"]).failed();
    let _ = ran.says(&["plugins/odd.wasm is no plugin", complaint]);
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn an_empty_file() {
    refused(b"", "the file is empty; was it still being written?");
}

#[test]
fn a_script() {
    refused(b"#!/bin/sh\x1b[31m\necho", "not WebAssembly");
}

#[test]
fn random_bytes() {
    let mut dice = Dice::new(7);
    let noise: Vec<u8> = (0..4096).map(|_| dice.roll().to_le_bytes()[0]).collect();
    refused(&noise, "not WebAssembly");
    refused(&[b"\0asm\x0d\0\x01\0", &noise[..]].concat(), "not a valid component");
}

#[test]
fn a_core_module() {
    refused(&component("(module (func (export \"run\")))"), "a core module, not a component");
}

#[test]
fn a_component_without_a_function() {
    refused(&component("(component)"), "it exports no function");
}

/// A component with this import beside a guest's exports.
fn wanting(import: &str) -> Vec<u8> {
    component(
        &r#"(component
            (import "IMPORT" (instance $vault (export "open" (func))))
            (core func $open (canon lower (func $vault "open")))
            (core module $m
                (import "vault" "open" (func))
                (func (export "functions")) (func (export "run")))
            (core instance $i (instantiate $m
                (with "vault" (instance (export "open" (func $open))))))
            (func $run (canon lift (core func $i "run")))
            (instance $guest (export "run" (func $run)))
            (export "horarium:task/guest@0.1.0" (instance $guest)))"#
            .replace("IMPORT", import),
    )
}

#[test]
fn a_component_that_wants_what_nobody_has() {
    for (import, what) in [
        ("acme:bank/vault@1.0.0", "what this host does not have: acme:bank/vault@1.0.0"),
        ("wasi:clocks/monotonic-clock@0.3.0", "(WASI 0.3; this host has 0.2"),
        ("wasi:nn/inference@0.2.0", "wasi:nn/inference@0.2.0 (machine learning)"),
    ] {
        refused(&wanting(import), what);
    }
    // A known interface of another shape.
    refused(&wanting("wasi:clocks/wall-clock@0.2.0"), "wall-clock");
}

#[test]
fn a_component_that_only_pretends_to_be_a_plugin() {
    let pretends = component(
        r#"(component
            (core module $m (func (export "run")))
            (core instance $i (instantiate $m))
            (func $run (canon lift (core func $i "run")))
            (instance $guest (export "run" (func $run)))
            (export "horarium:task/guest@0.1.0" (instance $guest)))"#,
    );
    let workspace = Workspace::bare();
    workspace.configure("");
    workspace.write("plugins/odd.wasm", pretends);
    assert_ne!(refusal(&workspace), "");
}

#[test]
fn precompiled_code() {
    let elf = b"\x7fELF\x02\x01\x01\xc8\0\0\0\0\0\0\0\0";
    refused(&[&elf[..], &[0; 256]].concat(), "");
    // What the host's own compiler makes is never taken from here.
    let workspace = Workspace::new("");
    let _ = workspace.run(&["plugins"]).succeeded();
    let cache = fs::read_dir(workspace.path("data/cache")).unwrap();
    let entry = cache
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
        .unwrap();
    let entry = fs::read(entry).unwrap();
    let code = entry.windows(4).position(|bytes| bytes == b"\x7fELF").unwrap();
    refused(&entry[code..], "precompiled code is never loaded");
}

#[test]
fn a_stump_of_any_length() {
    let whole = fs::read(built::plugin("tests/noop")).unwrap();
    let workspace = Workspace::bare();
    workspace.configure("");
    let mut dice = Dice::new(11);
    let lengths = [1, 3, 4, 7, 8, 9, 64, whole.len() / 2, whole.len() - 1];
    let random = (0..6).map(|_| usize::try_from(dice.below(70_000)).unwrap() % whole.len());
    for length in lengths.into_iter().chain(random) {
        workspace.write("plugins/odd.wasm", &whole[..length]);
        assert_ne!(refusal(&workspace), "", "the first {length} bytes");
    }
}

#[test]
fn a_file_with_flipped_bits() {
    let whole = fs::read(built::plugin("tests/noop")).unwrap();
    let workspace = Workspace::bare();
    workspace.configure("");
    let mut dice = Dice::new(13);
    for _ in 0..12 {
        let mut bytes = whole.clone();
        for _ in 0..8 {
            let place = usize::try_from(dice.roll() % 60_000).unwrap() % bytes.len();
            bytes[place] ^= 1 << dice.below(8);
        }
        workspace.write("plugins/odd.wasm", bytes);
        // Refused or not: some bits don't matter.
        let ran = workspace.run(&["check", "--json"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    }
}

#[test]
fn a_file_that_is_too_long() {
    let workspace = Workspace::bare();
    workspace.configure("");
    // A sparse one: long without taking any room.
    let file = File::create(workspace.path("plugins/odd.wasm")).unwrap();
    file.set_len(70_000_000).unwrap();
    let error = refusal(&workspace);
    assert_eq!(error, "the file has 70000000 bytes; a plugin has at most 67108864");
}

#[test]
fn a_folder() {
    let workspace = Workspace::bare();
    workspace.configure("");
    workspace.make_dir("plugins/odd.wasm");
    assert_eq!(refusal(&workspace), "not a regular file");
    let ran = workspace.run(&["inspect", "plugins/odd.wasm"]).failed();
    let _ = ran.says(&["not a regular file"]);
}

#[test]
fn a_pipe_that_nobody_writes_to() {
    let workspace = Workspace::bare();
    workspace.configure("");
    let pipe = workspace.path("plugins/odd.wasm");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert_eq!(refusal(&workspace), "not a regular file");
    let _ = workspace.run(&["inspect", "plugins/odd.wasm"]).failed().says(&["not a regular file"]);
}

#[test]
fn a_name_that_no_task_can_have() {
    let workspace = Workspace::bare();
    workspace.configure("");
    let noop = fs::read(built::plugin("tests/noop")).unwrap();
    workspace.write("plugins/bad name\n\x1b[31m.wasm", noop);
    let told = workspace.run(&["check", "--json"]).failed().json();
    assert!(told["refused"][0]["error"].as_str().unwrap().contains("can't be in a name"), "{told}");
    let people = workspace.run(&["check"]).failed();
    assert!(!people.stderr.contains('\x1b'), "a file's name is escaped: {:?}", people.stderr);
}

#[test]
fn links_are_followed_and_dangling_ones_are_not_there() {
    let workspace = Workspace::bare();
    workspace.configure("");
    std::os::unix::fs::symlink("/nowhere", workspace.path("plugins/odd.wasm")).unwrap();
    let target = built::plugin("tests/noop");
    std::os::unix::fs::symlink(target, workspace.path("plugins/linked.wasm")).unwrap();
    let listed = workspace.run(&["plugins", "--json"]).succeeded().json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["plugin"], "linked");
}

#[test]
fn one_bad_file_does_not_spoil_the_others() {
    let workspace = Workspace::new("task.fine = { plugin = \"noop\", schedule = { once = true } }");
    workspace.write("plugins/odd.wasm", "hello");
    workspace.make_dir("plugins/folder.wasm");
    workspace.write("plugins/notes.txt", "not looked at");
    let listed = workspace.run(&["plugins", "--json"]).succeeded().json();
    let problems: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| (plugin["plugin"].clone(), plugin["problem"] == Value::Null))
        .collect();
    assert_eq!(
        problems,
        [
            (json!("folder"), false),
            (json!("noop"), true),
            (json!("odd"), false),
            (json!("unruly"), true)
        ]
    );
    let mut host = workspace.serve(&[]);
    assert_eq!(host.over("fine")["verdict"], "succeeded");
    let _ = host.stop().succeeded();
}

#[test]
fn a_plugin_directory_that_is_not_there() {
    let workspace = Workspace::new("");
    fs::rename(workspace.path("plugins"), workspace.path("away")).unwrap();
    for verb in ["check", "serve", "plugins", "tasks"] {
        let ran = workspace.run(&[verb]).failed();
        let _ = ran.says(&["there is no plugin directory", "create it", "`plugin_dir`"]);
    }
}

#[test]
fn a_plugin_is_shown_for_what_it_is() {
    let workspace = Workspace::new("");
    let shown = workspace.run(&["inspect", "plugins/unruly.wasm", "--json"]).succeeded().json();
    let functions = shown["functions"].as_array().unwrap();
    let sleep = functions.iter().find(|function| function["name"] == "sleep").unwrap();
    assert_eq!(sleep["summary"], "Sleeps inside the host.");
    let imports = shown["imports"].as_array().unwrap();
    assert!(imports.iter().any(|import| import == "horarium:task/log@0.1.0"), "{shown}");
}
