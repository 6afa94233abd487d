//! Time that the machine was not there: on a virtual one, the hypervisor gives its
//! processors to others as it likes. What takes milliseconds is not measured by then.

use std::fs;

use anyhow::{Context, Result};

use crate::figure::Figure;

/// The processors' time until now, in ticks.
pub(crate) struct Stolen {
    all: f64,
    stolen: f64,
}

impl Stolen {
    /// Begins to look.
    pub(crate) fn begin() -> Result<Self> {
        of(&fs::read_to_string("/proc/stat")?)
    }

    /// Prints how much of the time was stolen since then, and while what.
    pub(crate) fn print(&self, subject: &str) -> Result<()> {
        let now = Self::begin()?;
        let share = (now.stolen - self.stolen) / (now.all - self.all).max(1.0);
        let about = format!(
            "of the processors' time while `{subject}` was measured, what the hypervisor gave to others; what it does to the slowest of a thousand is in the figures above"
        );
        let name = format!("{subject}.stolen_percent");
        Figure::lower(&name, (share * 100.0, "%"), None, &about).print()
    }
}

/// Reads the first line of `/proc/stat`, see proc(5): user, nice, system, idle, iowait, irq,
/// softirq, steal, and then guests, which user and nice have counted already.
fn of(stat: &str) -> Result<Stolen> {
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu "));
    let line = line.context("the kernel does not tell what the processors did")?;
    let times = line.split_whitespace().take(8).map(str::parse::<f64>);
    let times = times.collect::<Result<Vec<_>, _>>()?;
    Ok(Stolen { all: times.iter().sum(), stolen: times.get(7).copied().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_eighth_of_the_times() {
        let found = of("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1").unwrap();
        assert_eq!((found.all, found.stolen), (36.0, 8.0));
        assert!(of("intr 1 2").is_err());
    }
}
