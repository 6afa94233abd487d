//! `/plugins`: what the plugin directory holds, and putting something there.

use std::{
    fs::{self, File},
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Json,
    extract::{Request, State},
};
use horarium_core::name::{PluginName, TaskName};
use horarium_sandbox::Listing;
use serde::{Deserialize, Serialize};
use tokio::{sync::MutexGuard, task::spawn_blocking};
use utoipa::ToSchema;

use super::{
    Api, Parts,
    problem::{Problem, ProblemBody},
    read::Named,
    versions::versions,
};
use crate::{
    access::{self, Longest},
    config::{ProblemView, meant},
    describe::{self, PluginView},
    versions::{self, Version},
};

/// How long whoever brings a plugin waits until it is in use. The host looks at its plugin
/// directory once a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether it is.
const AGAIN: Duration = Duration::from_millis(20);

/// How many tasks are named that keep a plugin from going.
const USERS: usize = 5;

/// A plugin: what it offers and asks for, and what it was before.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct WholePlugin {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) plugin: PluginView,
    /// What it asks its host for.
    imports: Vec<String>,
    /// What it offers, task functions or not.
    exports: Vec<String>,
    /// The versions that are kept, the one that came into use last first.
    pub(crate) versions: Vec<Version>,
    /// Tasks that use it and can't run, or not as they are meant to.
    pub(crate) unusable: Vec<UnusableTask>,
}

/// A task that can't run, or not as it is meant to.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct UnusableTask {
    #[schema(value_type = String)]
    pub(crate) task: TaskName,
    /// Why.
    pub(crate) problems: Vec<ProblemView>,
}

/// Those of a plugin's tasks that can't run, by name.
pub(crate) fn unusable(parts: &Parts, plugin: &PluginName) -> Vec<UnusableTask> {
    let config = parts.config.borrow().clone();
    let standing = parts.standing.borrow().clone();
    let uses = |task| config.draft(task).is_some_and(|draft| draft.plugin.value == *plugin);
    let tasks = standing.unusable().filter(|(task, _)| uses(task));
    tasks
        .map(|(task, problems)| UnusableTask { task: task.clone(), problems: problems.to_vec() })
        .collect()
}

/// A plugin that is out of use.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Removed {
    #[schema(value_type = String)]
    pub(crate) plugin: PluginName,
    /// The versions that can come back, the one that came into use last first.
    pub(crate) versions: Vec<Version>,
}

/// All plugins, by name.
#[utoipa::path(get, path = "/plugins", tag = "plugins", operation_id = "list_plugins", responses(
    (status = 200, body = Vec<PluginView>),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Vec<PluginView>>, Problem> {
    Ok(Json(describe::plugins(&api.parts()?.library)))
}

/// One plugin.
#[utoipa::path(get, path = "/plugins/{plugin}", tag = "plugins", operation_id = "show_plugin",
    params(("plugin" = String, Path, description = "Its file's name without `.wasm`.")),
    responses((status = 200, body = WholePlugin), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
) -> Result<Json<WholePlugin>, Problem> {
    let parts = api.parts()?;
    whole(&parts, plugin).await.map(Json)
}

/// Puts a plugin into the plugin directory, instead of the one that is there. Answers once it
/// is in use; what is no plugin changes nothing.
#[utoipa::path(put, path = "/plugins/{plugin}", tag = "plugins", operation_id = "upload_plugin",
    params(("plugin" = String, Path, description = "The file's name without `.wasm`.")),
    request_body(content_type = "application/wasm", description = "The file."),
    responses(
        (status = 200, body = WholePlugin),
        (status = 413, description = "It is longer than any plugin.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It is no plugin.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn upload(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
    request: Request,
) -> Result<Json<WholePlugin>, Problem> {
    let parts = api.parts()?;
    // Before its body is read: that may be long.
    let turn = turn(&parts)?;
    let bytes = access::whole(request, Longest::Plugin).await?;
    install(&parts, &plugin, bytes.into(), turn).await?;
    whole(&parts, plugin).await.map(Json)
}

/// Takes a plugin out of the plugin directory. Its versions are kept, so that it can come back
/// by a rollback. One that the configuration has tasks of stays. Answers once nothing of it is
/// in use.
#[utoipa::path(delete, path = "/plugins/{plugin}", tag = "plugins", operation_id = "remove_plugin",
    params(("plugin" = String, Path, description = "Its file's name without `.wasm`.")),
    responses(
        (status = 200, body = Removed),
        (status = 409, description = "Tasks of the configuration run it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
) -> Result<Json<Removed>, Problem> {
    let parts = api.parts()?;
    let _turn = turn(&parts)?;
    if !is_there(&parts, &plugin) {
        return Err(unknown(&parts, &plugin));
    }
    let config = parts.config.borrow().clone();
    let users = config.tasks.iter().filter(|draft| draft.plugin.value == plugin);
    let users: Vec<_> = users.map(|draft| format!("`{}`", draft.name.value)).collect();
    if !users.is_empty() {
        let few = users.iter().take(USERS).cloned().collect::<Vec<_>>().join(", ");
        let more = if users.len() > USERS { " and others" } else { "" };
        return Err(Problem::conflict(format!(
            "`{plugin}` is what {few}{more} of the configuration run; take them out of it first"
        )));
    }
    take_away(&parts, &plugin).await?;
    wait("it is out of the plugin directory, and still in use", || !is_there(&parts, &plugin))
        .await?;
    let versions = versions(&parts, &plugin).await?;
    Ok(Json(Removed { plugin, versions }))
}

/// Takes the file away, and keeps what it held.
async fn take_away(parts: &Parts, plugin: &PluginName) -> Result<(), Problem> {
    let current = parts.library.get(plugin).map(|plugin| plugin.digest());
    let (versions, name, file) =
        (parts.versions.clone(), plugin.clone(), parts.library.file(plugin));
    let remove = move || {
        let failed = |what: &'static str| {
            move |reason| Problem::unavailable(format!("can't {what}: {reason}"))
        };
        if let Some(current) = current.filter(|current| !versions.has(&name, *current)) {
            let kept = versions.keep(&name, current, &file, SystemTime::now());
            kept.map_err(failed("keep the version in use"))?;
        }
        fs::remove_file(&file)
            // What is said to be gone is so after a power cut, too.
            .and_then(|()| file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all()))
            .map_err(failed("write the plugin directory"))
    };
    spawn_blocking(remove).await.map_err(|_| Problem::draining())?
}

