//! The power goes: what was acknowledged is on the disk, and whatever is left there is
//! a history to go on with.

use e2e::{Serving, Volume, Workspace, history::History, kill9::Trial};
use serde_json::Value;

/// A host on a disk of its own, with a task for whoever asks.
fn host(durability: &str) -> Option<(Workspace, Volume)> {
    let workspace = Workspace::new(&format!(
        r#"
        host.durability = "{durability}"
        task.asked = {{ plugin = "noop", schedule = {{ manual = true }} }}
        "#,
    ));
    let volume = workspace.data_on_a_volume()?;
    Some((workspace, volume))
}

/// Asks for a run, and has its end told.
fn one_run(workspace: &Workspace, host: &mut Serving) -> Value {
    let run = workspace.run(&["trigger", "asked", "--json"]).succeeded().json()["run"].clone();
    assert_eq!(host.over("asked")["run"], run);
    run
}

/// Cuts the power under a host, and returns what it had told until then.
fn cut(volume: &Volume, host: Serving) -> Vec<Value> {
    volume.cut_power();
    let (told, _) = host.kill();
    volume.restore();
    told
}

#[test]
fn what_was_acknowledged_survives_the_power() {
    let Some((workspace, volume)) = host("full") else { return };
    for cuts in 1..=3 {
        let mut host = workspace.serve(&[]);
        host.event("tasks");
        let run = one_run(&workspace, &mut host);
        // Accepted, and not yet begun.
        let ask = ["trigger", "asked", "--json", "--after", "1h"];
        let later = workspace.run(&ask).succeeded().json()["run"].clone();
        cut(&volume, host);
        let runs = workspace.runs("asked");
        assert_eq!(runs.len(), 2 * cuts, "{runs:?}");
        let state = |number| runs.iter().find(|run| run["run"] == number).unwrap()["state"].clone();
        assert_eq!((state(run), state(later)), ("succeeded".into(), "scheduled".into()));
    }
    let _ = workspace.run(&["db", "check"]).succeeded();
}

/// That is what makes `normal` faster; and that the cut is one.
#[test]
fn what_was_not_synced_is_gone_and_leaves_a_sound_history() {
    let Some((workspace, volume)) = host("normal") else { return };
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    one_run(&workspace, &mut host);
    let _ = host.stop().succeeded();
    volume.sync();

    let mut host = workspace.serve(&[]);
    host.event("tasks");
    one_run(&workspace, &mut host);
    cut(&volume, host);
    let _ = workspace.run(&["db", "check"]).succeeded();
    assert_eq!(workspace.runs("asked").len(), 1, "the second one was told, and is lost");

    let mut host = workspace.serve(&[]);
    host.event("tasks");
    one_run(&workspace, &mut host);
    let _ = host.stop().succeeded();
    assert_eq!(workspace.runs("asked").len(), 2);
}

#[test]
fn nothing_is_told_that_the_disk_has_not_taken() {
    let Some((workspace, volume)) = host("full") else { return };
    let mut host = workspace.serve(&[]);
    host.event("tasks");
    one_run(&workspace, &mut host);
    volume.cut_power();
    let ran = workspace.run(&["trigger", "asked"]).failed();
    assert_eq!(ran.stdout, "", "{ran}");
    let (told, _) = host.kill();
    volume.restore();
    let ends = told.iter().filter(|event| event["event"] == "ended").count();
    assert_eq!((ends, workspace.runs("asked").len()), (1, 1));
}

#[test]
fn a_host_without_power_keeps_its_promises() {
    let workspace = Trial::workspace();
    let Some(volume) = workspace.data_on_a_volume() else { return };
    let trial = Trial { kills: 4, seed: 7 };
    // What is told of a beginning is not acknowledged to anybody, and may be taken back.
    let lasting = |event: &Value| event["event"] != "started" && event["event"] != "skipped";
    let end = |host| cut(&volume, host).into_iter().filter(lasting).collect();
    let report = trial.run_on(&workspace, end, |_, _| {}).unwrap();
    println!("{report}");
    assert!(report.broken.is_empty(), "{}\n{report}", report.broken.join("\n"));
    let history = History::read(&workspace.path("data")).unwrap();
    assert!(!history.runs.is_empty());
}
