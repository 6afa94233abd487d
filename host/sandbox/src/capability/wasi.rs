//! WASI 0.2: linked whole, granted piece by piece.
//!
//! Without a grant a guest has an empty environment, no directory, no network,
//! no arguments and an empty standard input; clocks and randomness it has.

use horarium_core::grants::{DirAccess, Grants};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::stdio::Lines;

/// Random bytes that a guest may ask for at once.
const RANDOM: u64 = 1 << 20;

/// A context with what is granted and nothing else.
///
/// # Errors
/// Where a granted directory can't be opened; the text names it.
pub(crate) fn context(grants: &Grants, stdout: &Lines, stderr: &Lines) -> Result<WasiCtx, String> {
    let mut builder = WasiCtxBuilder::new();
    builder
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .max_random_size(RANDOM)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false);
    for (name, value) in &grants.env {
        builder.env(name, value.reveal());
    }
    for dir in &grants.dirs {
        let access = match dir.access {
            DirAccess::ReadOnly => FsPerms::ReadOnly,
            DirAccess::ReadWrite => FsPerms::ReadWrite,
        };
        builder.preopened_dir(&dir.host, &dir.guest, access).map_err(|reason| {
            format!("can't open the granted directory {}: {reason:#}", dir.host.display())
        })?;
    }
    Ok(builder.build())
}
