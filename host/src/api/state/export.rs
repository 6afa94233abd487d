//! `/state/{kind}/{name}/export`: all that a bucket holds, as it is read.

use std::io;

use axum::{
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use horarium_core::{
    Buckets,
    effects::Bucket,
    store::{EntryQuery, RecordQuery},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{In, found, whole};
use crate::{
    api::{
        Api,
        problem::{Problem, ProblemBody},
        read::Params,
    },
    keeping::{BYTES, ENTRIES, EntryInfo, redactors},
};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only those whose keys begin so.
    prefix: Option<String>,
}

/// All entries of a bucket with their values, a JSON object a line, by the bytes of their
/// keys. They are read some at a time: what is changed meanwhile is told as it is when it is
/// read, by its `version`. Secrets of tasks are replaced by their names.
#[utoipa::path(get, path = "/state/{kind}/{name}/export", tag = "state", operation_id = "export_bucket",
    params(
        ("kind" = String, Path, description = "`task` where it is a task's own, `shared` where tasks share it."),
        ("name" = String, Path, description = "The task's name, or the bucket's."),
        Which,
    ),
    responses(
        (status = 200, description = "One line for each.", body = EntryInfo, content_type = "application/jsonl"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn export(
    State(api): State<Api>,
    In(bucket): In,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    found(&*api.parts()?, &bucket).await?;
    let prefix = which.prefix.unwrap_or_default();
    let reader = Reader { api, bucket, prefix, after: None, over: false };
    let body = Body::from_stream(stream::unfold(reader, Reader::next));
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], body).into_response())
}

struct Reader {
    // Not what the host shares: whoever reads slowly must not keep it from ending.
    api: Api,
    bucket: Bucket,
    prefix: String,
    after: Option<String>,
    over: bool,
}

impl Reader {
    async fn next(mut self) -> Option<(io::Result<String>, Self)> {
        if self.over {
            return None;
        }
        let lines = self.lines().await;
        self.over |= lines.is_err();
        // Who reads it sees that it breaks off.
        Some((lines.map_err(|problem| io::Error::other(problem.detail().to_owned())), self))
    }

    /// Some more lines.
    async fn lines(&mut self) -> Result<String, Problem> {
        let parts = self.api.parts()?;
        let entries = EntryQuery {
            prefix: self.prefix.clone(),
            after: self.after.take(),
            ..whole(self.bucket.clone(), ENTRIES, BYTES)
        };
        let (_, read) = parts.store.records(RecordQuery { entries, values: true }).await?;
        let config = parts.config.borrow().clone();
        let redactors = redactors(&config, &self.bucket);
        let mut lines = String::new();
        for record in &read.records {
            let entry = EntryInfo::of(&self.bucket, record, &redactors);
            let line = serde_json::to_string(&entry);
            lines += &line.map_err(|reason| Problem::unavailable(reason.to_string()))?;
            lines.push('\n');
        }
        self.after = read.records.last().map(|record| record.key.to_string());
        self.over = !read.more;
        Ok(lines)
    }
}
