//! Handles that nobody can make.

use crate::{
    Exports,
    bindings::exports::test::exports::unspeakable::{
        Guest, GuestOrphan, GuestOuroboros, Orphan, Ouroboros,
    },
};

impl Guest for Exports {
    type Orphan = Alone;
    type Ouroboros = Snake;

    fn adopt(_child: Orphan) {}

    fn bite(_it: Ouroboros) {}

    fn abandon() -> Orphan {
        Orphan::new(Alone)
    }
}

pub(crate) struct Alone;

impl GuestOrphan for Alone {}

pub(crate) struct Snake;

impl GuestOuroboros for Snake {
    fn new(_tail: Option<Ouroboros>) -> Self {
        Self
    }
}
