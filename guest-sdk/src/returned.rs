//! From what a task function returns to what the host is told.

use serde::Serialize;

use crate::plugin::{Failure, Outcome};

/// What a task function can return as its output.
#[diagnostic::on_unimplemented(
    message = "a task can't return `{Self}` as its output",
    label = "this type can't be written as JSON",
    note = "write `#[output]` above the type, or derive `Serialize` for it"
)]
pub trait Output: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Output for T {}

/// What a task function can return as its error.
#[diagnostic::on_unimplemented(
    message = "a task can't fail with `{Self}`",
    label = "this type is not an error",
    note = "use `TaskError`, `anyhow::Error`, or a type that implements `std::error::Error` \
            and is `Send`, `Sync` and `'static`"
)]
pub trait Fault: Into<anyhow::Error> {}

#[diagnostic::do_not_recommend]
impl<E: Into<anyhow::Error>> Fault for E {}

/// What a returned `Result` is to the host.
///
/// The expansion calls it with the types as the author wrote them, so that an
/// error about one of them points there.
pub fn fallible<T: Output, E: Fault>(returned: Result<T, E>) -> Outcome {
    returned.map_err(|error| error.into().into()).and_then(encode)
}

/// A returned value whose spelling does not tell whether it is a `Result`.
///
/// Its type decides, so aliases work: for a `Result` the method below comes before
/// the one of [`ReturnedValue`], as inherent methods do.
///
/// The bounds belong to the methods and not to the `impl`s, or else a type that
/// does not fit would have no such method instead of a message.
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// The value as output, or the error as a failure.
    pub fn into_outcome(self) -> Outcome
    where
        T: Output,
        E: Fault,
    {
        fallible(self.0)
    }
}

/// What a returned value is to the host where it is no `Result`.
pub trait ReturnedValue<T> {
    /// The value as output.
    fn into_outcome(self) -> Outcome
    where
        T: Output;
}

impl<T> ReturnedValue<T> for Returned<T> {
    fn into_outcome(self) -> Outcome
    where
        T: Output,
    {
        encode(self.0)
    }
}

/// `null`, which is what `()` and `None` become, is no output.
fn encode<T: Serialize>(value: T) -> Outcome {
    match serde_json::to_string(&value) {
        Ok(json) if json == "null" => Ok(None),
        Ok(json) => Ok(Some(json)),
        Err(error) => {
            Err(Failure::permanent(format!("the output can't be written as JSON: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{TaskError, plugin::FailureKind};

    #[test]
    fn values_are_json_and_nothing_is_nothing() {
        assert_eq!(Returned(()).into_outcome(), Ok(None));
        assert_eq!(Returned(None::<u8>).into_outcome(), Ok(None));
        assert_eq!(Returned("hi").into_outcome(), Ok(Some("\"hi\"".to_owned())));
    }

    #[test]
    fn results_are_known_by_their_type() {
        type Alias = Result<u8, TaskError>;
        let fine: Alias = Ok(7);
        assert_eq!(Returned(fine).into_outcome(), Ok(Some("7".to_owned())));

        let broken: Alias = Err(TaskError::permanent("gone"));
        assert_eq!(Returned(broken).into_outcome(), Err(Failure::permanent("gone".to_owned())));
    }

    #[test]
    fn output_that_is_no_json_is_a_permanent_failure() {
        let failure = Returned(BTreeMap::from([((1, 2), 3)])).into_outcome().unwrap_err();
        assert_eq!(failure.kind, FailureKind::Permanent);
        assert!(failure.message.contains("can't be written as JSON"));
    }
}
