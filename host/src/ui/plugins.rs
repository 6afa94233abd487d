//! Plugins, and one of them.

use askama::Template;
use axum::extract::{Path, State};
use horarium_core::{digest::Digest, function::TaskFunction, name::TaskName, text::escape};
use horarium_sandbox::{Listing, Plugin};
use jiff::Timestamp;

use super::{
    badge::Badge,
    refused::Refused,
    shell::{Here, Page, Shell},
    viewer::Viewer,
    words::{Moment, line, pretty},
};
use crate::{
    api::{Api, Problem, versions::versions},
    config::{Config, TaskDraft},
    granted, output,
    standing::Standing,
    versions::Version,
};

#[derive(Template)]
#[template(path = "plugins.html")]
struct Plugins {
    shell: Shell,
    rows: Vec<Row>,
    dir: String,
}

struct Row {
    name: String,
    href: String,
    state: Badge,
    version: String,
    functions: usize,
    tasks: usize,
    asks: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "plugin.html")]
struct PluginPage {
    shell: Shell,
    name: String,
    state: Badge,
    /// Its file is gone, and versions of it are kept.
    is_removed: bool,
    digest: Option<String>,
    problem: Option<String>,
    functions: Vec<Function>,
    uncallable: Vec<(String, String)>,
    imports: Vec<Import>,
    /// Those that use it, each with what keeps it from running.
    tasks: Vec<(TaskName, Option<Badge>)>,
    versions: Vec<Kept>,
}

/// A version that can be brought back.
struct Kept {
    digest: String,
    short: String,
    size: String,
    used: Moment,
    /// It is the one in use.
    current: bool,
}

struct Function {
    name: String,
    alias: Option<String>,
    kind: &'static str,
    summary: String,
    defaults: Option<String>,
    decides: bool,
    schema: Option<String>,
}

/// What it can ask for.
struct Import {
    words: &'static str,
    names: String,
    /// The keys that grant it; none where nothing has to.
    keys: &'static [&'static str],
    /// How many of its tasks have it.
    granted: usize,
}

pub(super) async fn list(State(api): State<Api>, viewer: Viewer) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let config = parts.config.borrow().clone();
    Ok(Page::good(&Plugins {
        shell: Shell::new("Plugins", Here::Plugins, viewer),
        rows: parts.library.list().into_iter().map(|listing| Row::of(listing, &config)).collect(),
        dir: config.plugin_dir.display().to_string(),
    }))
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    let listing = parts.library.list().into_iter().find(|listing| listing.name == name);
    let versions = match name.parse() {
        Ok(plugin) => versions(&parts, &plugin).await?,
        // A file that can't be a plugin was never in use.
        Err(_) => Vec::new(),
    };
    let is_removed = listing.is_none();
    let listing = match listing {
        Some(listing) => listing,
        None if versions.is_empty() => {
            return Err(Problem::not_found(format!("there is no plugin {name:?}")).into());
        }
        None => Listing { name: name.clone(), plugin: None, problem: None },
    };
    let config = parts.config.borrow().clone();
    let users: Vec<_> = users(&listing, &config).collect();
    let standing = parts.standing.borrow().clone();
    let plugin = listing.plugin.as_deref();
    let current = plugin.map(Plugin::digest);
    let now = Timestamp::now();
    let functions = plugin.map(Plugin::functions).unwrap_or_default();
    let uncallable = plugin.map(Plugin::uncallable).unwrap_or_default().iter();
    Ok(Page::good(&PluginPage {
        shell: Shell::new(escape(&name), Here::Plugins, viewer),
        name: escape(&name),
        state: if is_removed { Badge::of("removed") } else { state(&listing) },
        is_removed,
        digest: plugin.map(|plugin| plugin.digest().to_string()),
        problem: listing.problem.as_deref().map(escape),
        functions: functions.iter().map(Function::of).collect(),
        uncallable: uncallable.map(|it| (escape(&it.name), escape(&it.reason))).collect(),
        imports: plugin.map_or_else(Vec::new, |plugin| imports(plugin, &users)),
        tasks: users.iter().map(|draft| user(&draft.name.value, &standing)).collect(),
        versions: versions.iter().map(|version| Kept::of(version, current, now)).collect(),
    }))
}

/// The tasks that use a plugin.
fn users<'a>(listing: &'a Listing, config: &'a Config) -> impl Iterator<Item = &'a TaskDraft> {
    config.tasks.iter().filter(|draft| draft.plugin.value.as_str() == listing.name)
}

fn user(task: &TaskName, standing: &Standing) -> (TaskName, Option<Badge>) {
    (task.clone(), standing.of(task).hindrance().map(Badge::of))
}

fn state(listing: &Listing) -> Badge {
    Badge::of(if listing.plugin.is_some() { "usable" } else { "unusable" })
}

impl Row {
    fn of(listing: Listing, config: &Config) -> Self {
        let plugin = listing.plugin.as_deref();
        let capabilities = plugin.map(|plugin| granted::by_capability(&plugin.imports()));
        let asking = capabilities.iter().flatten().map(|(capability, _)| capability);
        let asking = asking.filter(|capability| !capability.keys().is_empty());
        let asks: Vec<_> = asking.map(|capability| capability.words()).collect();
        let name: String = form_urlencoded::byte_serialize(listing.name.as_bytes()).collect();
        Self {
            // A space is no plus sign in a path.
            href: format!("/plugins/{}", name.replace('+', "%20")),
            state: state(&listing),
            version: plugin.map(|plugin| plugin.digest().short()).unwrap_or_default(),
            functions: plugin.map_or(0, |plugin| plugin.functions().len()),
            tasks: users(&listing, config).count(),
            asks: if asks.is_empty() { "nothing".to_owned() } else { asks.join(", ") },
            problem: listing.problem.as_deref().map(line),
            name: escape(&listing.name),
        }
    }
}

impl Kept {
    fn of(version: &Version, current: Option<Digest>, now: Timestamp) -> Self {
        Self {
            digest: version.digest.to_string(),
            short: version.digest.short(),
            size: output::bytes(version.bytes),
            used: Moment::relative(version.used_at, now),
            current: current == Some(version.digest),
        }
    }
}

impl Function {
    fn of(function: &TaskFunction) -> Self {
        Self {
            name: escape(&function.name),
            alias: function.alias.as_deref().map(escape),
            kind: function.kind.as_str(),
            summary: escape(&function.summary),
            defaults: function.defaults.as_ref().map(|defaults| line(&defaults.to_string())),
            decides: function.decides,
            schema: function
                .args_schema
                .as_ref()
                .map(|schema| pretty(&schema.value().to_string()).0),
        }
    }
}

fn imports(plugin: &Plugin, users: &[&TaskDraft]) -> Vec<Import> {
    let capabilities = granted::by_capability(&plugin.imports());
    let import = |(capability, names): (horarium_sandbox::Capability, Vec<String>)| Import {
        words: capability.words(),
        names: escape(&names.join(", ")),
        keys: capability.keys(),
        granted: users.iter().filter(|draft| capability.is_granted(&draft.grants)).count(),
    };
    capabilities.into_iter().map(import).collect()
}
