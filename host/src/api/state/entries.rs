//! `/state/{kind}/{name}/entries` and `…/entry`: what a bucket holds.
//!
//! A key may have any character but control ones. It is a parameter and no part of the path,
//! since much that stands between a client and a host reads `/`, `..` and `%2F` in its own
//! way.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, header},
};
use horarium_core::{
    Buckets, Editing,
    effects::{Bucket, Changes, Key, Quota, Seen, Unfit, Version},
    store::{Edited, EntryQuery, Record, RecordQuery},
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{In, found, whole};
use crate::{
    access::{self, Longest, audit::Moved},
    api::{
        Api, Parts,
        page::{self, Page},
        precondition::{self, etag},
        problem::{Problem, ProblemBody},
        read::{self, Params},
    },
    config::meant,
    keeping::{Encoding, EntryInfo, Holders, KeyInfo, bytes_of, redactors},
};

/// The most keys that a problem looks through for the one that was meant.
const NEAR: usize = 500;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only those whose keys begin so.
    pub(crate) prefix: Option<String>,
    /// Where the page begins: `next` of the one before it.
    pub(crate) cursor: Option<String>,
    /// How many, at most 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    pub(crate) limit: Option<u32>,
}

/// Which entry.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct At {
    /// Its key.
    key: String,
}

impl At {
    pub(crate) fn key(&self) -> Result<Key, Problem> {
        Key::new(&self.key).map_err(|reason| Problem::malformed(reason.to_string()))
    }
}

/// What an entry is to hold.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The value.
    #[schema(required = true, value_type = String)]
    pub(crate) value: Option<String>,
    /// How it is written. Default: `text`.
    pub(crate) encoding: Encoding,
}

/// An answer about an entry: how many bytes the audit log says were moved, and its ETag.
pub(crate) type Changed = (Extension<Moved>, [(HeaderName, String); 1], Json<KeyInfo>);

/// The entries of a bucket by the bytes of their keys, without values.
#[utoipa::path(get, path = "/state/{kind}/{name}/entries", tag = "state", operation_id = "list_entries",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
        Which,
    ),
    responses((status = 200, body = Page<KeyInfo>), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::api) async fn list(
    State(api): State<Api>,
    In(bucket): In,
    Params(which): Params<Which>,
) -> Result<Json<Page<KeyInfo>>, Problem> {
    let limit = page::limit(which.limit)?;
    let parts = api.parts()?;
    found(&parts, &bucket).await?;
    let limit_and_one = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let entries = EntryQuery {
        prefix: which.prefix.unwrap_or_default(),
        after: which.cursor,
        ..whole(bucket, limit_and_one, u64::MAX)
    };
    let (_, read) = parts.store.records(RecordQuery { entries, values: false }).await?;
    let keys = read.records.iter().map(KeyInfo::from).collect();
    Ok(Json(Page::of(keys, limit, |entry: &KeyInfo| entry.key.clone())))
}

