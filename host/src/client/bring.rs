//! What a host is given: plugins, and configurations to look at.

use anyhow::Result;
use horarium_core::{digest::Digest, name::PluginName};
use hyper::{Method, body::Bytes};
use serde_json::{Value, json};

use super::{Client, JSON, read::read};
use crate::{
    api::{
        plugins::{Removed, WholePlugin},
        versions::KeptVersion,
    },
    serve::Taken,
    soundness::Soundness,
};

impl Client {
    /// Has it read its configuration anew.
    pub(crate) async fn reload(&mut self) -> Result<Taken> {
        read(self.post("/api/v1/host/reload", &Value::Null).await?)
    }

    /// What it would make of a configuration.
    pub(crate) async fn check(&mut self, text: &str) -> Result<Soundness> {
        let path = "/api/v1/configuration/check";
        read(self.send(Method::POST, path, "application/toml", text.to_owned().into()).await?)
    }

    /// The versions of a plugin that it keeps.
    pub(crate) async fn versions(&mut self, plugin: &PluginName) -> Result<Vec<KeptVersion>> {
        read(self.get(&format!("/api/v1/plugins/{plugin}/versions")).await?)
    }

    /// Has it use this file as a plugin.
    pub(crate) async fn upload(
        &mut self,
        plugin: &PluginName,
        file: Vec<u8>,
    ) -> Result<WholePlugin> {
        let path = format!("/api/v1/plugins/{plugin}");
        read(self.send(Method::PUT, &path, "application/wasm", file.into()).await?)
    }

    /// Has it take a plugin away.
    pub(crate) async fn remove(&mut self, plugin: &PluginName) -> Result<Removed> {
        let path = format!("/api/v1/plugins/{plugin}");
        read(self.send(Method::DELETE, &path, JSON, Bytes::new()).await?)
    }

    /// Has it use a version again; none names the one before.
    pub(crate) async fn roll_back(
        &mut self,
        plugin: &PluginName,
        digest: Option<Digest>,
    ) -> Result<WholePlugin> {
        let path = format!("/api/v1/plugins/{plugin}/rollback");
        read(self.post(&path, &json!({ "digest": digest })).await?)
    }
}
