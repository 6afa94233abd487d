//! Every kept input, and mutations of it, the same ones each time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use fuzz_targets::{TARGETS, Target};

/// Mutations of each input; fewer where an input has to be run, or compiled.
const MUTATIONS: usize = 3_000;
const MUTATIONS_TO_CALL: usize = 1_000;
const MUTATIONS_TO_COMPILE: usize = 200;

fn inputs(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let bytes = fs::read(&path).unwrap();
        // WebAssembly is kept as text, which people can read.
        if path.extension().is_some_and(|extension| extension == "wat") {
            wat::parse_bytes(&bytes).unwrap().into_owned()
        } else {
            bytes
        }
    };
    files.into_iter().map(read).collect()
}

/// A generator after Marsaglia's xorshift, so that every run is the same one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Changes, removes, doubles or swaps a few bytes.
fn mutated(input: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        if bytes.is_empty() {
            return bytes;
        }
        let place = dice.below(bytes.len());
        let end = place + dice.below((bytes.len() - place).min(16)) + 1;
        let end = end.min(bytes.len());
        match dice.below(5) {
            0 => bytes[place] = u8::try_from(dice.below(256)).unwrap(),
            1 => bytes[place] ^= 1 << dice.below(8),
            2 => drop(bytes.drain(place..end)),
            3 => {
                let piece = bytes[place..end].to_vec();
                let target = dice.below(bytes.len());
                bytes.splice(target..target, piece);
            }
            _ => {
                let other = dice.below(bytes.len());
                bytes.swap(place, other);
            }
        }
    }
    bytes
}

fn replay(name: &str, mutations: usize) {
    let target: Target = TARGETS.iter().find(|(own, _)| *own == name).unwrap().1;
    let inputs = inputs(name);
    assert!(!inputs.is_empty(), "there is nothing in fuzz/corpus/{name}");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for input in inputs {
        target(&input);
        for _ in 0..mutations {
            target(&mutated(&input, &mut dice));
        }
    }
}

#[test]
fn arguments() {
    replay("arguments", MUTATIONS);
}

#[test]
fn call() {
    replay("call", MUTATIONS_TO_CALL);
}

#[test]
fn configuration() {
    replay("configuration", MUTATIONS);
}

#[test]
fn cron() {
    replay("cron", MUTATIONS);
}

#[test]
fn escape() {
    replay("escape", MUTATIONS);
}

#[test]
fn plugin() {
    replay("plugin", MUTATIONS_TO_COMPILE);
}
