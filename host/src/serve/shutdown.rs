//! When the host is to end.

use std::{io, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};

/// SIGTERM, Ctrl-C, or the end of a length of time that was asked for.
pub(super) struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
    at: Option<Instant>,
}

impl Shutdown {
    pub(super) fn listen() -> Result<Self> {
        let listen = || -> io::Result<_> {
            Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
        };
        let (terminate, interrupt) = listen().context("can't listen for signals")?;
        Ok(Self { terminate, interrupt, at: None })
    }

    /// From now on, the host serves for this long.
    pub(super) fn after(&mut self, length: Option<Duration>) {
        self.at = length.and_then(|length| Instant::now().checked_add(length));
    }

    /// Somebody wants the host to end.
    pub(super) async fn asked(&mut self) {
        let time_is_over = async {
            match self.at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = time_is_over => {}
        }
    }

    /// Somebody wants it at once.
    pub(super) async fn insisted(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
