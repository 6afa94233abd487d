//! WASI 0.2: linked whole, granted piece by piece.
//!
//! Without a grant a guest has an empty environment, no directory, no network,
//! no arguments and an empty standard input; clocks and randomness it has. Programs
//! have arguments, and are told about their attempt by their environment.

use std::{
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
};

use horarium_core::{
    grants::{DirAccess, Grants},
    limits::Limits,
};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::stdio::Lines;
use crate::entry::Program;

/// A context with what is granted and nothing else.
///
/// # Errors
/// Where a granted directory can't be opened; the text names it.
pub(crate) fn context(
    grants: &Grants,
    program: &Program,
    limits: &Limits,
    stdout: &Lines,
    stderr: &Lines,
) -> Result<WasiCtx, String> {
    let mut builder = WasiCtxBuilder::new();
    builder
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .max_random_size(limits.bounds.random)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .args(&program.args)
        .envs(&program.env);
    for (name, value) in &grants.env {
        builder.env(name, value.reveal());
    }
    for dir in &grants.dirs {
        let access = match dir.access {
            DirAccess::ReadOnly => FsPerms::ReadOnly,
            DirAccess::ReadWrite => FsPerms::ReadWrite,
        };
        let refused = |reason: &dyn std::fmt::Display| {
            format!("can't open the granted directory {}: {reason:#}", dir.host.display())
        };
        let opened = open(&dir.host).map_err(|reason| refused(&reason))?;
        // wasmtime-wasi takes a path only; this one names what is open already.
        let path = format!("/proc/self/fd/{}", opened.as_raw_fd());
        builder.preopened_dir(&path, &dir.guest, access).map_err(|reason| refused(&reason))?;
    }
    Ok(builder.build())
}

/// Opens a directory of the host by a path without a single link in it. The path
/// had none when it was configured; one that is there now was put there since, and
/// maybe by a guest.
fn open(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_link_on_the_way_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/inner")).unwrap();
        symlink("real", root.join("link")).unwrap();
        assert!(open(&root.join("real/inner")).is_ok());
        assert!(open(&root.join("link")).is_err());
        assert!(open(&root.join("link/inner")).is_err());
    }
}
