//! `horarium status`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::text::escape;

use super::Common;
use crate::{api::host::HostView, output, standing};

#[derive(Args)]
pub(super) struct Status {}

impl Status {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let host = common.host().await?.host().await?;
        if common.json {
            output::json(&host);
            return Ok(ExitCode::SUCCESS);
        }
        for line in told(&host) {
            output::line(&escape(&line));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// How a host stands, a line each.
fn told(host: &HostView) -> Vec<String> {
    let tasks = standing::sum(host.tasks, host.unusable, host.waiting);
    let mut lines = vec![format!("horarium {} serves {tasks}", host.version)];
    let mut fact = |what: &str, text: String| lines.push(format!("{what:<15}{text}"));
    if let Some(trouble) = &host.trouble {
        fact("not ready", trouble.to_string());
    }
    if host.draining {
        fact("stopping", "nothing new starts, and what runs is waited for".to_owned());
    }
    if let Some(since) = host.paused_at {
        let since = output::local(since);
        fact("paused", format!("since {since}: nothing starts before `horarium resume --all`"));
    }
    if host.aside > 0 {
        let aside = output::plural(usize::try_from(host.aside).unwrap_or(usize::MAX), "task");
        fact("put aside", format!("{aside}: `horarium tasks` says which"));
    }
    if host.unusable > 0 {
        fact("problems", "`horarium tasks` says which tasks can't run, and why".to_owned());
    }
    fact("configuration", host.configuration.clone());
    if let Some(broken) = &host.broken {
        let since = output::local(broken.since);
        let text = format!("since {since}: {}; the last good one goes on", broken.error);
        fact("broken", text);
    }
    let none = "none: `[web] listen` in the configuration says where one is served";
    fact("page", host.page.clone().unwrap_or_else(|| none.to_owned()));
    let running = host.running;
    let slots = format!("{running} of {} at once, {} waiting", host.capacity, host.queued);
    fact("runs", slots);
    let since = output::local(host.since);
    fact("up", format!("since {since}, as process {}", host.pid));
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_as_it_should_be_is_told() {
        let mut host: HostView = serde_json::from_value(json!({
            "version": "0.1.0", "pid": 7, "since": "2026-03-27T14:32:07Z",
            "page": "http://127.0.0.1:7878/", "configuration": "/srv/horarium.toml",
            "broken": null, "capacity": 8, "running": 1, "queued": 2, "tasks": 3,
            "unusable": 0, "waiting": 0, "paused_at": null, "draining": false,
        }))
        .unwrap();
        let up = output::local(host.since);
        assert_eq!(
            told(&host).join("\n"),
            format!(
                "horarium 0.1.0 serves 3 tasks\n\
                 configuration  /srv/horarium.toml\n\
                 page           http://127.0.0.1:7878/\n\
                 runs           1 of 8 at once, 2 waiting\n\
                 up             since {up}, as process 7"
            )
        );
        (host.unusable, host.draining, host.page, host.aside) = (2, true, None, 1);
        host.paused_at = Some(host.since);
        host.trouble = Some("the history can't be written".into());
        host.broken = serde_json::from_value(json!({
            "since": host.since, "error": "1 thing is wrong with the configuration", "problems": [],
        }))
        .unwrap();
        let all = told(&host).join("\n");
        for said in [
            "3 tasks, 2 with problems\n",
            "\nnot ready      the history can't be written\n",
            "\nstopping       nothing new starts",
            "\npaused         since ",
            "\nput aside      1 task: `horarium tasks`",
            "\nproblems       `horarium tasks`",
            "1 thing is wrong with the configuration; the last good one goes on\n",
            "\npage           none: `[web] listen`",
        ] {
            assert!(all.contains(said), "{said} in {all}");
        }
    }
}
