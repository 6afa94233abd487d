//! Which tasks of a configuration have a bucket.

use std::collections::BTreeMap;

use horarium_core::{
    effects::{Bucket, Quota},
    name::{BucketName, TaskName},
    redact::Redactor,
};

use crate::config::{Config, TaskDraft};

/// The tasks that have a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    /// By name.
    pub(crate) tasks: Vec<TaskName>,
    /// How full the most generous of them may make it; none where there is none.
    pub(crate) quota: Option<Quota>,
}

impl Holders {
    pub(crate) fn of(config: &Config, bucket: &Bucket) -> Self {
        let mut holders = Self::default();
        for (task, quota) in drafts(config, bucket) {
            holders.add(&task.name.value, quota);
        }
        holders
    }

    fn add(&mut self, task: &TaskName, quota: Quota) {
        let before = self.quota.unwrap_or_default();
        let most = |before: u64, now: u64| before.max(now);
        self.tasks.push(task.clone());
        self.quota = Some(Quota {
            bytes: most(before.bytes, quota.bytes),
            keys: most(before.keys, quota.keys),
        });
    }
}

/// The same for all shared buckets at once, which takes one look at the configuration.
pub(crate) struct Shares(BTreeMap<BucketName, Holders>);

impl Shares {
    pub(crate) fn of(config: &Config) -> Self {
        let mut shares = BTreeMap::<_, Holders>::new();
        for draft in &config.tasks {
            for grant in &draft.grants.state.shared {
                let holders = shares.entry(grant.bucket.clone()).or_default();
                holders.add(&draft.name.value, grant.quota);
            }
        }
        Self(shares)
    }

    /// The holders of any bucket.
    pub(crate) fn holders(&self, config: &Config, bucket: &Bucket) -> Holders {
        match bucket {
            Bucket::Own(_) => Holders::of(config, bucket),
            Bucket::Shared(name) => self.0.get(name).cloned().unwrap_or_default(),
        }
    }

    /// The names of all shared buckets.
    pub(crate) fn names(&self) -> impl Iterator<Item = &BucketName> {
        self.0.keys()
    }
}

/// What takes the secrets of those who write to a bucket out of a text.
pub(crate) fn redactors(config: &Config, bucket: &Bucket) -> Vec<Redactor> {
    drafts(config, bucket).map(|(draft, _)| draft.grants.redactor().clone()).collect()
}

/// The tasks that have a bucket, each with how full it may make it.
fn drafts<'c>(
    config: &'c Config,
    bucket: &'c Bucket,
) -> impl Iterator<Item = (&'c TaskDraft, Quota)> {
    let own = match bucket {
        Bucket::Own(task) => config.draft(task).map(|draft| (draft, draft.grants.state.quota)),
        Bucket::Shared(_) => None,
    };
    let shared = match bucket {
        Bucket::Own(_) => None,
        Bucket::Shared(name) => Some(config.tasks.iter().filter_map(move |draft| {
            let mut grants = draft.grants.state.shared.iter();
            let grant = grants.find(|grant| grant.bucket == *name)?;
            Some((draft, grant.quota))
        })),
    };
    own.into_iter().chain(shared.into_iter().flatten())
}
