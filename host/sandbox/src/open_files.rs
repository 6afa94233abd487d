//! Room for what guests hold open.

use horarium_core::limits::Bounds;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Directories that are granted to an attempt, and the like, roughly.
const GRANTED: u64 = 32;

/// Files that the host itself holds open.
const OWN: u64 = 256;

/// Raises this process's limit on open files to the most that it may have: what one
/// guest may hold must not be what another one, or the history, lacks, and the code
/// of each plugin is a file as well. A task may be given up to `resources` of them.
/// Where there is room for what tasks have that ask for nothing, there is nothing to
/// say.
pub(crate) fn make_room(attempts: u32, resources: u64) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(reason) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!("the limit on open files can't be raised: {reason}");
    }
    let needed = files(attempts, resources.min(Bounds::DEFAULT.resources));
    let current = getrlimit(Resource::Nofile).current;
    if current.is_some_and(|current| current < needed) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let before = getrlimit(Resource::Nofile);
        let little = before.maximum.unwrap_or(1 << 20).min(300);
        setrlimit(Resource::Nofile, Rlimit { current: Some(little), ..before }).unwrap();
        make_room(1, 100);
        assert_eq!(getrlimit(Resource::Nofile), Rlimit { current: before.maximum, ..before });
    }
}
