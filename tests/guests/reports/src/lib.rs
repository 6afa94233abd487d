//! A component that somebody wrote for other uses: it has an interface of its own and
//! has never heard of tasks.

mod bindings;
mod daily;
mod ledger;

use bindings::Guest;

struct Reports;

impl Guest for Reports {
    fn version() -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }
}
