//! `/plugins/{plugin}/versions`: what plugins were before, and bringing that back.

use axum::{Json, extract::State};
use horarium_core::{digest::Digest, name::PluginName};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::{
    Api, Parts,
    plugins::{WholePlugin, install, turn, unknown, whole},
    problem::{Problem, ProblemBody},
    read::{Body, Named},
};
use crate::versions::Version;

/// A version that is kept.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptVersion {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) version: Version,
    /// Whether it is what the plugin is now.
    pub(crate) in_use: bool,
}

/// The versions of a plugin that are kept, the one that came into use last first: of one that
/// was removed as well.
#[utoipa::path(get, path = "/plugins/{plugin}/versions", tag = "plugins", operation_id = "list_plugin_versions",
    params(("plugin" = String, Path, description = "Its file's name without `.wasm`.")),
    responses((status = 200, body = Vec<KeptVersion>), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
) -> Result<Json<Vec<KeptVersion>>, Problem> {
    let parts = api.parts()?;
    let kept = versions(&parts, &plugin).await?;
    if kept.is_empty() && !parts.library.list().iter().any(|it| it.name == plugin.as_str()) {
        return Err(unknown(&parts, &plugin));
    }
    let current = parts.library.get(&plugin).map(|plugin| plugin.digest());
    let seen = |version: Version| KeptVersion { in_use: Some(version.digest) == current, version };
    Ok(Json(kept.into_iter().map(seen).collect()))
}

/// Which version.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Back {
    /// One of those that are kept. Default: the one that was in use before.
    #[schema(value_type = Option<String>, pattern = "^[0-9A-Fa-f]{64}$")]
    digest: Option<Digest>,
}

/// Brings back a version that was in use before. Answers once it is in use again.
#[utoipa::path(post, path = "/plugins/{plugin}/rollback", tag = "plugins", operation_id = "roll_back_plugin",
    params(("plugin" = String, Path, description = "Its file's name without `.wasm`.")),
    request_body = Option<Back>,
    responses((status = 200, body = WholePlugin), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn roll_back(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
    Body(Back { digest }): Body<Back>,
) -> Result<Json<WholePlugin>, Problem> {
    let parts = api.parts()?;
    back(&parts, &plugin, digest).await?;
    whole(&parts, plugin).await.map(Json)
}

/// Brings back a version; none names the one before.
pub(crate) async fn back(
    parts: &Parts,
    plugin: &PluginName,
    digest: Option<Digest>,
) -> Result<(), Problem> {
    let turn = turn(parts)?;
    let current = parts.library.get(plugin).map(|plugin| plugin.digest());
    let wanted = match digest {
        Some(digest) => digest,
        None => {
            let kept = versions(parts, plugin).await?;
            let before = kept.iter().find(|version| Some(version.digest) != current);
            let none = || match current.is_some() || !kept.is_empty() {
                true => Problem::conflict(format!("no other version of `{plugin}` is kept")),
                false => unknown(parts, plugin),
            };
            before.ok_or_else(none)?.digest
        }
    };
    let (store, name) = (parts.versions.clone(), plugin.clone());
    let read = spawn_blocking(move || store.read(&name, wanted)).await;
    let read = read.map_err(|_| Problem::draining())?;
    let failed = |reason| Problem::unavailable(format!("can't read the version: {reason}"));
    let bytes = read.map_err(failed)?;
    let none =
        || Problem::not_found(format!("no version {} of `{plugin}` is kept", wanted.short()));
    install(parts, plugin, bytes.ok_or_else(none)?, turn).await
}

/// The versions of a plugin that are kept.
pub(crate) async fn versions(parts: &Parts, plugin: &PluginName) -> Result<Vec<Version>, Problem> {
    let (store, name) = (parts.versions.clone(), plugin.clone());
    let listed = spawn_blocking(move || store.list(&name)).await;
    let failed = |reason| Problem::unavailable(format!("can't look at the versions: {reason}"));
    listed.map_err(|_| Problem::draining())?.map_err(failed)
}
