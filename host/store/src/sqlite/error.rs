//! SQLite's errors in the store's words.

use std::path::Path;

use horarium_core::store::StoreError;
use rusqlite::{Error, ErrorCode};

/// Says what an error of the database at `place` means.
pub(super) fn translate(place: &Path, error: &Error) -> StoreError {
    let place = place.display().to_string();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { place, reason },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { place, reason }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Locked { place, reason }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged { place, reason }
        }
        None if matches!(
            error,
            Error::FromSqlConversionFailure(..)
                | Error::InvalidColumnType(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
        ) =>
        {
            StoreError::Damaged { place, reason }
        }
        _ => StoreError::Unusable { place, reason },
    }
}
