//! Guests that mean harm, a subject at a time: all attacks on it at once, on one
//! host. `cargo xtask security` measures each alone.

use std::time::Duration;

use e2e::hostile::{Attack, attacks, lay};

/// Enough for the neighbour to be served some dozen times.
const LENGTH: Duration = Duration::from_secs(1);

fn contained(attacks: &[Attack]) {
    let report = lay(attacks, LENGTH);
    for attack in &report.attacks {
        println!("{:24} {:?} {}", attack.name, attack.contained_after, attack.outcome);
    }
    println!("peak {} MiB, the neighbour waited {:?} at p99", report.peak >> 20, report.p99);
    assert!(report.broken.is_empty(), "{}", report.broken.join("\n"));
}

macro_rules! subjects {
    ($($name:ident)*) => {
        $(#[test] fn $name() { contained(&on(stringify!($name))); })*

        #[test]
        fn every_subject_is_tested() {
            assert_eq!(attacks::ALL.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

subjects! { computing memory asking speaking ending values reaching files loading }

fn on(subject: &str) -> Vec<Attack> {
    let (_, attacks) = attacks::ALL.into_iter().find(|(name, _)| *name == subject).unwrap();
    attacks()
}