/// Whether the plugin directory holds it, fit to be used or not.
fn is_there(parts: &Parts, plugin: &PluginName) -> bool {
    parts.library.list().iter().any(|listing| listing.name == plugin.as_str())
}

/// There is no such plugin, and never was one that is kept.
pub(super) fn unknown(parts: &Parts, plugin: &PluginName) -> Problem {
    let files = parts.library.list();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let near = meant(plugin.as_str(), &names);
    Problem::not_found(format!("there is no plugin `{plugin}`; {near}"))
}

/// One plugin comes at a time: each takes a compiler and several times as much memory as it
/// is long.
pub(super) fn turn(parts: &Parts) -> Result<MutexGuard<'_, ()>, Problem> {
    let busy = |_| Problem::conflict("another plugin is on its way; try again");
    parts.installing.try_lock().map_err(busy)
}

pub(super) async fn whole(parts: &Parts, plugin: PluginName) -> Result<WholePlugin, Problem> {
    let versions = versions(parts, &plugin).await?;
    let is_it = |listing: &Listing| listing.name == plugin.as_str();
    let listing = parts.library.list().into_iter().find(is_it);
    let listing = listing.ok_or_else(|| unknown(parts, &plugin))?;
    let loaded = listing.plugin.clone();
    Ok(WholePlugin {
        imports: loaded.as_ref().map(|plugin| plugin.imports()).unwrap_or_default(),
        exports: loaded.as_ref().map(|plugin| plugin.exports()).unwrap_or_default(),
        unusable: unusable(parts, &plugin),
        plugin: describe::plugin(listing),
        versions,
    })
}

/// Puts a plugin into the plugin directory, and waits until it is in use.
pub(super) async fn install(
    parts: &Parts,
    plugin: &PluginName,
    bytes: Vec<u8>,
    _turn: MutexGuard<'_, ()>,
) -> Result<(), Problem> {
    let digest = versions::of(&bytes);
    let examined = parts.library.examine(bytes.clone()).await;
    examined.map_err(|reason| Problem::misfit(format!("plugin `{plugin}`: {reason}")))?;
    let current = parts.library.get(plugin).map(|plugin| plugin.digest());
    let (versions, name, file) =
        (parts.versions.clone(), plugin.clone(), parts.library.file(plugin));
    let replace = move || {
        let failed = |what: &'static str| {
            move |reason| Problem::unavailable(format!("can't {what}: {reason}"))
        };
        // What is about to go can come back.
        if let Some(current) = current.filter(|current| !versions.has(&name, *current)) {
            let kept = versions.keep(&name, current, &file, SystemTime::now());
            kept.map_err(failed("keep the version in use"))?;
        }
        versions::write_whole(&file, &bytes).map_err(failed("write the plugin directory"))?;
        let kept = versions.keep(&name, digest, &file, SystemTime::now());
        kept.map_err(failed("keep the new version"))
    };
    spawn_blocking(replace).await.map_err(|_| Problem::draining())??;
    // Whoever brings it hears what its tasks make of it.
    let is_used = || {
        let current = parts.library.get(plugin).map(|plugin| plugin.digest());
        current == Some(digest) && parts.standing.borrow().has_joined(plugin, digest)
    };
    wait("it is in the plugin directory, and not in use yet", is_used).await
}

/// Waits until the host has seen what was done to its plugin directory.
async fn wait(not_yet: &'static str, is_seen: impl Fn() -> bool) -> Result<(), Problem> {
    let patience = Instant::now() + PATIENCE;
    while !is_seen() {
        if Instant::now() >= patience {
            return Err(Problem::unavailable(not_yet));
        }
        tokio::time::sleep(AGAIN).await;
    }
    Ok(())
}
