//! What compiling a plugin may use.

use std::time::Duration;

use horarium_sandbox::CompileLimits;

use super::super::{problem::Problem, raw::RawHost};

/// Less than this, and the compiler itself does not start: its program and its
/// threads are mapped before the first plugin is.
const LEAST_MEMORY: u64 = 256 << 20;

/// The kernel counts computing time in seconds.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) fn limits(host: &RawHost, problems: &mut Vec<Problem>) -> CompileLimits {
    let raw = host.compile.as_ref().map(|compile| compile.value.clone()).unwrap_or_default();
    if let Some(at) = raw.timeout.as_ref().filter(|at| at.value < LEAST_TIMEOUT) {
        let help = Some("at least `\"1s\"`, better a minute".to_owned());
        problems.push(at.problem("hardly any plugin could be compiled", help));
    }
    if let Some(at) = raw.memory.as_ref().filter(|at| at.value.0 < LEAST_MEMORY) {
        let help = Some("at least `\"256MiB\"`, better some GiB".to_owned());
        problems.push(at.problem("the compiler itself could not start", help));
    }
    let default = CompileLimits::DEFAULT;
    CompileLimits {
        timeout: raw.timeout.map_or(default.timeout, |timeout| timeout.value),
        memory: raw.memory.map_or(default.memory, |memory| memory.value.0),
    }
}
