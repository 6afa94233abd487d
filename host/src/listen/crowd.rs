//! How many connections there are at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::access::network;

/// The most at once.
const MOST: usize = 512;

/// The most of one address, so that nobody takes all. Those of this machine are not told
/// apart: a proxy may stand there for many.
const MOST_OF_ONE: usize = 128;

/// Who is connected.
#[derive(Clone, Default)]
pub(super) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// Room for one connection, until it is dropped.
pub(super) struct Room {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// Room for a connection from this address; none where there is none.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Room> {
        let address = network(address);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = crowd.values().sum();
        let own = crowd.get(&address).copied().unwrap_or_default();
        if all >= MOST || (own >= MOST_OF_ONE && !address.is_loopback()) {
            return None;
        }
        crowd.insert(address, own + 1);
        Some(Room { crowd: self.clone(), address })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                crowd.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_and_all_are_bounded() {
        let crowd = Crowd::default();
        let [one, two, here] =
            ["10.0.0.1", "10.0.0.2", "127.0.0.1"].map(|address| address.parse().unwrap());
        let mut rooms: Vec<_> = (0..200).filter_map(|_| crowd.admit(one)).collect();
        assert_eq!(rooms.len(), MOST_OF_ONE);
        assert!(crowd.admit(two).is_some());
        rooms.pop();
        rooms.push(crowd.admit(one).unwrap());
        rooms.extend((0..MOST).filter_map(|_| crowd.admit(here)));
        assert_eq!(rooms.len(), MOST);
        assert!(crowd.admit(two).is_none());
        drop(rooms);
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
