//! What a task is granted, and what its plugin could ask for, in words.

use std::{collections::BTreeMap, fmt::Display};

use horarium_core::{
    effects::Quota,
    grants::{Grants, Origin, Stdin, Variable},
    net::{Host, http::Place},
    text::escape,
};
use horarium_sandbox::Capability;

use crate::output;

/// Something that is granted. Fit to be shown, and without any secret.
pub(crate) struct Granted {
    /// The key that grants it.
    pub(crate) grant: &'static str,
    pub(crate) what: String,
    pub(crate) how: String,
}

/// All that a task is granted.
pub(crate) fn rows(grants: &Grants) -> Vec<Granted> {
    let mut rows = Vec::new();
    let mut row = |grant, what, how| rows.push(Granted { grant, what, how });
    for dir in &grants.dirs {
        let how = format!("{}, {}", dir.host.display(), dir.access.as_str());
        row("dirs", escape(&dir.guest), escape(&how));
    }
    if !grants.dirs.is_empty() {
        row("write_limit", output::bytes(grants.write_limit.0), "an attempt".to_owned());
    }
    for (kind, endpoints) in [("tcp", &grants.tcp), ("udp", &grants.udp)] {
        for endpoint in endpoints {
            row(kind, endpoint.to_string(), reach(&endpoint.host, &endpoint.within));
        }
    }
    for grant in &grants.http {
        let credential = grant.credential.as_ref().map(|credential| match credential.place() {
            Place::Header(name) => format!("with a credential in the header `{name}`"),
            Place::Query(name) => format!("with a credential in the query's `{name}`"),
        });
        let reach = reach(grant.prefix.host(), &grant.within);
        let how = [Some(reach), credential].into_iter().flatten().filter(|how| !how.is_empty());
        row("http", grant.to_string(), escape(&how.collect::<Vec<_>>().join(", ")));
    }
    for variable in grants.env.variables() {
        row("env", escape(&variable.name), origin(variable));
    }
    match &grants.stdin {
        Stdin::Empty => {}
        Stdin::Text(text) => {
            row("stdin", output::bytes(length(text)), "from the configuration".to_owned());
        }
        Stdin::File(path) => {
            row("stdin", escape(&path.display().to_string()), "a file".to_owned());
        }
    }
    let quota = |quota: &Quota| {
        format!("{} keys, {}", output::count(quota.keys), output::bytes(quota.bytes))
    };
    row("state", quota(&grants.state.quota), "of its own".to_owned());
    for grant in &grants.state.shared {
        let how = format!("{}, up to {}", grant.access.as_str(), quota(&grant.quota));
        row("buckets", grant.bucket.to_string(), how);
    }
    for grant in &grants.tasks {
        let how = format!("while it has fewer than {} runs", output::count(grant.limit.into()));
        row("tasks", grant.task.to_string(), how);
    }
    row("clocks", grants.clocks.as_str().to_owned(), String::new());
    let always = "log, progress, standard output and error, random bytes";
    row("always", always.to_owned(), String::new());
    rows
}

/// Imports by what they are for. Those of a plugin that was loaded are all known.
pub(crate) fn by_capability(imports: &[String]) -> BTreeMap<Capability, Vec<String>> {
    let mut capabilities = BTreeMap::<_, Vec<_>>::new();
    for import in imports {
        if let Some(capability) = Capability::of(import) {
            capabilities.entry(capability).or_default().push(import.clone());
        }
    }
    capabilities
}

/// The keys that grant something, for a sentence.
pub(crate) fn keys(capability: Capability) -> String {
    let keys: Vec<_> = capability.keys().iter().map(|key| format!("`{key}`")).collect();
    keys.join(" or ")
}

/// What is imported and not granted.
pub(crate) fn denied(imports: &[String], grants: &Grants) -> BTreeMap<Capability, Vec<String>> {
    let mut denied = by_capability(imports);
    denied.retain(|capability, _| !capability.is_granted(grants));
    denied
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

/// Where a host may lie.
fn reach(host: &Host, within: &[impl Display]) -> String {
    match host {
        Host::Net(_) => String::new(),
        Host::Name(name) if name == "localhost" => "this machine".to_owned(),
        Host::Name(_) => {
            let ranges: String = within.iter().map(|net| format!(", {net}")).collect();
            format!("public addresses{ranges}")
        }
    }
}

/// Where a value is from; never the value.
fn origin(variable: &Variable) -> String {
    let secret = if variable.origin.is_secret() { ", secret" } else { "" };
    match &variable.origin {
        Origin::Written => "from the configuration".to_owned(),
        Origin::HostEnv { name, .. } => format!("from the host's {}{secret}", escape(name)),
        Origin::File { path, .. } => {
            format!("from {}{secret}", escape(&path.display().to_string()))
        }
    }
}
