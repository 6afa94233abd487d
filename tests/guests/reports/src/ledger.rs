//! Ledgers.

use crate::{
    Reports,
    bindings::exports::acme::reports::types::{Entry, Guest, GuestLedger, Ledger, LedgerBorrow},
};

/// Payments, in the order of their days.
pub(crate) struct Payments {
    pub(crate) entries: Vec<Entry>,
}

impl Payments {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| (entry.day.year, entry.day.month, entry.day.day));
        Self { entries }
    }

    pub(crate) fn sum(&self) -> i64 {
        self.entries.iter().map(|entry| entry.amount).sum()
    }
}

impl Guest for Reports {
    type Ledger = Payments;
}

impl GuestLedger for Payments {
    fn new(entries: Vec<Entry>) -> Self {
        Self::new(entries)
    }

    fn balance(&self) -> i64 {
        self.sum()
    }

    fn of_account(&self, account: String) -> Vec<Entry> {
        self.entries.iter().filter(|entry| entry.account == account).cloned().collect()
    }

    fn merged(first: Ledger, second: LedgerBorrow<'_>) -> Ledger {
        let both = [&first.get::<Self>().entries[..], &second.get::<Self>().entries[..]];
        Ledger::new(Self::new(both.concat()))
    }
}

impl Drop for Payments {
    fn drop(&mut self) {
        println!("a ledger of {} was put away", self.entries.len());
    }
}
