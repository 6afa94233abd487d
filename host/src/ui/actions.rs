//! What forms ask for. Each is done by the handler of the API, and answered by a
//! redirection to where it can be seen.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use horarium_core::{
    digest::NotADigest,
    name::{ChannelName, PluginName, TaskName},
    run::RunId,
};

use super::{
    read::Named,
    refused::Refused,
    task::{self, NotTriggered},
    viewer::Viewer,
};
use crate::{
    access::{Longest, whole},
    api::{Api, Problem, channels, checkpoint, host, plugins, read, runs, tasks, versions},
};

/// How a run is wanted, as a form has it: what is left empty is left out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    args: String,
    key: String,
    after: String,
    priority: String,
}

impl Wanted {
    /// Of a form's body.
    fn read(body: &[u8]) -> Self {
        let mut wanted = Self::default();
        for (key, value) in form_urlencoded::parse(body) {
            let field = match key.as_ref() {
                "args" => &mut wanted.args,
                "key" => &mut wanted.key,
                "after" => &mut wanted.after,
                "priority" => &mut wanted.priority,
                _ => continue,
            };
            *field = value.into_owned();
        }
        wanted
    }

    /// The same as a request to the API has it.
    fn to_request(&self) -> Result<tasks::Wanted, Problem> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let args = given(&self.args).map(|args| serde_json::from_str(&args)).transpose();
        let after = given(&self.after).map(|after| after.parse()).transpose();
        let priority = given(&self.priority).map(|priority| priority.parse()).transpose();
        Ok(tasks::Wanted {
            args: args.map_err(|reason| {
                Problem::misfit(format!("the arguments are not JSON: {reason}"))
            })?,
            key: given(&self.key),
            priority: priority
                .map_err(|_| Problem::misfit("the priority is a number from -100 to 100"))?,
            at: None,
            after: after.map_err(|_| {
                Problem::misfit("\"not before\" is a length of time, such as 90s or 5m")
            })?,
        })
    }
}

pub(super) async fn trigger(
    State(api): State<Api>,
    viewer: Viewer,
    Named(task): Named<TaskName>,
    request: Request,
) -> Result<Response, Refused> {
    let form = Wanted::read(&whole(request, Longest::Wish).await?);
    let done = match form.to_request() {
        Ok(wanted) => {
            let (api, task) = (State(api.clone()), read::Named(task.clone()));
            tasks::trigger(api, task, read::Body(wanted)).await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok((status, run)) => {
            let word = if status == StatusCode::CREATED { "triggered" } else { "known" };
            Ok(see(&format!("/runs/{}", run.0.run), word))
        }
        // What was typed is not lost.
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let (status, why) = (problem.status(), problem.detail().to_owned());
            let refused = NotTriggered { why, args: form.args };
            Ok(task::again(&api, viewer, task, status, refused).await?.into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Back to a page, which says what was done.
fn see(page: &str, word: &str) -> Response {
    Redirect::to(&format!("{page}?done={word}")).into_response()
}

pub(super) async fn pause(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Response, Refused> {
    let _ = tasks::pause(State(api), read::Named(task.clone())).await?;
    Ok(see(&format!("/tasks/{task}"), "paused"))
}

pub(super) async fn resume(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
) -> Result<Response, Refused> {
    let resumed = tasks::resume(State(api), read::Named(task.clone())).await?.0;
    let word = match (resumed.host_paused_at, resumed.problems.as_slice()) {
        (Some(_), _) => "resumed-paused",
        (None, [_, ..]) => "resumed-unusable",
        (None, []) => "resumed",
    };
    Ok(see(&format!("/tasks/{task}"), word))
}

pub(super) async fn cancel(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<Response, Refused> {
    let (status, _) = runs::cancel(State(api), read::Named(run)).await?;
    let word = if status == StatusCode::ACCEPTED { "stopping" } else { "cancelled" };
    Ok(see(&format!("/runs/{run}"), word))
}

pub(super) async fn rerun(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<Response, Refused> {
    let (_, new) = runs::rerun(State(api), read::Named(run)).await?;
    Ok(see(&format!("/runs/{}", new.0.run), "rerun"))
}

pub(super) async fn forget_checkpoint(
    State(api): State<Api>,
    Named(run): Named<RunId>,
) -> Result<Response, Refused> {
    let (moved, _) = checkpoint::delete(State(api), read::Named(run)).await?;
    Ok((moved, see(&format!("/runs/{run}"), "forgotten")).into_response())
}

pub(super) async fn roll_back(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
    request: Request,
) -> Result<Response, Refused> {
    let body = whole(request, Longest::Wish).await?;
    let digest = form_urlencoded::parse(&body).find(|(key, _)| key == "digest");
    let digest = digest.map(|(_, digest)| digest.parse()).transpose();
    let digest = digest.map_err(|reason: NotADigest| Problem::malformed(reason.to_string()))?;
    versions::back(&*api.parts()?, &plugin, digest).await?;
    Ok(see(&format!("/plugins/{plugin}"), "rolled-back"))
}

pub(super) async fn remove(
    State(api): State<Api>,
    Named(plugin): Named<PluginName>,
) -> Result<Response, Refused> {
    let _ = plugins::remove(State(api), read::Named(plugin.clone())).await?;
    Ok(see(&format!("/plugins/{plugin}"), "removed"))
}

pub(super) async fn test_channel(
    State(api): State<Api>,
    Named(channel): Named<ChannelName>,
) -> Result<Response, Refused> {
    let _ = channels::test(State(api), read::Named(channel)).await?;
    Ok(see("/alerts", "arrived"))
}

pub(super) async fn pause_host(State(api): State<Api>) -> Result<Response, Refused> {
    let _ = host::pause(State(api)).await?;
    Ok(see("/", "host-paused"))
}

pub(super) async fn resume_host(State(api): State<Api>) -> Result<Response, Refused> {
    let _ = host::resume(State(api)).await?;
    Ok(see("/", "host-resumed"))
}

pub(super) async fn reload(State(api): State<Api>) -> Result<Response, Refused> {
    match host::reload(State(api)).await {
        Ok(_) => Ok(see("/", "reloaded")),
        // What is wrong stands on the page, with its places.
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            Ok(see("/", "not-reloaded"))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(args: &str, after: &str, priority: &str) -> Wanted {
        let owned = str::to_owned;
        Wanted {
            args: owned(args),
            key: owned(" "),
            after: owned(after),
            priority: owned(priority),
        }
    }

    #[test]
    fn a_form_is_read_as_far_as_it_is_known() {
        let read = Wanted::read(b"args=%7B%7D&x=1&after=5m&args=%5B%5D&%ff");
        let owned = str::to_owned;
        let expected = Wanted { args: owned("[]"), after: owned("5m"), ..Wanted::default() };
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_left_empty_is_left_out() {
        let wanted = form(" ", "", "").to_request().unwrap();
        assert!(wanted.args.is_none() && wanted.key.is_none());
        assert!(wanted.after.is_none() && wanted.priority.is_none());
        let wanted = form("{\"a\":1}", "90s", "-3").to_request().unwrap();
        assert_eq!(wanted.args, Some(serde_json::json!({ "a": 1 })));
        assert_eq!((wanted.after.unwrap().as_secs(), wanted.priority), (90, Some(-3)));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (form, says) in [
            (form("{", "", ""), "JSON"),
            (form("", "soon", ""), "length"),
            (form("", "", "200"), "priority"),
        ] {
            let Err(problem) = form.to_request() else { panic!("{says}") };
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
            assert!(problem.detail().contains(says), "{}", problem.detail());
        }
    }
}
