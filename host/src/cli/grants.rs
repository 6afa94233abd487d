//! `horarium grants`

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::Result;
use clap::Args;
use horarium_core::{
    effects::Quota,
    grants::{BucketGrant, Grants, Origin, Stdin, TaskGrant, Variable},
    limits::{Fuel, Limits, show_duration},
    name::TaskName,
    net::{
        Endpoint,
        http::{HttpGrant, Place},
    },
};
use horarium_sandbox::Capability;
use serde_json::{Value, json};

use super::{
    Common,
    rows::{Fit, Paper, Rows},
};
use crate::{granted, output, plugins};

#[derive(Args)]
pub(super) struct Granted {
    /// The task.
    task: TaskName,
}

impl Granted {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let config = common.outline()?;
        let draft = config.task(&self.task)?;
        let library = plugins::library(&config, 1, |_| {}).await?;
        let plugin = library.get(&draft.plugin.value);
        let bound = plugins::bind_one(&config, draft, &library);
        let denied =
            plugin.as_ref().map(|plugin| granted::denied(&plugin.imports(), &draft.grants));
        let shown = Shown {
            task: &self.task,
            grants: &draft.grants,
            // Where the plugin is not there, nobody suggests anything.
            limits: bound
                .spec
                .map_or_else(|| draft.limits.resolve(&config.caps), |spec| spec.limits),
            denied,
        };
        if common.json {
            output::json(&shown.to_json());
        } else {
            shown.print();
        }
        if plugin.is_none() {
            let name = &draft.plugin.value;
            output::error_line(&format!(
                "what its plugin asks for is unknown: there is no usable plugin `{name}`"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[("GRANT", Fit::Whole), ("WHAT", Fit::Full), ("HOW", Fit::Full)];

struct Shown<'a> {
    task: &'a TaskName,
    grants: &'a Grants,
    limits: Limits,
    denied: Option<BTreeMap<Capability, Vec<String>>>,
}

impl Shown<'_> {
    fn print(&self) {
        let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
        for row in granted::rows(self.grants) {
            rows.add(vec![row.grant.to_owned(), row.what, row.how]);
        }
        let mut row = |grant: &str, what: String, how: String| {
            rows.add(vec![grant.to_owned(), what, how]);
        };
        let limits = &self.limits;
        let fuel = match limits.fuel {
            Fuel::Limited(units) => output::count(units),
            Fuel::Unlimited => "unlimited".to_owned(),
        };
        for (limit, value) in [
            ("timeout", show_duration(limits.timeout)),
            ("fuel", fuel),
            ("memory", output::bytes(limits.memory)),
            ("log", output::bytes(limits.log)),
            ("output", output::bytes(limits.output)),
        ] {
            row(limit, value, "at most".to_owned());
        }
        rows.print("");
        let denied = self.denied.iter().flatten();
        for (index, (capability, _)) in denied.enumerate() {
            if index == 0 {
                output::line("\nits plugin can ask for this as well, and gets nothing by it:");
            }
            let keys = granted::keys(*capability);
            output::line(&format!("  {} (no {keys})", capability.words()));
        }
    }

    fn to_json(&self) -> Value {
        let grants = self.grants;
        let fuel = match self.limits.fuel {
            Fuel::Limited(units) => json!(units),
            Fuel::Unlimited => json!("unlimited"),
        };
        let dirs = grants.dirs.iter().map(
            |dir| json!({ "host": dir.host, "guest": dir.guest, "access": dir.access.as_str() }),
        );
        let denied = self.denied.as_ref().map(|denied| {
            let denied = denied.iter().map(|(capability, imports)| {
                json!({
                    "capability": capability.words(),
                    "keys": capability.keys(),
                    "imports": imports,
                })
            });
            denied.collect::<Value>()
        });
        json!({
            "task": self.task,
            "dirs": dirs.collect::<Value>(),
            "write_limit": grants.write_limit.0,
            "tcp": grants.tcp.iter().map(endpoint_json).collect::<Value>(),
            "udp": grants.udp.iter().map(endpoint_json).collect::<Value>(),
            "http": grants.http.iter().map(http_json).collect::<Value>(),
            "env": grants.env.variables().iter().map(variable_json).collect::<Value>(),
            "stdin": stdin_json(&grants.stdin),
            "state": quota_json(&grants.state.quota),
            "buckets": grants.state.shared.iter().map(bucket_json).collect::<Value>(),
            "tasks": grants.tasks.iter().map(task_json).collect::<Value>(),
            "clocks": grants.clocks.as_str(),
            "limits": {
                "timeout_s": self.limits.timeout.as_secs_f64(),
                "fuel": fuel,
                "memory": self.limits.memory,
                "log": self.limits.log,
                "output": self.limits.output,
            },
            "denied": denied,
        })
    }
}

fn endpoint_json(endpoint: &Endpoint) -> Value {
    let within = endpoint.within.iter().map(ToString::to_string);
    json!({ "to": endpoint.to_string(), "within": within.collect::<Value>() })
}

fn http_json(grant: &HttpGrant) -> Value {
    let within = grant.within.iter().map(ToString::to_string);
    let credential = grant.credential.as_ref().map(|credential| match credential.place() {
        Place::Header(name) => json!({ "header": name }),
        Place::Query(name) => json!({ "query": name }),
    });
    json!({
        "url": grant.prefix.to_string(),
        "methods": grant.methods.to_string().split(", ").collect::<Value>(),
        "within": within.collect::<Value>(),
        "credential": credential,
    })
}

fn variable_json(variable: &Variable) -> Value {
    let (from, source) = match &variable.origin {
        Origin::Written => ("configuration", Value::Null),
        Origin::HostEnv { name, .. } => ("host_env", json!(name)),
        Origin::File { path, .. } => ("file", json!(path)),
    };
    json!({
        "name": variable.name,
        "from": from,
        "source": source,
        "secret": variable.origin.is_secret(),
    })
}

fn quota_json(quota: &Quota) -> Value {
    json!({ "keys": quota.keys, "bytes": quota.bytes })
}

fn bucket_json(grant: &BucketGrant) -> Value {
    json!({
        "bucket": grant.bucket,
        "access": grant.access.as_str(),
        "quota": quota_json(&grant.quota),
    })
}

fn task_json(grant: &TaskGrant) -> Value {
    json!({ "task": grant.task, "limit": grant.limit })
}

fn stdin_json(stdin: &Stdin) -> Value {
    match stdin {
        Stdin::Empty => Value::Null,
        Stdin::Text(text) => json!({ "from": "configuration", "bytes": text.len() }),
        Stdin::File(path) => json!({ "from": "file", "source": path }),
    }
}
