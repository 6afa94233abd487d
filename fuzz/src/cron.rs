//! A cron expression, and the instants that follow from it.

use horarium_core::schedule::Cron;
use jiff::Timestamp;

/// Instants that are looked at from each start.
const STEPS: usize = 4;

/// An expression, and a timezone on the second line.
pub fn cron(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (expression, timezone) = text.split_once('\n').unwrap_or((text, "UTC"));
    let Ok(cron) = Cron::new(expression, timezone.trim_end()) else { return };
    // A day before Berlin's clocks change, a leap day, the ends of time.
    for start in [1_774_656_000, 1_709_164_800, 0, -62_000_000_000, 253_000_000_000] {
        let Ok(mut instant) = Timestamp::from_second(start) else { continue };
        for _ in 0..STEPS {
            let Some(next) = cron.next_after(instant) else { break };
            assert!(next > instant, "{next} is due after {instant}");
            assert_eq!(cron.next_from(next), Some(next), "what is due is due");
            instant = next;
        }
    }
}
