//! Room for the files that guests hold open.

use horarium_core::limits::Bounds;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that an attempt holds open beyond its resources: directories that are
/// granted.
const DIRECTORIES: u64 = 32;

/// Files that the host itself holds open.
const OWN: u64 = 256;

/// As many as any kernel allows without being told to allow more.
const ENDLESS: u64 = 1 << 20;

/// Raises this process's limit on open files as far as it goes: what guests hold
/// open must not be what the history lacks. The usual limit of 1,024 is there for
/// programs that can't count further.
pub(crate) fn raise(attempts: u32) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(ENDLESS);
    if current.is_none_or(|current| current >= most) {
        return;
    }
    if let Err(reason) = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum }) {
        tracing::warn!("the limit on open files can't be raised: {reason}");
    }
    let each = Bounds::DEFAULT.resources + DIRECTORIES;
    let needed = u64::from(attempts).saturating_mul(each).saturating_add(OWN);
    if most < needed {
        tracing::warn!(
            "{attempts} attempts at once can hold {needed} files open where this process may \
             open {most} (`ulimit -n`)"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_and_never_lowered() {
        let before = getrlimit(Resource::Nofile);
        let most = before.maximum.unwrap_or(ENDLESS);
        let little = Rlimit { current: Some(most.min(300)), ..before };
        setrlimit(Resource::Nofile, little).unwrap();
        raise(1);
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
        raise(0);
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
    }
}
