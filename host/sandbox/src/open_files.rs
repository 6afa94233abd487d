//! Room for what guests hold open.

use horarium_core::limits::Bounds;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that an attempt may hold open: one behind each handle, and some
/// directories that are granted.
const FILES: u64 = Bounds::DEFAULT.resources + 32;

/// Files that the host itself holds open.
const OWN: u64 = 256;

/// Raises this process's limit on open files as far as guests can make use of it:
/// what one guest may hold must not be what another one, or the history, lacks.
pub(crate) fn make_room(attempts: u32) {
    let needed = u64::from(attempts).saturating_mul(FILES).saturating_add(OWN);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if is_enough(current, needed) {
        return;
    }
    let raised = Rlimit { current: Some(maximum.map_or(needed, |most| most.min(needed))), maximum };
    if let Err(reason) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!("the limit on open files can't be raised: {reason}");
    }
    let current = getrlimit(Resource::Nofile).current;
    if !is_enough(current, needed) {
        tracing::warn!(
            needed,
            current,
            "{attempts} attempts at once can hold more files open than this process may \
             (`ulimit -n`)"
        );
    }
}

fn is_enough(current: Option<u64>, needed: u64) -> bool {
    current.is_none_or(|current| current >= needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_and_never_lowered() {
        let before = getrlimit(Resource::Nofile);
        let most = before.maximum.unwrap_or(1 << 20);
        let little = Rlimit { current: Some(most.min(300)), ..before };
        setrlimit(Resource::Nofile, little).unwrap();
        make_room(1);
        let raised = getrlimit(Resource::Nofile).current;
        assert_eq!(raised, Some(most.min(FILES + OWN)));
        make_room(0);
        assert_eq!(getrlimit(Resource::Nofile).current, raised);
        // As far as it goes.
        make_room(1_000_000);
        let most = before.maximum.unwrap_or(u64::MAX).min(1_000_000 * FILES + OWN);
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
    }
}
