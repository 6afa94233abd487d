//! Directories: those that are granted, opened beforehand, and nothing above them.
//!
//! wasmtime-wasi keeps a guest below its directories (`openat2` with
//! `RESOLVE_BENEATH`) and away from writing where it may only read. What it leaves
//! to its host is here: what is no file is never opened, since a FIFO could hold a
//! thread for ever; a directory is listed piece by piece; and what an attempt
//! writes is counted.

mod budget;
mod listing;
mod metered;
mod open;

use std::{
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
};

use horarium_core::grants::{DirAccess, DirGrant};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::{
    FsPerms, WasiCtxBuilder, WasiView,
    filesystem::{Descriptor, Dir, WasiFilesystem, WasiFilesystemView},
    p2::{
        DynInputStream, DynOutputStream, FsError, FsResult,
        bindings::filesystem::{
            preopens,
            types::{self, ErrorCode},
        },
    },
};

pub(crate) use self::budget::Budget;
use self::{
    budget::{BLOCK, OverBudget},
    listing::Listing,
    metered::Metered,
    open::How,
};
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    types::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// A granted directory that is open.
pub(super) struct OpenDir {
    grant: DirGrant,
    dir: OwnedFd,
}

/// Opens what is granted.
pub(super) fn open_dirs(grants: &[DirGrant]) -> Result<Vec<OpenDir>, String> {
    let open = |grant: &DirGrant| match open_granted(&grant.host) {
        Ok(dir) => Ok(OpenDir { grant: grant.clone(), dir }),
        Err(reason) => Err(refusal(grant, &reason)),
    };
    grants.iter().map(open).collect()
}

fn refusal(grant: &DirGrant, reason: &dyn std::fmt::Display) -> String {
    format!("can't open the granted directory {}: {reason:#}", grant.host.display())
}

/// Opens a directory of the host by a path without a single link in it. The path
/// had none when it was configured; one that is there now was put there since, and
/// maybe by a guest.
fn open_granted(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

/// Hands the directories over.
///
/// # Errors
/// Where one can't be; the text names it.
pub(super) fn prepare(builder: &mut WasiCtxBuilder, dirs: Vec<OpenDir>) -> Result<(), String> {
    for OpenDir { grant, dir } in dirs {
        let access = match grant.access {
            DirAccess::ReadOnly => FsPerms::ReadOnly,
            DirAccess::ReadWrite => FsPerms::ReadWrite,
        };
        // wasmtime-wasi takes a path only; this one names what is open already.
        let path = format!("/proc/self/fd/{}", dir.as_raw_fd());
        builder
            .preopened_dir(&path, &grant.guest, access)
            .map_err(|reason| refusal(&grant, &reason))?;
    }
    Ok(())
}

impl State {
    fn dir(&mut self, fd: &Resource<Descriptor>) -> FsResult<Dir> {
        match self.ctx().table.get(fd)? {
            Descriptor::Dir(dir) => Ok(dir.clone()),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    /// Charges what is about to be written.
    fn spend(&self, bytes: usize) -> FsResult<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.written.spend(bytes).map_err(|OverBudget| ErrorCode::Quota.into())
    }

    /// Puts a meter on a stream that has just been opened.
    fn metered(
        &mut self,
        stream: Resource<DynOutputStream>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let budget = self.written.clone();
        let table = self.ctx().table;
        let stream = table.delete(stream)?;
        let metered: DynOutputStream = Box::new(Metered::new(stream, budget));
        Ok(table.push(metered)?)
    }
}

/// Runs what may wait for a disk where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErrorCode> + Send + 'static,
) -> FsResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(panic) => Err(FsError::trap(panic)),
    }
}

impl types::Host for State {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.filesystem().convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        if self.ctx().table.get(&error)?.is::<OverBudget>() {
            return Ok(Some(ErrorCode::Quota));
        }
        self.filesystem().filesystem_error_code(error)
    }
}

