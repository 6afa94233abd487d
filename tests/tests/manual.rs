//! The manual that the host writes of itself.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
};

use e2e::Workspace;

/// The verbs that a page of help lists, and the pages of theirs.
fn verbs(workspace: &Workspace, above: &[&str], pages: &mut BTreeSet<String>) {
    let shown = workspace.run(&[above, &["--help"]].concat()).succeeded().stdout;
    pages.insert(format!("{}.1", [&["horarium"], above].concat().join("-")));
    let listed = shown.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.split_once("\n\n").map_or("", |(listed, _)| listed);
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            verbs(workspace, &[above, &[name]].concat(), pages);
        }
    }
}

#[test]
fn every_verb_has_a_page() {
    let workspace = Workspace::bare();
    let _ = workspace.run(&["man", "--out", "man/man1"]).succeeded();
    let mut expected = BTreeSet::new();
    verbs(&workspace, &[], &mut expected);
    assert!(expected.contains("horarium-plugins-upload.1"), "{expected:?}");
    let written: BTreeSet<_> = fs::read_dir(workspace.path("man/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(written, expected);

    let printed = workspace.run(&["man"]).succeeded().stdout;
    assert_eq!(printed.trim_end(), page(&workspace, "horarium.1").trim_end());
    for name in &written {
        let text = page(&workspace, name);
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".SH OPTIONS"), "{name}: {text}");
    }
    lint(&workspace, &written);
}

fn page(workspace: &Workspace, name: &str) -> String {
    fs::read_to_string(workspace.path("man/man1").join(name)).unwrap()
}

/// Has groff read the pages; where there is none here, that is said.
fn lint(workspace: &Workspace, pages: &BTreeSet<String>) {
    let groff = |pages: &BTreeSet<String>| {
        let mut groff = Command::new("groff");
        groff
            .args(["-man", "-Tutf8", "-ww", "-z", "-Kutf8"])
            .current_dir(workspace.path("man/man1"));
        groff.args(pages).stdin(Stdio::null()).output()
    };
    match groff(pages) {
        Ok(read) => {
            let said = String::from_utf8_lossy(&read.stderr);
            assert!(read.status.success() && said.is_empty(), "{said}");
        }
        Err(reason) => println!("skipped: groff does not look at the manual: {reason}"),
    }
}

#[test]
fn where_nothing_can_be_written_is_said() {
    let workspace = Workspace::bare();
    workspace.write("file", "");
    let _ = workspace.run(&["man", "--out", "file"]).failed().says(&["can't write to file"]);
}