/// One entry with its value. Secrets of tasks are replaced by their names in it.
#[utoipa::path(get, path = "/state/{kind}/{name}/entry", tag = "state", operation_id = "show_entry",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
        At,
    ),
    responses(
        (status = 200, body = EntryInfo, headers(("etag" = String, description = "For `If-Match`."))),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn show(
    State(api): State<Api>,
    In(bucket): In,
    Params(at): Params<At>,
) -> Result<([(HeaderName, String); 1], Json<EntryInfo>), Problem> {
    let parts = api.parts()?;
    found(&parts, &bucket).await?;
    let key = at.key()?;
    let Some(record) = record(&parts, &bucket, &key, true).await? else {
        return Err(missing(&parts, &bucket, &key).await?);
    };
    let config = parts.config.borrow().clone();
    let tag = [(header::ETAG, etag(record.version.0))];
    Ok((tag, Json(EntryInfo::of(&bucket, &record, &redactors(&config, &bucket)))))
}

/// Writes an entry. Attempts that have read it are tried again. With `If-Match` it is written
/// only if it has that version, with `If-None-Match: *` only if there is none.
#[utoipa::path(put, path = "/state/{kind}/{name}/entry", tag = "state", operation_id = "set_entry",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
        At,
        ("if-match" = Option<String>, Header, description = "An ETag that it has to have."),
        ("if-none-match" = Option<String>, Header, description = "`*`: there has to be none."),
    ),
    request_body = Wanted,
    responses(
        (status = 200, body = KeyInfo, headers(("etag" = String, description = "For `If-Match`."))),
        (status = 412, description = "It is not as it has to be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "It is longer than what is taken: 24 MiB of JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The bucket would hold more than it may.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set(
    State(api): State<Api>,
    In(bucket): In,
    Params(at): Params<At>,
    headers: HeaderMap,
    request: Request,
) -> Result<Changed, Problem> {
    let key = at.key()?;
    let body = access::whole(request, Longest::Entry).await?;
    let wanted = read::object::<Wanted>(&body)?;
    let value = wanted.value.ok_or_else(|| Problem::malformed("`value` is missing"))?;
    let value = bytes_of(value, wanted.encoding)
        .ok_or_else(|| Problem::malformed("`value` is no base64, which `encoding` says it is"))?;
    write(&api, bucket, key, Some(value), &headers).await
}

/// Takes an entry away, if it has the version that `If-Match` says, where it says one.
/// Attempts that have read it are tried again.
#[utoipa::path(delete, path = "/state/{kind}/{name}/entry", tag = "state", operation_id = "delete_entry",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
        At,
        ("if-match" = Option<String>, Header, description = "An ETag that it has to have."),
    ),
    responses(
        (status = 200, description = "What it was.", body = KeyInfo),
        (status = 412, description = "It is not as it has to be.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    State(api): State<Api>,
    In(bucket): In,
    Params(at): Params<At>,
    headers: HeaderMap,
) -> Result<Changed, Problem> {
    let key = at.key()?;
    write(&api, bucket, key, None, &headers).await
}

/// Writes a value, or takes the key away where there is none.
pub(crate) async fn write(
    api: &Api,
    bucket: Bucket,
    key: Key,
    value: Option<Vec<u8>>,
    headers: &HeaderMap,
) -> Result<Changed, Problem> {
    let parts = api.parts()?;
    let (_, holders) = found(&parts, &bucket).await?;
    let before = record(&parts, &bucket, &key, false).await?;
    let version = before.as_ref().map(|record| record.version);
    let is_conditional = precondition::check(headers, version)?;
    if before.is_none() && value.is_none() {
        return Err(missing(&parts, &bucket, &key).await?);
    }
    let bytes = value.as_ref().map(|value| u64::try_from(value.len()).unwrap_or(u64::MAX));
    let seen = match is_conditional {
        true => Seen::Keys([(key.clone(), version)].into_iter().collect()),
        false => Seen::Nothing,
    };
    let now = Timestamp::now();
    let (made, moved) =
        (edit(&parts, &bucket, (key.clone(), value), seen, &holders, now).await?, bytes);
    let info = match (bytes, before) {
        (None, Some(before)) => KeyInfo::from(&before),
        (bytes, _) => KeyInfo {
            key: key.to_string(),
            bytes: bytes.unwrap_or_default(),
            version: made.0,
            at: now,
            run: None,
        },
    };
    let moved = Extension(Moved(moved.unwrap_or(info.bytes)));
    Ok((moved, [(header::ETAG, etag(info.version))], Json(info)))
}

async fn edit(
    parts: &Parts,
    bucket: &Bucket,
    write: (Key, Option<Vec<u8>>),
    seen: Seen,
    holders: &Holders,
    now: Timestamp,
) -> Result<Version, Problem> {
    let key = write.0.clone();
    // What nobody has any more may still be put right.
    let quota = holders.quota.unwrap_or(Quota::MOST);
    let changes = Changes { bucket: bucket.clone(), quota, seen, writes: vec![write] };
    match parts.store.edit(changes, now).await? {
        Edited::Made(stand) => Ok(stand.version),
        Edited::Unfit(Unfit::Conflict { .. }) => {
            let now = record(parts, bucket, &key, false).await?;
            Err(precondition::failed(now.map(|record| record.version)))
        }
        Edited::Unfit(unfit) => Err(Problem::misfit(unfit.to_string())),
        Edited::Unknown => Err(Problem::conflict(format!(
            "`{}` has never been able to run, so that there is no state of it yet",
            bucket.name()
        ))),
    }
}

/// What stands under a key, if anything does.
pub(crate) async fn record(
    parts: &Parts,
    bucket: &Bucket,
    key: &Key,
    values: bool,
) -> Result<Option<Record>, Problem> {
    // The first key that begins with this one is this one.
    let entries = EntryQuery { prefix: key.to_string(), ..whole(bucket.clone(), 1, u64::MAX) };
    let (_, read) = parts.store.records(RecordQuery { entries, values }).await?;
    Ok(read.records.into_iter().find(|record| record.key == *key))
}

/// There is no such key.
async fn missing(parts: &Parts, bucket: &Bucket, key: &Key) -> Result<Problem, Problem> {
    let entries = whole(bucket.clone(), NEAR, u64::MAX);
    let (_, read) = parts.store.records(RecordQuery { entries, values: false }).await?;
    let names: Vec<_> = read.records.iter().map(|record| record.key.as_str()).collect();
    let meant = match names.is_empty() {
        true => "it is empty".to_owned(),
        false => meant(key.as_str(), &names),
    };
    Ok(Problem::not_found(format!("there is no key {:?} in {bucket}; {meant}", key.as_str())))
}
