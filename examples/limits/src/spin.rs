//! Runs into the limit of fuel.

use std::iter;

use horarium_sdk::prelude::*;

/// When to stop, if the fuel lasts so long.
#[args]
struct Search {
    /// How many primes are enough; without it, none ever are.
    #[serde(default)]
    enough: Option<usize>,
}

/// Looks for primes until the fuel is used up.
#[task(every = "6s", fuel = 50_000_000, timeout = "5s", max_attempts = 2)]
fn spin(search: Search) -> Option<u64> {
    log::info!("looking for primes");
    primes().take(search.enough.unwrap_or(usize::MAX)).last()
}

/// All of them, by trial division with those that were found before.
fn primes() -> impl Iterator<Item = u64> {
    let mut known: Vec<u64> = Vec::new();
    iter::from_fn(move || {
        let next = (known.last().map_or(2, |last| last + 1)..).find(|number| {
            let mut small = known.iter().take_while(|prime| **prime * **prime <= *number);
            small.all(|prime| number % prime != 0)
        })?;
        known.push(next);
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_prime() {
        assert_eq!(primes().take(6).collect::<Vec<_>>(), [2, 3, 5, 7, 11, 13]);
        assert_eq!(spin(Search { enough: Some(1_000) }), Some(7_919));
    }
}
