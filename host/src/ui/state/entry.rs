//! An entry, and the form that changes it.

use askama::Template;
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use horarium_core::{
    effects::{Bucket, Key},
    text::{escape, is_unfit},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{In, bucket::back, place, place_of};
use crate::{
    access::{Longest, whole},
    api::{
        Api, Problem,
        state::{
            self,
            entries::{record, write},
        },
    },
    keeping::{Encoding, EntryInfo, bytes_of, redactors},
    output,
    ui::{
        read::Params,
        refused::Refused,
        shell::{Here, Page, Shell},
        viewer::Viewer,
        words::Moment,
    },
};

/// The longest value that is shown on a page, in bytes.
const LONGEST: u64 = 64 << 10;

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    shell: Shell,
    bucket: String,
    bucket_at: String,
    key: String,
    /// Where the forms go.
    at: String,
    delete_at: String,
    known: Option<Known>,
    form: Form,
    refused: Option<String>,
}

/// Which entry. What was done to it may follow.
#[derive(Deserialize)]
pub(in crate::ui) struct At {
    key: String,
}

impl At {
    fn key(&self) -> Result<Key, Problem> {
        Key::new(&self.key).map_err(|reason| Problem::malformed(reason.to_string()))
    }
}

/// What is there.
struct Known {
    size: String,
    version: u64,
    at: Moment,
    run: Option<i64>,
    /// Why its value is not shown.
    hidden: Option<&'static str>,
}

/// What stands in the form.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    value: String,
    encoding: Encoding,
    /// The version that was there when it was made; none where nothing was.
    version: String,
}

