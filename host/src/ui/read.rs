//! What comes with a request for a page. What makes no sense is answered by a page.

use std::{fmt::Display, str::FromStr};

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use super::refused::Refused;
use crate::api::read;

/// The one name or number in an address.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr<Err: Display> + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let read::Named(named) = read::Named::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

/// What follows the question mark of an address.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let read::Params(params) = read::Params::from_request_parts(parts, state).await?;
        Ok(Self(params))
    }
}
