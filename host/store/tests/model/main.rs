//! Random stories of a store, told to a model at the same time: both say the
//! same at every step, and some things never happen whatever the story.

#![expect(
    clippy::unwrap_used,
    reason = "helpers belong to tests, though only tests have the attribute"
)]

mod alarms;
mod never;
mod story;
mod verb;
mod world;

use horarium_store::SqliteStore;
use proptest::prelude::*;

use crate::{
    never::Never,
    story::Story,
    verb::{TASKS, Verb},
};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_store_does_what_the_model_does(verbs in prop::collection::vec(verb::any(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut story = Story::of(SqliteStore::in_memory().unwrap());
            let mut never = Never::default();
            // Without tasks nothing happens.
            let beginning = Verb::Register(TASKS.map(|task| (task, 0, 0, None)).to_vec());
            for verb in std::iter::once(&beginning).chain(&verbs) {
                story.tell(verb).await;
                story.agrees().await;
                never.happens(&story.store).await;
            }
        });
    }
}
