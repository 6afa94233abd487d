//! `horarium token`

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use horarium_core::text::escape;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    Common,
    rows::{Fit, Paper, Rows},
};
use crate::{
    access::{
        Scope,
        token::TokenId,
        tokens::{self, KnownToken, Tokens, Wish},
    },
    output, written,
};

/// How long a token counts where nothing else is said.
const USUAL: &str = "90d";

#[derive(Subcommand)]
pub(super) enum Token {
    /// Make one, and print it. It is never shown again.
    New(New),
    /// List those there are, without their secrets.
    List,
    /// Have one count no more, from now on.
    Revoke(Revoke),
}

#[derive(Args)]
pub(super) struct New {
    /// What it allows: `read` to look, `run` to trigger, cancel and repeat as well, `admin`
    /// for everything.
    #[arg(long)]
    scope: Scope,
    /// What to call it, so that you know it again.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// How long it counts, such as `12h`, or `never` for no end.
    #[arg(long, value_name = "DURATION", default_value = USUAL)]
    expires: Expires,
}

#[derive(Args)]
pub(super) struct Revoke {
    /// Its id, eight digits, as `horarium token list` shows it.
    #[arg(value_parser = id)]
    id: TokenId,
}

/// Reads the half of a token by which people speak of it. The other half is nobody's business
/// here, and is not repeated.
fn id(text: &str) -> Result<TokenId, String> {
    let whole = text.strip_prefix("hor_").and_then(|rest| rest.split('_').next()?.parse().ok());
    match (text.parse(), whole) {
        (Ok(id), _) => Ok(id),
        (Err(_), Some::<TokenId>(id)) => {
            Err(format!("this is a whole token; its id is what is wanted here, {id}"))
        }
        (Err(_), None) => {
            Err("a token's id has eight digits, as `horarium token list` shows it".to_owned())
        }
    }
}

/// How long a token counts.
#[derive(Debug, Clone, Copy)]
enum Expires {
    After(SignedDuration),
    Never,
}

impl std::str::FromStr for Expires {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const HELP: &str = "a length of time such as `90d` or `12h`, or `never`";
        if text == "never" {
            return Ok(Self::Never);
        }
        let length = written::length(text).map_err(|_| HELP.to_owned())?;
        match SignedDuration::try_from(length) {
            Ok(length) if length.is_positive() => Ok(Self::After(length)),
            _ => Err(HELP.to_owned()),
        }
    }
}

impl Token {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let data_dir = common.data_dir()?;
        match self {
            Self::New(new) => {
                let now = Timestamp::now();
                let expires_at = match new.expires {
                    Expires::After(length) => {
                        let at = now.checked_add(length).ok();
                        Some(
                            at.context("a token that counts so long counts for ever; say `never`")?,
                        )
                    }
                    Expires::Never => None,
                };
                let wish = Wish { name: new.name, scope: new.scope, expires_at };
                let (known, token) = tokens::make(&data_dir, wish, now)?;
                if common.json {
                    let mut made = view(&known, now);
                    made["token"] = json!(token);
                    output::json(&made);
                } else {
                    output::error_line(&format!(
                        "{}; keep it, it is not shown again:",
                        said(&known)
                    ));
                    output::line(&token);
                }
            }
            Self::List => list(&data_dir, common.json)?,
            Self::Revoke(Revoke { id }) => {
                let revoked = tokens::revoke(&data_dir, id)?;
                match common.json {
                    true => output::json(&view(&revoked, Timestamp::now())),
                    false => output::line(&format!("{} is revoked", escape(&named(&revoked)))),
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[
    ("TOKEN", Fit::Whole),
    ("NAME", Fit::Rest),
    ("SCOPE", Fit::Whole),
    ("CREATED", Fit::Whole),
    ("EXPIRES", Fit::Whole),
];

fn list(data_dir: &std::path::Path, json: bool) -> Result<()> {
    let now = Timestamp::now();
    let tokens = Tokens::read(data_dir)?;
    if json {
        output::json(&tokens.list().iter().map(|token| view(token, now)).collect::<Vec<_>>());
        return Ok(());
    }
    let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
    for token in tokens.list() {
        let expires = match token.expires_at {
            None => "never".to_owned(),
            Some(at) if token.is_expired(now) => format!("✘ {}", output::local(at)),
            Some(at) => output::local(at),
        };
        rows.add(vec![
            token.id.to_string(),
            escape(token.name.as_deref().unwrap_or_default()),
            token.scope.to_string(),
            output::local(token.created_at),
            expires,
        ]);
    }
    rows.print("no tokens; `horarium token new` makes one");
    Ok(())
}

/// What programs hear of a token: nothing of its secret.
fn view(token: &KnownToken, now: Timestamp) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "expired": token.is_expired(now),
    })
}

fn named(token: &KnownToken) -> String {
    match &token.name {
        Some(name) => format!("token {} ({name})", token.id),
        None => format!("token {}", token.id),
    }
}

fn said(token: &KnownToken) -> String {
    let until = match token.expires_at {
        Some(at) => format!("until {}", output::local(at)),
        None => "for ever".to_owned(),
    };
    escape(&format!("{} with scope {} {until}", named(token), token.scope))
}
