//! SHA-256 as FIPS 180-4 defines it, in the order of its pages. It is here to keep
//! the example free of dependencies; a plugin of your own would use `sha2`.

/// Bytes that are compressed at once.
const BLOCK: usize = 64;

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// A sum that is not complete yet.
pub(crate) struct Sha256 {
    hash: [u32; 8],
    /// What does not fill a block.
    rest: Vec<u8>,
    length: u64,
}

impl Sha256 {
    /// The sum of nothing: the square roots of the first 8 primes.
    #[rustfmt::skip]
    pub(crate) fn new() -> Self {
        Self {
            hash: [
                0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            ],
            rest: Vec::with_capacity(2 * BLOCK),
            length: 0,
        }
    }

    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.rest.is_empty() {
            let missing = bytes.len().min(BLOCK - self.rest.len());
            let (now, later) = bytes.split_at(missing);
            self.rest.extend(now);
            bytes = later;
            if self.rest.len() < BLOCK {
                return;
            }
            let block = std::mem::take(&mut self.rest);
            self.compress_all(&block);
        }
        let rest = self.compress_all(bytes);
        self.rest.extend(rest);
    }

    /// The sum in hexadecimal digits.
    pub(crate) fn finish(mut self) -> String {
        let bits = self.length * 8;
        let mut end = std::mem::take(&mut self.rest);
        end.push(0x80);
        while end.len() % BLOCK != BLOCK - 8 {
            end.push(0);
        }
        end.extend(bits.to_be_bytes());
        self.compress_all(&end);
        self.hash.map(|word| format!("{word:08x}")).concat()
    }

    /// Compresses all whole blocks and returns what is left.
    fn compress_all<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            self.compress(block);
        }
        rest
    }

    fn compress(&mut self, block: &[u8; BLOCK]) {
        let words = schedule(block);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.hash;
        for (word, k) in words.into_iter().zip(K) {
            let sum_1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let one = [sum_1, choice, k, word].into_iter().fold(h, u32::wrapping_add);
            let sum_0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            let two = sum_0.wrapping_add(majority);
            (h, g, f, e) = (g, f, e, d.wrapping_add(one));
            (d, c, b, a) = (c, b, a, one.wrapping_add(two));
        }
        for (hash, value) in self.hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *hash = hash.wrapping_add(value);
        }
    }
}

/// The 64 words that a block is spread to.
fn schedule(block: &[u8; BLOCK]) -> [u32; 64] {
    let mut words = [0; 64];
    let (given, _) = block.as_chunks::<4>();
    for (word, bytes) in words.iter_mut().zip(given) {
        *word = u32::from_be_bytes(*bytes);
    }
    for t in 16..64 {
        let (early, late) = (words[t - 15], words[t - 2]);
        let small_0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let small_1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        let sum = [words[t - 7], small_0, small_1].into_iter();
        words[t] = sum.fold(words[t - 16], u32::wrapping_add);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(parts: &[&[u8]]) -> String {
        let mut sha256 = Sha256::new();
        for part in parts {
            sha256.add(part);
        }
        sha256.finish()
    }

    #[test]
    fn published_sums() {
        assert_eq!(sum(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(
            sum(&[b"abc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sum(&[b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"]),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
        assert_eq!(
            sum(&[&[b'a'; 1_000_000]]),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut() {
        let text: Vec<u8> = (0..=255).collect();
        let whole = sum(&[&text]);
        for cut in 0..text.len() {
            let (one, two) = text.split_at(cut);
            assert_eq!(sum(&[one, two]), whole, "cut at {cut}");
        }
    }
}
