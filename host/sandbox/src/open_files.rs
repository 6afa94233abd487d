//! Room for what guests hold open.

use horarium_core::limits::Bounds;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Directories that are granted to an attempt, and the like, roughly.
const GRANTED: u64 = 32;

/// Files that the host itself holds open.
const OWN: u64 = 256;

/// Raises this process's limit on open files as far as guests can make use of it:
/// what one guest may hold must not be what another one, or the history, lacks. A task
/// may be given up to `resources` of them. Where there is room for what tasks have
/// that ask for nothing, there is nothing to say.
pub(crate) fn make_room(attempts: u32, resources: u64) {
    let wanted = files(attempts, resources);
    let needed = files(attempts, resources.min(Bounds::DEFAULT.resources));
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if is_enough(current, wanted) {
        return;
    }
    let raised = Rlimit { current: Some(maximum.map_or(wanted, |most| most.min(wanted))), maximum };
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

/// Files that are open where each attempt has one behind each handle.
fn files(attempts: u32, resources: u64) -> u64 {
    let each = resources.saturating_add(GRANTED);
    u64::from(attempts).saturating_mul(each).saturating_add(OWN)
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
        make_room(1, 100);
        let raised = getrlimit(Resource::Nofile).current;
        assert_eq!(raised, Some(most.min(100 + GRANTED + OWN)));
        make_room(0, 100);
        assert_eq!(getrlimit(Resource::Nofile).current, raised);
        // For tasks that may hold more than others.
        make_room(1, 200);
        let raised = getrlimit(Resource::Nofile).current;
        assert_eq!(raised, Some(most.min(200 + GRANTED + OWN)));
        // As far as it goes.
        make_room(1_000_000, 100);
        let most = before.maximum.unwrap_or(u64::MAX).min(files(1_000_000, 100));
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
    }
}
