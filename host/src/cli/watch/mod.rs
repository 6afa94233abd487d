//! `horarium watch`

mod detail;
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
use horarium_core::run::RunId;
use jiff::Timestamp;
use ratatui::DefaultTerminal;

use self::{
    detail::{Detail, Reading},
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
    // The run that is shown instead of all lists, and the one that is read to be.
    let (mut opened, mut reading) = (None::<Detail>, None::<Reading<'_>>);
    let mut seconds = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        screen.fit(&view);
        let now = Timestamp::now();
        terminal.draw(|frame| {
            let area = frame.area();
            match &opened {
                Some(run) => run.draw(area, frame.buffer_mut()),
                None => draw::draw(&view, &screen, now, area, frame.buffer_mut()),
            }
        })?;
        tokio::select! {
            press = keys.next() => match (press, &mut opened) {
                (Some(Press::Leave) | None, _) | (Some(Press::Back), None) => return Ok(()),
                (Some(Press::Back | Press::Open), Some(_)) => (opened, reading) = (None, None),
                (Some(Press::Open), None) => {
                    reading = screen.run(&view).map(|run| detail::read(common, RunId(run)));
                }
                (Some(Press::Move(by)), Some(run)) => run.step(by),
                (Some(Press::Move(by)), None) => screen.step(by),
                (Some(Press::Turn(by)), None) => screen.turn(by),
                (Some(Press::Turn(_)), Some(_)) | (Some(Press::Redraw), _) => {}
            },
            seen = next(looks.as_mut()) => match seen {
                Ok(seen) => view = *seen,
                Err(reason) => (looks, view.trouble) = (None, Some(reason)),
            },
            read = read(&mut reading) => match read {
                Ok(run) => opened = Some(run.instead_of(opened.as_ref())),
                Err(reason) => (opened, view.trouble) = (None, Some(format!("{reason:#}"))),
            },
            _ = seconds.tick() => {
                // What runs runs on; and a host that has ended may be back.
                if looks.is_none() {
                    let host = tokio::time::timeout(PATIENCE, common.host()).await;
                    looks = host.ok().and_then(Result::ok).map(Looks::begin);
                }
                if let (Some(run), None) = (opened.as_ref().filter(|run| !run.is_over), &reading) {
                    reading = Some(detail::read(common, run.run));
                }
            },
        }
    }
}

/// The run that is being read; none is where nobody reads.
async fn read(reading: &mut Option<Reading<'_>>) -> Result<Detail> {
    match reading {
        Some(run) => {
            let read = run.await;
            *reading = None;
            read
        }
        None => std::future::pending().await,
    }
}

async fn next(looks: Option<&mut Looks>) -> Result<Box<View>, String> {
    match looks {
        Some(looks) => looks.next().await,
        None => std::future::pending().await,
    }
}
