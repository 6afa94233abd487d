//! How often somebody may be wrong about a token.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::bucket::Bucket;

/// How often in a row.
const IN_A_ROW: u32 = 10;

/// And then once in this time.
pub(super) const ONCE_IN: Duration = Duration::from_secs(10);

/// The most addresses that are told apart. All further ones count as one.
const ADDRESSES: usize = 1000;

/// Failed attempts to log in, by address. A token can't be guessed; this keeps the noise
/// of those who try small.
#[derive(Default)]
pub(super) struct Logins(Mutex<HashMap<Option<IpAddr>, Bucket>>);

impl Logins {
    /// Whether somebody at this address may try.
    pub(super) fn may_try(&self, address: Option<IpAddr>, now: Instant) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket(&mut buckets, address, now).has_one(now)
    }

    /// Somebody there was wrong.
    pub(super) fn failed(&self, address: Option<IpAddr>, now: Instant) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bucket(&mut buckets, address, now).take(now);
    }
}

fn bucket(
    buckets: &mut HashMap<Option<IpAddr>, Bucket>,
    address: Option<IpAddr>,
    now: Instant,
) -> &mut Bucket {
    let mut address = address.map(network);
    if buckets.len() >= ADDRESSES && !buckets.contains_key(&address) {
        buckets.retain(|_, bucket| !bucket.is_full(now));
        if buckets.len() >= ADDRESSES {
            address = None;
        }
    }
    buckets.entry(address).or_insert_with(|| Bucket::new(IN_A_ROW, ONCE_IN, now))
}

/// What one party has of addresses: of IPv6 a network, of which each home gets one.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_wrong_too_often_waits_and_nobody_else_does() {
        let logins = Logins::default();
        let now = Instant::now();
        let [here, neighbour, there] = ["fd00::1", "fd00::2", "10.0.0.1"]
            .map(|address| Some(address.parse::<IpAddr>().unwrap()));
        for _ in 0..IN_A_ROW {
            assert!(logins.may_try(here, now));
            logins.failed(here, now);
        }
        assert!(!logins.may_try(here, now) && !logins.may_try(neighbour, now));
        assert!(logins.may_try(there, now));
        assert!(logins.may_try(here, now + ONCE_IN));
    }

    #[test]
    fn the_addresses_it_remembers_are_bounded() {
        let logins = Logins::default();
        let now = Instant::now();
        for n in 0..10_000_u32 {
            logins.failed(Some(IpAddr::V4(n.into())), now);
        }
        assert!(logins.0.lock().unwrap().len() <= ADDRESSES + 1);
        let later = now + ONCE_IN * IN_A_ROW;
        assert!(logins.may_try(Some("10.0.0.1".parse().unwrap()), later));
    }
}
