//! `/state`: what tasks keep from one run to the next.
//!
//! Which buckets and keys there are takes `read`, as what else there is does. Values take
//! `admin`: a log or an output is what a guest has told, but what it keeps is its own, such
//! as a session that it was given, and nobody has said that others may see it. What is
//! changed is in the audit log with its key and its size, never with its value.

pub(crate) mod entries;
pub(super) mod export;

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{FromRequestParts, Path, State},
    http::request,
};
use horarium_core::{
    Buckets, Editing,
    effects::{Bucket, InvalidBucket},
    store::{BucketQuery, EntryQuery, RecordQuery},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Api, Parts,
    page::{self, Page},
    problem::{Problem, ProblemBody},
    read::Params,
};
use crate::{
    access::audit::Moved,
    config::{Config, meant},
    keeping::{BucketInfo, Cleared, Holders, Shares},
};

/// The wait between two transactions that give back room: others write, too.
const BREATH: Duration = Duration::from_millis(20);

/// The most names that a problem looks through for the one that was meant.
const NEAR: u32 = 500;

/// The bucket in an address.
pub(crate) struct In(pub(crate) Bucket);

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        let address = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((kind, name)) =
            address.map_err(|reason| Problem::malformed(reason.body_text()))?;
        // What can't be a bucket is none.
        let bucket = format!("{kind}/{name}").parse();
        bucket.map(Self).map_err(|reason: InvalidBucket| Problem::not_found(reason.to_string()))
    }
}

/// Which buckets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Where the page begins: `next` of the one before it.
    cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Buckets that hold anything: those of single tasks, by name, and then those that tasks
/// share. A task that the configuration does not have any more keeps what it had.
#[utoipa::path(get, path = "/state", tag = "state", operation_id = "list_buckets", params(Which), responses(
    (status = 200, body = Page<BucketInfo>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(
    State(api): State<Api>,
    Params(which): Params<Which>,
) -> Result<Json<Page<BucketInfo>>, Problem> {
    let limit = page::limit(which.limit)?;
    let after = page::cursor::<Bucket>(which.cursor.as_ref())?;
    let parts = api.parts()?;
    let found = parts.store.buckets(BucketQuery { after, limit: limit + 1 }).await?;
    let config = parts.config.borrow().clone();
    let shares = Shares::of(&config);
    let page = Page::of(found, limit, |view| view.bucket.address());
    Ok(Json(page.map(|view| {
        let holders = shares.holders(&config, &view.bucket);
        BucketInfo::of(&view.bucket, view.stand, Some(&holders))
    })))
}

/// One bucket. One that a task of the configuration has is there though it holds nothing.
#[utoipa::path(get, path = "/state/{kind}/{name}", tag = "state", operation_id = "show_bucket",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
    ),
    responses((status = 200, body = BucketInfo), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show(
    State(api): State<Api>,
    In(bucket): In,
) -> Result<Json<BucketInfo>, Problem> {
    let parts = api.parts()?;
    Ok(Json(found(&parts, &bucket).await?.0))
}

/// Takes everything out of a bucket, at once however much that is. Attempts that have read
/// something of it are tried again.
#[utoipa::path(delete, path = "/state/{kind}/{name}", tag = "state", operation_id = "clear_bucket",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
    ),
    responses((status = 200, body = Cleared), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn clear(
    State(api): State<Api>,
    In(bucket): In,
) -> Result<(Extension<Moved>, Json<Cleared>), Problem> {
    let parts = api.parts()?;
    found(&parts, &bucket).await?;
    let held = parts.store.clear(bucket.clone()).await?.holds;
    drop(parts);
    tokio::spawn(sweep(api));
    let cleared = Cleared { bucket: bucket.address(), bytes: held.bytes, keys: held.keys };
    Ok((Extension(Moved(held.bytes)), Json(cleared)))
}

/// Gives back the room of what was cleared. Where the host ends before, or the disk fails,
/// pruning goes on with it.
async fn sweep(api: Api) {
    while let Ok(parts) = api.parts() {
        if !matches!(parts.store.sweep().await, Ok(true)) {
            return;
        }
        drop(parts);
        tokio::time::sleep(BREATH).await;
    }
}

/// A bucket that is there, and the tasks that have it.
pub(crate) async fn found(
    parts: &Parts,
    bucket: &Bucket,
) -> Result<(BucketInfo, Holders), Problem> {
    let query = RecordQuery { entries: whole(bucket.clone(), 0, 0), values: false };
    let (stand, _) = parts.store.records(query).await?;
    let config = parts.config.borrow().clone();
    let holders = Holders::of(&config, bucket);
    if stand.holds.keys == 0 && holders.tasks.is_empty() {
        return Err(unknown(parts, &config, bucket).await?);
    }
    Ok((BucketInfo::of(bucket, stand, Some(&holders)), holders))
}

/// Nobody has this bucket, and there is nothing in it.
async fn unknown(parts: &Parts, config: &Config, bucket: &Bucket) -> Result<Problem, Problem> {
    let kept = parts.store.buckets(BucketQuery { after: None, limit: NEAR }).await?;
    let kept = kept.iter().map(|view| &view.bucket).filter(|kept| kept.kind() == bucket.kind());
    let mut names: Vec<_> = kept.map(|kept| kept.name().to_owned()).collect();
    match bucket {
        Bucket::Own(_) => {
            names.extend(config.tasks.iter().map(|draft| draft.name.value.to_string()));
        }
        Bucket::Shared(_) => names.extend(Shares::of(config).names().map(ToString::to_string)),
    }
    names.sort_unstable();
    names.dedup();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let what = match bucket {
        Bucket::Own(task) => format!("no task `{task}`, and nothing that one has kept"),
        Bucket::Shared(name) => {
            format!("no bucket `{name}` that a task is granted, and nothing in it")
        }
    };
    Ok(Problem::not_found(format!("there is {what}; {}", meant(bucket.name(), &names))))
}

/// Entries of a bucket from its beginning.
fn whole(bucket: Bucket, limit: usize, bytes: u64) -> EntryQuery {
    EntryQuery { bucket, prefix: String::new(), after: None, limit, bytes }
}
