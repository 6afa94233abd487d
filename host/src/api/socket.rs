//! The socket in the data directory.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    access::Peer,
    listen::{AGAIN, Server},
};

/// Its name in the data directory.
pub(crate) const NAME: &str = "host.sock";

/// How often it is seen to that the socket is still there.
const LOOK: Duration = Duration::from_secs(1);

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
        Ok(Self { listener: listen(data_dir)?, path })
    }

    /// Answers whoever asks, until it is to end.
    pub(crate) async fn serve(mut self, mut server: Server) {
        // They end with this future.
        let mut connections = JoinSet::new();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = look.tick() => {
                    self.stay();
                    continue;
                }
                () = server.stopped() => break,
            };
            match accepted.map(|(stream, _)| (user(&stream), stream)) {
                Ok((Some(uid), stream)) => {
                    connections.spawn(server.clone().converse(stream, Peer::Socket { uid }));
                }
                Ok((None, _)) => {}
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        drop(self);
        while connections.join_next().await.is_some() {}
    }

    /// Listens anew where somebody has removed the socket: nobody could find the host, and it
    /// goes on all the same.
    fn stay(&mut self) {
        let gone = fs::symlink_metadata(&self.path)
            .is_err_and(|reason| reason.kind() == io::ErrorKind::NotFound);
        let dir = self.path.parent().filter(|_| gone);
        // Where the folder is gone as well, there is nothing to be found in it.
        if let Some(listener) = dir.and_then(|dir| listen(dir).ok()) {
            self.listener = listener;
        }
    }
}

fn listen(data_dir: &Path) -> io::Result<UnixListener> {
    let short = Short::of(data_dir)?;
    let listener = UnixListener::bind(&short.path)?;
    fs::set_permissions(data_dir.join(NAME), Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Drop for Socket {
    fn drop(&mut self) {
        // What can't be removed is replaced by the next host.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whoever connected, where that is the host's own user, or root. The modes of socket and
/// folder say so, too; unless somebody changed them.
fn user(stream: &UnixStream) -> Option<u32> {
    let own = rustix::process::geteuid().as_raw();
    let uid = stream.peer_cred().ok()?.uid();
    (uid == own || uid == 0).then_some(uid)
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
