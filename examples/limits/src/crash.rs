//! A bug.

use horarium_sdk::prelude::*;

/// What was measured.
#[args]
struct Readings {
    /// In any order.
    #[serde(default)]
    readings: Vec<i64>,
}

/// Looks for the median of no readings, and panics.
#[task(every = "8s", timeout = "5s", max_attempts = 2)]
fn crash(Readings { readings }: Readings) -> i64 {
    log::info!("the median of {} readings", readings.len());
    median(readings)
}

/// Kept apart by the compiler as well, so that the backtrace names it.
#[inline(never)]
fn median(mut readings: Vec<i64>) -> i64 {
    readings.sort_unstable();
    readings[readings.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works_with_readings() {
        let readings = vec![30, 10, 20];
        assert_eq!(crash(Readings { readings }), 20);
    }

    #[test]
    #[should_panic(expected = "index out of bounds: the len is 0 but the index is 0")]
    fn it_has_a_bug() {
        crash(Readings { readings: vec![] });
    }
}
