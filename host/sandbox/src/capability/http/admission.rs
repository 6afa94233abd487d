//! Whether a request falls under a grant, and what is said where none does.

use horarium_core::net::{
    Target,
    http::{HttpGrant, Refusal, deciding},
};
use http::Request;
use wasmtime_wasi_http::Error;

use super::notes::Notes;

/// The grant that admits a request, and the request's target in normal form.
pub(super) fn admit<'a, B>(
    grants: &'a [HttpGrant],
    request: &Request<B>,
    notes: &Notes,
) -> Result<(&'a HttpGrant, Target), Error> {
    let method = request.method().as_str();
    let target: Target = request.uri().to_string().parse().map_err(|reason| {
        notes.warn(format_args!("refused a request: {reason}"));
        Error::HttpRequestUriInvalid
    })?;
    match deciding(grants, method, &target) {
        Ok(grant) => Ok((grant, target)),
        Err(refusal) => {
            let way_out = match refusal {
                Refusal::Elsewhere => format!(
                    "no grant is for it; `http = [\"{target}\"]` among the task's grants would be"
                ),
                Refusal::Method(grant) => format!(
                    "the grant for {} has only {}; add \"{method}\" to its `methods`",
                    grant.prefix, grant.methods
                ),
            };
            notes.warn(format_args!("refused {method} {target}: {way_out}"));
            Err(Error::HttpRequestDenied)
        }
    }
}
