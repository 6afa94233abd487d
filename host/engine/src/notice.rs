//! What the other loops tell the scheduler.

use horarium_core::{name::TaskName, store::Scope};
use tokio::sync::mpsc;

/// Something that changes when a task is due.
#[derive(Debug)]
pub(crate) enum Notice {
    /// This was paused, or goes on.
    Pause(Scope),
    /// A run of this task ended and made no next one, as the runs of a continuous task
    /// do otherwise.
    Unfollowed(TaskName),
}

/// The way to the scheduler.
pub(crate) struct Notices(mpsc::UnboundedSender<Notice>);

impl Notices {
    /// A way, and where it leads. It takes what it gets: of each task there is little
    /// to tell.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Notice>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn send(&self, notice: Notice) {
        // A scheduler that has ended schedules nothing.
        let _ = self.0.send(notice);
    }
}
