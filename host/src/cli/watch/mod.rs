//! `horarium watch`

mod draw;
mod keys;
mod look;
mod view;

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;
use ratatui::DefaultTerminal;

use self::{
    keys::{Keys, Press},
    look::{Looks, PATIENCE},
    view::{Screen, View},
};
use super::Common;

#[derive(Args)]
pub(super) struct Watch {}

impl Watch {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        if common.json || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            bail!(
                "`watch` draws on a terminal; for programs there are `horarium runs --json`, \
                 `horarium status --json` and the API"
            );
        }
        // Before the terminal changes: where there is no host, that is all there is to say.
        let looks = Looks::begin(common.host().await?);
        let mut terminal = ratatui::try_init().context("can't draw on this terminal")?;
        let end = watch(&mut terminal, looks, common).await;
        ratatui::restore();
        end.map(|()| ExitCode::SUCCESS)
    }
}

async fn watch(terminal: &mut DefaultTerminal, looks: Looks, common: &Common) -> Result<()> {
    let mut looks = Some(looks);
    let mut keys = Keys::begin();
    let (mut view, mut screen) = (View::default(), Screen::default());
    let mut seconds = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        screen.fit(&view);
        let now = Timestamp::now();
        terminal.draw(|frame| {
            let area = frame.area();
            draw::draw(&view, &screen, now, area, frame.buffer_mut());
        })?;
        tokio::select! {
            press = keys.next() => match press {
                Some(Press::Leave) | None => return Ok(()),
                Some(Press::Move(by)) => screen.step(by),
                Some(Press::Turn(by)) => screen.turn(by),
                Some(Press::Redraw) => {}
            },
            seen = next(looks.as_mut()) => match seen {
                Ok(seen) => view = *seen,
                Err(reason) => (looks, view.trouble) = (None, Some(reason)),
            },
            // What runs runs on; and a host that has ended may be back.
            _ = seconds.tick() => if looks.is_none() {
                let host = tokio::time::timeout(PATIENCE, common.host()).await;
                looks = host.ok().and_then(Result::ok).map(Looks::begin);
            },
        }
    }
}

async fn next(looks: Option<&mut Looks>) -> Result<Box<View>, String> {
    match looks {
        Some(looks) => looks.next().await,
        None => std::future::pending().await,
    }
}
