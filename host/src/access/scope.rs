//! How much a caller may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a caller may do; each includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// See what there is, and what became of it.
    Read,
    /// Have tasks run, end runs, and repeat them.
    Run,
    /// Everything else: what holds for others, too.
    Admin,
}

impl Scope {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = [Self::Read, Self::Run, Self::Admin];
        known
            .into_iter()
            .find(|scope| scope.as_str() == word)
            .ok_or("a scope is one of read, run, admin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_includes_those_before_it() {
        assert!(Scope::Read < Scope::Run && Scope::Run < Scope::Admin);
        assert_eq!("run".parse(), Ok(Scope::Run));
        assert!("Admin".parse::<Scope>().is_err());
    }
}
