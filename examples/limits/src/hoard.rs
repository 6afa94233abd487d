//! Runs into the limit of memory.

use horarium_sdk::prelude::*;

const MEBIBYTE: usize = 1 << 20;

/// When to stop, if the memory lasts so long.
#[args]
struct Wants {
    /// How many MiB are enough; without it, none ever are.
    #[serde(default)]
    enough: Option<usize>,
}

/// Takes memory, one MiB after the other, until there is no more.
#[task(every = "6s", offset = "2s", memory = "8MiB", timeout = "5s", max_attempts = 2)]
fn hoard(wants: Wants) -> usize {
    let mut treasure: Vec<Vec<u8>> = Vec::new();
    while treasure.len() < wants.enough.unwrap_or(usize::MAX) {
        // Filled with something: memory that nobody touches costs nobody anything.
        treasure.push(vec![0xAA; MEBIBYTE]);
        log::info!("{} MiB", treasure.len());
    }
    treasure.iter().map(Vec::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_enough() {
        assert_eq!(hoard(Wants { enough: Some(3) }), 3 * MEBIBYTE);
    }
}
