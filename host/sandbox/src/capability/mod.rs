//! What a guest can do, one capability a file.
//!
//! A capability has two ends here: `link` says once what guests may import, and
//! `prepare` says for each attempt what comes of it, by the task's grants. (That
//! the grants make sense was said when the configuration was read.) A guest may
//! import everything that is linked; Rust's standard library alone imports files
//! and sockets that most guests never use. Without a grant there is nothing behind
//! them.

pub(crate) mod checkpoint;
pub(crate) mod clocks;
pub(crate) mod env;
pub(crate) mod exit;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod io;
pub(crate) mod log;
pub(crate) mod lookups;
pub(crate) mod names;
pub(crate) mod progress;
pub(crate) mod random;
pub(crate) mod sockets;
pub(crate) mod state;
pub(crate) mod stdin;
pub(crate) mod stdio;
pub(crate) mod tasks;

use std::sync::Arc;

use bytes::Bytes;
use horarium_core::{
    grants::{Grants, Stdin},
    limits::Limits,
};
use wasmtime::component::Linker;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use self::{
    files::OpenDir,
    lookups::{Resolver, SystemResolver},
    names::Names,
    stdio::Lines,
};
use crate::{entry::Program, state::State};

/// Links everything that a guest may import. Whether it gets anything by it, its
/// grants decide for each attempt.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    log::link(linker)?;
    progress::link(linker)?;
    checkpoint::link(linker)?;
    state::link(linker)?;
    tasks::link(linker)?;
    io::link(linker)?;
    exit::link(linker)?;
    env::link(linker)?;
    stdin::link(linker)?;
    stdio::link(linker)?;
    clocks::link(linker)?;
    random::link(linker)?;
    files::link(linker)?;
    names::link(linker)?;
    sockets::link(linker)?;
    http::link(linker)
}

/// What all attempts of a sandbox reach the outside through.
#[derive(Clone)]
pub(crate) struct Outside {
    /// What looks up the names that guests may reach.
    pub(crate) resolver: Arc<dyn Resolver>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { resolver: Arc::new(SystemResolver) }
    }
}

/// What was opened of the host for one attempt.
#[derive(Default)]
pub(crate) struct Opened {
    dirs: Vec<OpenDir>,
    stdin: Bytes,
}

impl Opened {
    /// Opens what is granted. A disk may take its time, and holds up nobody else.
    ///
    /// # Errors
    /// Where something can't be opened; the text names it.
    pub(crate) async fn of(grants: &Grants) -> Result<Self, String> {
        if grants.dirs.is_empty() && !matches!(grants.stdin, Stdin::File(_)) {
            return Ok(Self { dirs: Vec::new(), stdin: stdin::read(&grants.stdin)? });
        }
        let (dirs, stdin) = (grants.dirs.clone(), grants.stdin.clone());
        let open = move || Ok(Self { dirs: files::open_dirs(&dirs)?, stdin: stdin::read(&stdin)? });
        let opened = tokio::task::spawn_blocking(open).await;
        opened.unwrap_or_else(|panic| Err(format!("can't open what is granted: {panic}")))
    }
}

/// What a WASI context is made of.
pub(crate) struct Setup<'a> {
    pub(crate) grants: &'a Grants,
    pub(crate) program: &'a Program,
    pub(crate) limits: &'a Limits,
    pub(crate) opened: Opened,
    pub(crate) names: &'a Names,
    pub(crate) stdout: &'a Lines,
    pub(crate) stderr: &'a Lines,
}

impl Setup<'_> {
    /// A context with what is granted and nothing else.
    ///
    /// # Errors
    /// Where a directory can't be handed over; the text names it.
    pub(crate) fn context(self) -> Result<WasiCtx, String> {
        let mut builder = WasiCtxBuilder::new();
        env::prepare(&mut builder, self.program, self.grants);
        stdin::prepare(&mut builder, self.opened.stdin);
        stdio::prepare(&mut builder, self.stdout, self.stderr);
        clocks::prepare(&mut builder, self.grants);
        random::prepare(&mut builder, self.limits);
        files::prepare(&mut builder, self.opened.dirs)?;
        sockets::prepare(&mut builder, self.grants, self.names);
        Ok(builder.build())
    }
}
