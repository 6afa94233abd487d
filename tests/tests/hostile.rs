//! Guests that mean harm, a subject at a time, a few of them at once on one host.
//! `cargo xtask security` measures each alone.

use std::{collections::HashSet, time::Duration};

use e2e::hostile::{Attack, attacks, lay};

/// Enough for the neighbour to be served some dozen times; an attack that is not over
/// by then is waited for.
const LENGTH: Duration = Duration::from_millis(400);

/// Tasks that attack at once: a few, since a machine may have two cores, and
/// whoever waits for its turn behind twenty guests waits for long.
const AT_ONCE: usize = 4;

fn contained(attacks: Vec<Attack>) {
    let mut broken = Vec::new();
    let mut now: Vec<Attack> = Vec::new();
    let mut left = attacks.into_iter().peekable();
    while let Some(attack) = left.next() {
        now.push(attack);
        let tasks = now.iter().chain(left.peek()).map(|attack| attack.tasks().len()).sum::<usize>();
        if tasks > AT_ONCE || left.peek().is_none() {
            broken.extend(besieged(&now));
            now.clear();
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The promises that were broken while these attacked.
fn besieged(attacks: &[Attack]) -> Vec<String> {
    let report = lay(attacks, LENGTH);
    for attack in &report.attacks {
        println!("{:24} {:?} {}", attack.name, attack.contained_after, attack.outcome);
    }
    println!("peak {} MiB, the neighbour waited {:?} at p99\n", report.peak >> 20, report.p99);
    report.broken
}

macro_rules! subjects {
    ($($name:ident)*) => {
        $(#[test] fn $name() { contained(on(stringify!($name))); })*

        #[test]
        fn every_subject_is_tested() {
            assert_eq!(attacks::ALL.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

subjects! { computing memory asking speaking ending values calling programs reaching web files keeping loading compiling }

fn on(subject: &str) -> Vec<Attack> {
    let (_, attacks) = attacks::ALL.into_iter().find(|(name, _)| *name == subject).unwrap();
    attacks()
}

#[test]
fn the_table_names_every_attack_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../SECURITY.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("<!-- attacks:").unwrap();
    let (table, _) = table.split_once("<!-- /attacks -->").unwrap();
    let told: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let known: Vec<_> =
        attacks::ALL.iter().flat_map(|(_, attacks)| attacks()).map(|attack| attack.name).collect();
    assert_eq!(told, known, "`cargo xtask security --record` writes it anew");
    // The host's words may name files, and everybody has others.
    for place in ["/tmp", "/home", "/root", "target/"] {
        assert!(!table.contains(place), "{place} is a place on the machine that measured");
    }
    let distinct: HashSet<_> = known.iter().collect();
    assert_eq!(distinct.len(), known.len(), "each name once");
}
