//! Progress without a host, in a test binary of its own because of its logger.

use std::sync::Mutex;

use horarium_sdk::{
    Context,
    log::{self, LevelFilter, Log, Metadata, Record},
    progress,
};

/// Keeps what is logged.
struct Kept(Mutex<Vec<String>>);

impl Log for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        self.0.lock().expect("no test panics while logging").push(line);
    }

    fn flush(&self) {}
}

#[test]
fn reports_are_debug_entries() {
    static KEPT: Kept = Kept(Mutex::new(Vec::new()));
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Debug);

    let context = Context::for_test("pump").build();
    context.progress(0.5, "half of it");
    progress::fraction(2.0);
    progress::note("waiting");

    assert_eq!(
        *KEPT.0.lock().unwrap(),
        [
            "DEBUG horarium_sdk::progress: 50 %, half of it",
            "DEBUG horarium_sdk::progress: 100 %",
            "DEBUG horarium_sdk::progress: waiting",
        ]
    );
}
