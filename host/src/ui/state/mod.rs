//! What tasks keep: all buckets, one, and an entry.

mod bucket;
mod entry;
mod fill;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use horarium_core::{Buckets, effects::Bucket, store::BucketQuery};
use serde::Deserialize;

pub(super) use self::{
    bucket::{clear, show as bucket},
    entry::{delete, set, show as entry},
    fill::{Fill, of_task},
};
use super::{
    read::Params,
    refused::Refused,
    shell::{Here, Page, Shell},
    viewer::Viewer,
};
use crate::{
    api::{Api, page, state},
    keeping::Shares,
};

/// Buckets on a page.
const ROWS: u32 = 100;

#[derive(Deserialize)]
pub(super) struct Which {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "state.html")]
struct StatePage {
    shell: Shell,
    rows: Vec<Fill>,
    first: Option<&'static str>,
    further: Option<String>,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let after = page::cursor::<Bucket>(which.after.as_ref())?;
    let parts = api.parts()?;
    let first = after.as_ref().map(|_| "/state");
    let mut found = parts.store.buckets(BucketQuery { after, limit: ROWS + 1 }).await?;
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = found.len() > rows;
    found.truncate(rows);
    let config = parts.config.borrow().clone();
    let shares = Shares::of(&config);
    let further = found.last().filter(|_| more);
    Ok(Page::good(&StatePage {
        shell: Shell::new("State", Here::Tasks, viewer),
        further: further.map(|last| format!("/state?after={}", last.bucket.address())),
        rows: found
            .iter()
            .map(|view| Fill::of(&view.bucket, view.stand, &shares.holders(&config, &view.bucket)))
            .collect(),
        first,
    }))
}

/// The bucket in an address.
pub(super) struct In(Bucket);

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let state::In(bucket) = state::In::from_request_parts(parts, state).await?;
        Ok(Self(bucket))
    }
}

/// Where a bucket is shown.
fn place(bucket: &Bucket) -> String {
    format!("/state/{}", bucket.address())
}

/// Where one of its entries is.
fn place_of(bucket: &Bucket, key: &str) -> String {
    format!("{}/entry?key={}", place(bucket), encoded(key))
}

/// A text behind a question mark.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