// Every function is spelled out, so that a new one in a new wasmtime is a decision.
impl types::HostDescriptor for State {
    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: types::PathFlags,
        path: String,
        open_flags: types::OpenFlags,
        flags: types::DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let dir = self.dir(&fd)?;
        let how = How::new(path_flags, open_flags, flags, dir.perms)?;
        let budget = self.written.clone();
        let opened = blocking(move || open::open(&dir, &path, &how, &budget)).await?;
        Ok(self.ctx().table.push(opened)?)
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: types::PathFlags,
        path: String,
        accessed: types::NewTimestamp,
        modified: types::NewTimestamp,
    ) -> FsResult<()> {
        let dir = self.dir(&fd)?;
        let times = open::times(accessed, modified)?;
        let follow = path_flags.contains(types::PathFlags::SYMLINK_FOLLOW);
        blocking(move || open::set_times(&dir, &path, follow, &times)).await
    }

    async fn read_directory(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<types::DirectoryEntryStream>> {
        let dir = self.dir(&fd)?;
        let listing = blocking(move || Listing::open(&dir)).await?;
        let listing = self.ctx().table.push(listing)?;
        Ok(Resource::new_own(listing.rep()))
    }

    async fn write(&mut self, fd: Resource<Descriptor>, bytes: Vec<u8>, at: u64) -> FsResult<u64> {
        // At most one block is begun beyond those that are filled.
        self.spend(bytes.len().saturating_add(BLOCK))?;
        self.filesystem().write(fd, bytes, at).await
    }

    fn write_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        at: u64,
    ) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.filesystem().write_via_stream(fd, at)?;
        self.metered(stream)
    }

    fn append_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.filesystem().append_via_stream(fd)?;
        self.metered(stream)
    }

    async fn create_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        self.spend(BLOCK)?;
        self.filesystem().create_directory_at(fd, path).await
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: types::PathFlags,
        old: String,
        new_fd: Resource<Descriptor>,
        new: String,
    ) -> FsResult<()> {
        self.spend(BLOCK)?;
        self.filesystem().link_at(fd, path_flags, old, new_fd, new).await
    }

    async fn symlink_at(
        &mut self,
        fd: Resource<Descriptor>,
        target: String,
        path: String,
    ) -> FsResult<()> {
        self.spend(BLOCK)?;
        self.filesystem().symlink_at(fd, target, path).await
    }

    // What follows opens nothing by its name, and writes nothing that stays.

    fn read_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        at: u64,
    ) -> FsResult<Resource<DynInputStream>> {
        self.filesystem().read_via_stream(fd, at)
    }

    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        at: u64,
        length: u64,
        advice: types::Advice,
    ) -> FsResult<()> {
        self.filesystem().advise(fd, at, length, advice).await
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.filesystem().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<types::DescriptorFlags> {
        self.filesystem().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<types::DescriptorType> {
        self.filesystem().get_type(fd).await
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: u64) -> FsResult<()> {
        // A hole takes no room on the disk.
        self.filesystem().set_size(fd, size).await
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        accessed: types::NewTimestamp,
        modified: types::NewTimestamp,
    ) -> FsResult<()> {
        self.filesystem().set_times(fd, accessed, modified).await
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: u64,
        at: u64,
    ) -> FsResult<(Vec<u8>, bool)> {
        self.filesystem().read(fd, length, at).await
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        self.filesystem().sync(fd).await
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<types::DescriptorStat> {
        self.filesystem().stat(fd).await
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: types::PathFlags,
        path: String,
    ) -> FsResult<types::DescriptorStat> {
        self.filesystem().stat_at(fd, path_flags, path).await
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        self.filesystem().readlink_at(fd, path).await
    }

    async fn remove_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        self.filesystem().remove_directory_at(fd, path).await
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        old: String,
        new_fd: Resource<Descriptor>,
        new: String,
    ) -> FsResult<()> {
        self.filesystem().rename_at(fd, old, new_fd, new).await
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        self.filesystem().unlink_file_at(fd, path).await
    }

    async fn is_same_object(
        &mut self,
        a: Resource<Descriptor>,
        b: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        self.filesystem().is_same_object(a, b).await
    }

    async fn metadata_hash(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<types::MetadataHashValue> {
        self.filesystem().metadata_hash(fd).await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: types::PathFlags,
        path: String,
    ) -> FsResult<types::MetadataHashValue> {
        self.filesystem().metadata_hash_at(fd, path_flags, path).await
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        types::HostDescriptor::drop(&mut self.filesystem(), fd)
    }
}

impl types::HostDirectoryEntryStream for State {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<types::DirectoryEntryStream>,
    ) -> FsResult<Option<types::DirectoryEntry>> {
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        self.ctx().table.get_mut(&listing)?.next().await
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.ctx().table.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
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
        assert!(open_granted(&root.join("real/inner")).is_ok());
        assert!(open_granted(&root.join("link")).is_err());
        assert!(open_granted(&root.join("link/inner")).is_err());
    }
}