impl Form {
    /// Of what was sent.
    fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (key, value) in form_urlencoded::parse(body) {
            match key.as_ref() {
                // A browser has line ends of its own.
                "value" => form.value = value.replace("\r\n", "\n"),
                "encoding" if value == "base64" => form.encoding = Encoding::Base64,
                "version" => form.version = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    /// Of a value that is there, and why it is not in it where it is not.
    fn of(entry: &EntryInfo) -> (Self, Option<&'static str>) {
        let version = entry.entry.version.to_string();
        if entry.redacted {
            let why = "A secret of a task stands in it, so that it is not shown. What you write \
                       replaces all of it.";
            return (Self { version, ..Self::default() }, Some(why));
        }
        // A browser would change what can't be seen.
        let is_plain = |it: char| matches!(it, '\n' | '\t') || !is_unfit(it);
        let (value, encoding) = match entry.encoding {
            Encoding::Text if entry.value.chars().all(is_plain) => {
                (entry.value.clone(), Encoding::Text)
            }
            Encoding::Text => (STANDARD.encode(&entry.value), Encoding::Base64),
            Encoding::Base64 => (entry.value.clone(), Encoding::Base64),
        };
        (Self { value, encoding, version }, None)
    }

    fn is_base64(&self) -> bool {
        self.encoding == Encoding::Base64
    }

    /// That it is still as it was when the form was made.
    fn condition(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match HeaderValue::from_str(&format!("\"{}\"", self.version)) {
            Ok(tag) if !self.version.is_empty() => headers.insert(header::IF_MATCH, tag),
            _ => headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*")),
        };
        headers
    }
}

pub(in crate::ui) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    In(bucket): In,
    Params(at): Params<At>,
) -> Result<Page, Refused> {
    look(&api, viewer, &bucket, &at.key()?, None).await
}

/// The page, with what was sent where that was refused.
async fn look(
    api: &Api,
    viewer: Viewer,
    bucket: &Bucket,
    key: &Key,
    sent: Option<(Form, Problem)>,
) -> Result<Page, Refused> {
    let parts = api.parts()?;
    state::found(&parts, bucket).await?;
    let mut found = record(&parts, bucket, key, false).await?;
    let too_long = found.as_ref().is_some_and(|record| record.bytes > LONGEST);
    if found.is_some() && !too_long {
        found = record(&parts, bucket, key, true).await?;
    }
    let config = parts.config.borrow().clone();
    let now = Timestamp::now();
    let (mut form, mut hidden) = (Form::default(), None);
    if let Some(record) = &found {
        let entry = EntryInfo::of(bucket, record, &redactors(&config, bucket));
        (form, hidden) = Form::of(&entry);
    }
    if too_long {
        hidden = Some(
            "It is too long for a page: `horarium state get` prints it. What you write \
                       replaces all of it.",
        );
    }
    let known = found.as_ref().map(|record| Known {
        size: output::bytes(record.bytes),
        version: record.version.0,
        at: Moment::relative(record.at, now),
        run: record.run.map(|run| run.0),
        hidden,
    });
    let mut status = StatusCode::OK;
    let mut refused = None;
    if let Some((sent, problem)) = sent {
        status = problem.status();
        refused = Some(problem.detail().to_owned());
        // Who sends it once more has seen what is there now.
        form = Form { version: form.version, ..sent };
    }
    let at = place_of(bucket, key.as_str());
    let page = EntryPage {
        shell: Shell::new(format!("State of {}", bucket.name()), Here::Tasks, viewer),
        bucket: bucket.name().to_owned(),
        bucket_at: place(bucket),
        key: escape(key.as_str()),
        delete_at: at.replacen("/entry?", "/entry/delete?", 1),
        at,
        known,
        form,
        refused,
    };
    Ok(Page::of(status, &page))
}

pub(in crate::ui) async fn set(
    State(api): State<Api>,
    viewer: Viewer,
    In(bucket): In,
    Params(at): Params<At>,
    request: Request,
) -> Result<Response, Refused> {
    let key = at.key()?;
    let form = Form::read(&whole(request, Longest::Wish).await?);
    let headers = form.condition();
    let done = match bytes_of(form.value.clone(), form.encoding) {
        Some(value) => write(&api, bucket.clone(), key.clone(), Some(value), &headers).await,
        None => Err(Problem::misfit("that is no base64")),
    };
    match done {
        Ok((Extension(moved), ..)) => {
            let to = format!("{}&done=written", place_of(&bucket, key.as_str()));
            Ok((Extension(moved), Redirect::to(&to)).into_response())
        }
        Err(problem) => {
            let page = look(&api, viewer, &bucket, &key, Some((form, problem))).await?;
            Ok(page.into_response())
        }
    }
}

pub(in crate::ui) async fn delete(
    State(api): State<Api>,
    In(bucket): In,
    Params(at): Params<At>,
    request: Request,
) -> Result<Response, Refused> {
    let key = at.key()?;
    let headers = Form::read(&whole(request, Longest::Wish).await?).condition();
    let (moved, ..) = write(&api, bucket.clone(), key, None, &headers).await?;
    Ok((moved, back(&api, &bucket, "deleted").await?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeping::KeyInfo;

    fn entry(value: &str, encoding: Encoding, redacted: bool) -> EntryInfo {
        let (key, at) = ("k".to_owned(), Timestamp::UNIX_EPOCH);
        let entry = KeyInfo { key, bytes: 0, version: 3, at, run: None };
        let (bucket, value) = ("task/a".to_owned(), value.to_owned());
        EntryInfo { bucket, entry, value, encoding, redacted }
    }

    #[test]
    fn a_form_keeps_what_a_browser_would_change() {
        for value in ["", "plain", "{\n\t\"a\": 1\n}", "\nleading", "<b>&amp;"] {
            let (form, hidden) = Form::of(&entry(value, Encoding::Text, false));
            assert_eq!((form.value.as_str(), form.is_base64(), hidden), (value, false, None));
        }
        for value in ["a\r\nb", "\0", "\u{202e}abc", "a\u{200b}"] {
            let (form, _) = Form::of(&entry(value, Encoding::Text, false));
            let bytes = bytes_of(form.value.clone(), form.encoding);
            assert_eq!((bytes.as_deref(), form.is_base64()), (Some(value.as_bytes()), true));
        }
        let (form, hidden) = Form::of(&entry("[redacted A]", Encoding::Text, true));
        assert!(form.value.is_empty() && form.version == "3" && hidden.is_some());
    }

    #[test]
    fn a_form_says_what_was_seen() {
        let form = Form::read(b"value=a%0D%0Ab&encoding=base64&version=7&x=1");
        let (value, encoding) = ("a\nb".to_owned(), Encoding::Base64);
        assert_eq!(form, Form { value, encoding, version: "7".to_owned() });
        assert_eq!(form.condition()[header::IF_MATCH], "\"7\"");
        assert_eq!(Form::read(b"value=").condition()[header::IF_NONE_MATCH], "*");
    }
}
