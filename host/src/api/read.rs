//! What comes with a request.

use std::{fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{problem::Problem, words::plain};
use crate::access::{self, Longest};

/// A JSON body; what it leaves out, all of it included, has its default. Null leaves out all.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = access::whole(request, Longest::Wish).await?;
        object(&bytes).map(Self)
    }
}

/// What a JSON body says.
pub(crate) fn object<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    // An object and nothing else: serde would take the values of a list for its keys'.
    let object = serde_json::from_slice::<Option<Map<String, Value>>>(bytes);
    let body = object.and_then(|object| match object {
        Some(object) => T::deserialize(Value::Object(object)),
        None => Ok(T::default()),
    });
    body.map_err(|reason| Problem::malformed(format!("its body: {}", plain(&reason.to_string()))))
}

/// What follows the question mark of an address.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let params = Query::<T>::try_from_uri(&parts.uri);
        let Query(params) =
            params.map_err(|reason| Problem::malformed(plain(&reason.body_text())))?;
        Ok(Self(params))
    }
}

/// The one name or number in an address.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|reason| Problem::malformed(reason.body_text()))?;
        // What can't be a name is the name of nothing.
        let named = text.parse();
        named.map(Self).map_err(|reason| Problem::not_found(format!("{text:?}: {reason}")))
    }
}
