//! The limit on how long files may be, `ulimit -f`.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// `SIGXFSZ` on Linux; on MIPS alone, where wasmtime does not compile, it is 31.
const SIGXFSZ: i32 = 25;

/// From here on, to write beyond the limit is an error. By default it is death, and a
/// guest that writes a long file would have brought it to all others.
///
/// To be called within the runtime, which keeps its handlers for as long as the
/// process lives.
pub(crate) fn survive() -> io::Result<()> {
    signal(SignalKind::from_raw(SIGXFSZ)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use rustix::process::{Resource, getrlimit, setrlimit};

    use super::*;

    #[tokio::test]
    async fn a_file_that_is_too_long_is_an_error() {
        // Far beyond what any other test writes.
        const LIMIT: u64 = 1 << 36;
        survive().unwrap();
        let limit = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, rustix::process::Rlimit { current: Some(LIMIT), ..limit })
            .unwrap();
        let file = tempfile::tempfile().unwrap();
        let reason = file.write_at(b"x", LIMIT).unwrap_err();
        assert_eq!(reason.kind(), io::ErrorKind::FileTooLarge);
    }
}
