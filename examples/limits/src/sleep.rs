//! Runs into the limit of time.

use std::thread;

use horarium_sdk::prelude::*;

/// Sleeps for twice the time that it has.
///
/// It lies in the host all that time and uses no fuel, so that nothing but the
/// timeout can end it.
#[task(every = "7s", timeout = "1s", max_attempts = 2)]
fn sleep(context: &Context) {
    let nap = context.time_left() * 2;
    log::info!("sleeping for {nap:.1?}");
    thread::sleep(nap);
    log::error!("nobody ended this");
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn without_any_time_it_does_not_sleep() {
        sleep(&Context::for_test("sleep").deadline(UNIX_EPOCH).build());
    }
}
