//! Two task functions with one name: in a test binary of its own, since no other
//! test could use the plugin any more.

use horarium_sdk::{plugin, task};

#[task]
fn reindex() {}

mod other {
    #[horarium_sdk::task(name = "reindex")]
    fn rebuild() {}
}

#[test]
#[should_panic(
    expected = "two task functions are called `reindex`: one in `same_name`, one in `same_name::other`"
)]
fn the_plugin_is_refused() {
    drop(plugin::functions());
}
