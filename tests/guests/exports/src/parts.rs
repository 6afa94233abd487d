//! Resources that are made of others.

use crate::{
    Exports,
    bindings::exports::test::exports::parts::{
        Bolt, BoltBorrow, BombBorrow, Frame, Guest, GuestBolt, GuestBomb, GuestFrame,
    },
};

impl Guest for Exports {
    type Bolt = Length;
    type Frame = Bolts;
    type Bomb = Fuse;

    fn arm(_bomb: BombBorrow<'_>) -> String {
        "armed".to_owned()
    }
}

pub(crate) struct Length(u32);

impl GuestBolt for Length {
    fn new(length: u32) -> Result<Self, String> {
        match length {
            0 => Err("a bolt of no length".to_owned()),
            length => Ok(Self(length)),
        }
    }

    fn length(&self) -> u32 {
        self.0
    }
}

impl Drop for Length {
    fn drop(&mut self) {
        println!("dropped a bolt of {}", self.0);
    }
}

pub(crate) struct Bolts {
    own: Vec<Bolt>,
    spare: u32,
}

impl GuestFrame for Bolts {
    fn new(own: Vec<Bolt>, spare: Option<BoltBorrow<'_>>) -> Self {
        Self { own, spare: spare.map_or(0, |bolt| bolt.get::<Length>().0) }
    }

    fn weight(&self, per_bolt: f64) -> f64 {
        let own: u32 = self.own.iter().map(|bolt| bolt.get::<Length>().0).sum();
        f64::from(own + self.spare) * per_bolt
    }

    fn bolts(frame: Frame) -> Vec<Bolt> {
        frame.into_inner::<Self>().own
    }
}

pub(crate) struct Fuse;

impl GuestBomb for Fuse {
    fn new() -> Self {
        Self
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        panic!("bang");
    }
}
