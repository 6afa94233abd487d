//! One bucket, and its keys.

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use horarium_core::{
    Buckets,
    effects::Bucket,
    name::TaskName,
    store::{EntryQuery, Record, RecordQuery},
    text::escape,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Fill, In, encoded, place, place_of};
use crate::{
    access::audit::Moved,
    api::{Api, state},
    output,
    ui::{
        read::Params,
        refused::Refused,
        shell::{Here, Page, Shell},
        viewer::Viewer,
        words::Moment,
    },
};

/// Keys on a page.
const ROWS: usize = 100;

/// The most tasks that are named.
const TASKS: usize = 20;

#[derive(Deserialize)]
pub(in crate::ui) struct Which {
    prefix: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "bucket.html")]
struct BucketPage {
    shell: Shell,
    fill: Fill,
    version: u64,
    /// Some of the tasks that have it.
    tasks: Vec<TaskName>,
    prefix: String,
    rows: Vec<Row>,
    first: Option<String>,
    further: Option<String>,
}

/// A key.
struct Row {
    href: String,
    key: String,
    size: String,
    at: Moment,
    run: Option<i64>,
}

impl Row {
    fn of(bucket: &Bucket, record: &Record, now: Timestamp) -> Self {
        let key = record.key.as_str();
        Self {
            href: place_of(bucket, key),
            key: escape(key),
            size: output::bytes(record.bytes),
            at: Moment::relative(record.at, now),
            run: record.run.map(|run| run.0),
        }
    }
}

pub(in crate::ui) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    In(bucket): In,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let (_, holders) = state::found(&parts, &bucket).await?;
    let prefix = which.prefix.unwrap_or_default();
    let first =
        which.after.as_ref().map(|_| format!("{}?prefix={}", place(&bucket), encoded(&prefix)));
    let entries = EntryQuery {
        bucket: bucket.clone(),
        prefix: prefix.clone(),
        after: which.after,
        limit: ROWS,
        bytes: u64::MAX,
    };
    let (stand, read) = parts.store.records(RecordQuery { entries, values: false }).await?;
    let further = read.records.last().filter(|_| read.more).map(|last| {
        let (prefix, after) = (encoded(&prefix), encoded(last.key.as_str()));
        format!("{}?prefix={prefix}&after={after}", place(&bucket))
    });
    let now = Timestamp::now();
    Ok(Page::good(&BucketPage {
        shell: Shell::new(format!("State of {}", bucket.name()), Here::Tasks, viewer),
        fill: Fill::of(&bucket, stand, &holders),
        version: stand.version.0,
        tasks: holders.tasks.into_iter().take(TASKS).collect(),
        prefix,
        rows: read.records.iter().map(|record| Row::of(&bucket, record, now)).collect(),
        first,
        further,
    }))
}

pub(in crate::ui) async fn clear(
    State(api): State<Api>,
    In(bucket): In,
) -> Result<(Extension<Moved>, Response), Refused> {
    let (moved, _) = state::clear(State(api.clone()), state::In(bucket.clone())).await?;
    Ok((moved, back(&api, &bucket, "cleared").await?))
}

/// To a bucket, or to all of them where it is not there any more.
pub(super) async fn back(api: &Api, bucket: &Bucket, word: &str) -> Result<Response, Refused> {
    let place = match state::found(&*api.parts()?, bucket).await {
        Ok(_) => place(bucket),
        Err(_) => "/state".to_owned(),
    };
    Ok(Redirect::to(&format!("{place}?done={word}")).into_response())
}
