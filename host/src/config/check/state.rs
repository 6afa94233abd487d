//! What a task may keep from one run to the next.

use std::collections::BTreeSet;

use horarium_core::{
    effects::Quota,
    grants::{BucketAccess, BucketGrant, StateGrant},
    name::BucketName,
};

use super::{
    super::{
        decode::At,
        raw::{RawBucket, RawGrants},
        values::{Bytes, Many},
    },
    Checker,
};

impl Checker<'_> {
    pub(super) fn state(&mut self, raw: &RawGrants) -> StateGrant {
        let own = raw.state.as_ref();
        let bytes = own.and_then(|own| own.value.bytes.as_ref());
        let keys = own.and_then(|own| own.value.keys.as_ref());
        let quota = self.quota(bytes, keys);
        let mut known = BTreeSet::new();
        let buckets = raw.buckets.iter();
        let buckets = buckets.flat_map(|list| list.value.iter().map(move |raw| (list, raw)));
        let shared = buckets.filter_map(|(list, raw)| {
            let grant = self.bucket(list, raw)?;
            if !known.insert(grant.bucket.clone()) {
                let message = format!("bucket `{}` is granted twice", grant.bucket);
                self.wrong(list, message, "leave one of the two out");
            }
            Some(grant)
        });
        StateGrant { quota, shared: shared.collect() }
    }

    fn bucket(&mut self, list: &At<Vec<RawBucket>>, raw: &RawBucket) -> Option<BucketGrant> {
        let Some(name) = &raw.bucket else {
            let help = "such as `{ bucket = \"orders\" }`";
            self.wrong(list, "a bucket needs a name", help);
            return None;
        };
        let bucket = name.value.parse::<BucketName>();
        let quota = self.quota(raw.bytes.as_ref(), raw.keys.as_ref());
        let access = raw.access.as_ref().map_or(BucketAccess::ReadWrite, |access| access.value);
        match bucket {
            Ok(bucket) => Some(BucketGrant { bucket, access, quota }),
            Err(reason) => {
                self.wrong(name, reason.to_string(), "such as `orders`");
                None
            }
        }
    }

    /// How full a task may make a bucket.
    fn quota(&mut self, bytes: Option<&At<Bytes>>, keys: Option<&At<Many>>) -> Quota {
        let cap = self.grant_caps.quota();
        let wanted = self.quota_of(bytes, keys, Quota::DEFAULT);
        if let Some(at) = bytes.filter(|_| wanted.bytes > cap.bytes) {
            self.beyond(at, &format!("more than {} bytes in a bucket", cap.bytes), "state.bytes");
        }
        if let Some(at) = keys.filter(|_| wanted.keys > cap.keys) {
            self.beyond(at, &format!("more than {} keys in a bucket", cap.keys), "state.keys");
        }
        wanted.min(cap)
    }

    /// What is said of a quota, and else `usual`. None is more than [`Quota::MOST`].
    pub(super) fn quota_of(
        &mut self,
        bytes: Option<&At<Bytes>>,
        keys: Option<&At<Many>>,
        usual: Quota,
    ) -> Quota {
        let most = Quota::MOST;
        if let Some(at) = bytes.filter(|at| at.value.0 > most.bytes) {
            self.wrong(at, "that is too much to be kept", "at most `16GiB`");
        }
        if let Some(at) = keys.filter(|at| at.value.0 > most.keys) {
            self.wrong(at, "those are too many keys", "at most 100_000_000");
        }
        Quota {
            bytes: bytes.map_or(usual.bytes, |at| at.value.0),
            keys: keys.map_or(usual.keys, |at| at.value.0),
        }
        .min(most)
    }
}
