//! Reads the system's time zones and says when the clocks change next. Grant it
//! `/usr/share/zoneinfo` as `/zoneinfo`; reading is enough.

mod bytes;
mod change;
mod civil;
mod posix;
mod rule;
mod tzif;
mod zones;

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use horarium_sdk::prelude::*;

use change::Change;
use tzif::Tzif;
use zones::Census;

/// Where the zones are granted.
const ZONES: &str = "/zoneinfo";

/// Which clocks to look at.
#[args]
struct Options {
    /// IANA names, such as `Europe/Paris`.
    #[serde(default)]
    zones: Vec<String>,
}

/// What the database says.
#[output]
struct Report {
    zones: Census,
    /// The first change of each clock after the run's nominal time.
    next: Vec<Next>,
}

/// The next change of one clock.
#[output]
struct Next {
    zone: String,
    /// Nothing where the clock is not known to change again.
    change: Option<Change>,
}

/// Counts the time zones and finds the next clock changes.
#[task(once, timeout = "10s")]
fn tzdata(context: &Context, options: Options) -> Result<Report, TaskError> {
    let now = seconds(context.scheduled_for());
    // No grant and no such zone are mistakes that no second attempt mends.
    report(Path::new(ZONES), &options.zones, now).map_err(TaskError::permanent)
}

fn report(folder: &Path, names: &[String], now: i64) -> anyhow::Result<Report> {
    let zones = zones::census(folder)
        .with_context(|| format!("can't list {}: was it granted?", folder.display()))?;
    log::info!(
        "{} zones, {} with daylight saving time to come",
        zones.zones,
        zones.daylight_saving
    );
    let next = names.iter().map(|name| next(folder, name, now)).collect::<anyhow::Result<_>>()?;
    Ok(Report { zones, next })
}

fn next(folder: &Path, zone: &str, now: i64) -> anyhow::Result<Next> {
    let data = fs::read(folder.join(zone)).with_context(|| format!("no zone {zone:?}"))?;
    let tzif = Tzif::parse(&data).with_context(|| format!("can't understand {zone}"))?;
    Ok(Next { zone: zone.to_owned(), change: tzif.next_change(now) })
}

fn seconds(instant: SystemTime) -> i64 {
    let since = instant.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn instants_are_seconds() {
        assert_eq!(seconds(UNIX_EPOCH), 0);
        assert_eq!(seconds(UNIX_EPOCH + Duration::from_millis(7_999)), 7);
    }

    #[test]
    fn a_zone_that_is_not_there_is_named() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let error = report(folder, &["Atlantis/Capital".to_owned()], 0).err().unwrap();
        assert_eq!(error.to_string(), "no zone \"Atlantis/Capital\"");
        assert!(report(Path::new("/not/granted"), &[], 0).is_err());
    }
}
