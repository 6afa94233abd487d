//! Big-endian numbers from a slice that gets shorter.

use horarium_sdk::prelude::*;

/// What is left to read.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, length: usize) -> anyhow::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).context("the file ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> anyhow::Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn count(&mut self) -> anyhow::Result<usize> {
        Ok(u32::from_be_bytes(self.array()?).try_into()?)
    }

    pub(crate) fn i32(&mut self) -> anyhow::Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> anyhow::Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian() {
        let mut bytes = Bytes(&[0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe, 7]);
        assert_eq!(bytes.count().unwrap(), 0x0102);
        assert_eq!(bytes.i32().unwrap(), -2);
        assert_eq!(bytes.byte().unwrap(), 7);
        assert!(bytes.byte().is_err());
    }
}
