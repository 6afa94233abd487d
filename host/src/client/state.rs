//! What a host tells and does of what tasks keep.

use anyhow::{Context, Result};
use form_urlencoded::Serializer;
use horarium_core::{checkpoint::CheckpointView, effects::Bucket, run::RunId};
use http_body_util::BodyExt;
use hyper::{
    Method,
    body::{Bytes, Incoming},
    header::{self, HeaderMap, HeaderValue},
};
use serde_json::json;

use super::{Client, JSON, answer, read::read};
use crate::keeping::{BucketInfo, CheckpointInfo, Cleared, Encoding, EntryInfo, KeyInfo};

/// The longest line of an export, in bytes.
const LONGEST_LINE: usize = 256 << 20;

/// As what an entry has to be there, to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whatever is there.
    Anything,
    /// Nothing.
    Nothing,
    /// With this version.
    Version(u64),
}

impl Client {
    /// Buckets that hold anything.
    pub(crate) async fn buckets(&mut self, limit: u32) -> Result<Vec<BucketInfo>> {
        self.list("/state", &Vec::new(), None, limit).await
    }

    /// One bucket.
    pub(crate) async fn bucket(&mut self, bucket: &Bucket) -> Result<BucketInfo> {
        read(self.get(&place(bucket)).await?)
    }

    /// Entries of a bucket.
    pub(crate) async fn keys(
        &mut self,
        bucket: &Bucket,
        prefix: &str,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<KeyInfo>> {
        let words = vec![("prefix", prefix.to_owned())];
        self.list(&format!("/state/{}/entries", bucket.address()), &words, after, limit).await
    }

    /// An entry with its value.
    pub(crate) async fn entry(&mut self, bucket: &Bucket, key: &str) -> Result<EntryInfo> {
        read(self.get(&entry(bucket, key)).await?)
    }

    /// Has it write an entry.
    pub(crate) async fn set_entry(
        &mut self,
        bucket: &Bucket,
        key: &str,
        (value, encoding): (&str, Encoding),
        expected: Expected,
    ) -> Result<KeyInfo> {
        let body = json!({ "value": value, "encoding": encoding }).to_string();
        self.change(Method::PUT, &entry(bucket, key), body.into(), expected).await
    }

    /// Has it take an entry away.
    pub(crate) async fn delete_entry(
        &mut self,
        bucket: &Bucket,
        key: &str,
        expected: Expected,
    ) -> Result<KeyInfo> {
        self.change(Method::DELETE, &entry(bucket, key), Bytes::new(), expected).await
    }

    async fn change(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        expected: Expected,
    ) -> Result<KeyInfo> {
        let mut headers = HeaderMap::new();
        match expected {
            Expected::Anything => {}
            Expected::Nothing => {
                headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
            }
            Expected::Version(version) => {
                let tag = HeaderValue::from_str(&format!("\"{version}\""))?;
                headers.insert(header::IF_MATCH, tag);
            }
        }
        read(answer(self.request_with(method, path, JSON, body, headers).await?).await?)
    }

    /// What was saved for a run's next attempt.
    pub(crate) async fn checkpoint(&mut self, run: RunId) -> Result<CheckpointInfo> {
        read(self.get(&format!("/api/v1/runs/{run}/checkpoint")).await?)
    }

    /// Has it forget that.
    pub(crate) async fn delete_checkpoint(&mut self, run: RunId) -> Result<CheckpointView> {
        let path = format!("/api/v1/runs/{run}/checkpoint");
        read(self.send(Method::DELETE, &path, JSON, Bytes::new()).await?)
    }

    /// Has it take everything out of a bucket.
    pub(crate) async fn clear(&mut self, bucket: &Bucket) -> Result<Cleared> {
        read(self.send(Method::DELETE, &place(bucket), JSON, Bytes::new()).await?)
    }

    /// All entries of a bucket.
    pub(crate) async fn export(&mut self, bucket: &Bucket, prefix: &str) -> Result<Exported> {
        let words = Serializer::new(String::new()).append_pair("prefix", prefix).finish();
        let path = format!("{}/export?{words}", place(bucket));
        let response = self.request(Method::GET, &path, JSON, Bytes::new()).await?;
        match response.status().is_success() {
            true => Ok(Exported { body: response.into_body(), rest: Vec::new() }),
            false => Err(answer(response).await.err().context("the host did not say why not")?),
        }
    }
}

/// Entries that come from a host.
pub(crate) struct Exported {
    body: Incoming,
    /// What has come of the next lines.
    rest: Vec<u8>,
}

impl Exported {
    /// Waits for the next one; none where that was all.
    ///
    /// # Errors
    /// Where the host hangs up before, or says what is none.
    pub(crate) async fn next(&mut self) -> Result<Option<EntryInfo>> {
        let mut looked = 0;
        loop {
            if let Some(end) = self.rest[looked..].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=looked + end).collect();
                let entry = serde_json::from_slice(&line);
                return entry.map(Some).context("the host tells what is no entry");
            }
            looked = self.rest.len();
            anyhow::ensure!(looked <= LONGEST_LINE, "the host tells a line without an end");
            let Some(frame) = self.body.frame().await else {
                anyhow::ensure!(self.rest.is_empty(), "the host has hung up");
                return Ok(None);
            };
            let frame = frame.context("the host has hung up")?;
            if let Some(bytes) = frame.data_ref() {
                self.rest.extend_from_slice(bytes);
            }
        }
    }
}

fn place(bucket: &Bucket) -> String {
    format!("/api/v1/state/{}", bucket.address())
}

fn entry(bucket: &Bucket, key: &str) -> String {
    let words = Serializer::new(String::new()).append_pair("key", key).finish();
    format!("{}/entry?{words}", place(bucket))
}
