//! The socket in the data directory.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::serve::Listener;
use tokio::net::{UnixListener, UnixStream, unix::SocketAddr};

use super::Api;

/// Its name in the data directory.
pub(crate) const NAME: &str = "host.sock";

/// How long to wait where the system has no descriptor for another connection.
const AGAIN: Duration = Duration::from_millis(100);

/// A listening socket; gone from the data directory with the value.
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens in a data directory that this process holds. What a host left there
    /// that died is replaced.
    ///
    /// # Errors
    /// Where there can be no socket.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(NAME);
        match fs::remove_file(&path) {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => return Err(reason),
            _ => {}
        }
        let short = Short::of(data_dir)?;
        let listener = UnixListener::bind(&short.path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers whoever asks, for as long as it is polled.
    pub(crate) async fn serve(self, api: Api) {
        // Says nothing by itself: a connection that fails is accepted again.
        let _ = axum::serve(self, api.router()).await;
    }
}

impl Listener for Socket {
    type Io = UnixStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) if is_ours(&stream) => return (stream, address),
                Ok(_) => {}
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // What can't be removed is replaced by the next host.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether whoever connected is the host's own user, or root. The modes of socket and
/// folder say so, too; unless somebody changed them.
fn is_ours(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

/// Connects to the host that serves a data directory.
///
/// # Errors
/// Where none does.
pub(crate) async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let short = Short::of(data_dir)?;
    UnixStream::connect(&short.path).await
}

/// A way to the socket that is short enough for the system, which takes no more than
/// about a hundred bytes.
struct Short {
    path: PathBuf,
    /// Keeps the way open.
    _dir: Option<File>,
}

impl Short {
    const LONGEST: usize = 100;

    fn of(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(NAME);
        if path.as_os_str().len() <= Self::LONGEST {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(data_dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", dir.as_raw_fd()));
        Ok(Self { path, _dir: Some(dir) })
    }
}
