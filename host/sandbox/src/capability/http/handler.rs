//! The one call that begins a request, with what wasmtime leaves open put right.

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::{
    RequestOptions, WasiHttpCtxView, WasiHttpView,
    p2::{
        HttpResult,
        bindings::http::{outgoing_handler::Host, types::ErrorCode},
        types::{HostFutureIncomingResponse, HostOutgoingRequest},
    },
};

use crate::state::State;

type Arguments = (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>);

/// By its name, since wasmtime's own way wants all of `wasi:http` from one type.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut interface = linker.instance("wasi:http/outgoing-handler@0.2.12")?;
    interface.func_wrap("handle", |mut store, (request, options): Arguments| {
        let handled = handle(&mut store.data_mut().http(), request, options);
        let answer = match handled {
            Ok(response) => Ok(response),
            Err(error) => Err(error.downcast()?),
        };
        Ok::<(Result<_, ErrorCode>,), _>((answer,))
    })
}

fn handle(
    view: &mut WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> HttpResult<Resource<HostFutureIncomingResponse>> {
    let given = options.as_ref().map(|options| Resource::new_own(options.rep()));
    let handled = match complete(view, &request) {
        Ok(()) => view.handle(request, options),
        Err(reason) => {
            view.table.delete(request)?;
            Err(reason)
        }
    };
    // The guest has given them away, and wasmtime leaves them in the table.
    if let Some(options) = given {
        view.table.delete::<RequestOptions>(options)?;
    }
    handled
}

/// Sees to it that the request is a URL at all: wasmtime would write a line to the
/// host's own log for each one that is not.
fn complete(
    view: &mut WasiHttpCtxView<'_>,
    request: &Resource<HostOutgoingRequest>,
) -> HttpResult<()> {
    let request = view.table.get_mut(request)?;
    if request.authority.as_ref().is_none_or(String::is_empty) {
        return Err(ErrorCode::HttpRequestUriInvalid.into());
    }
    let path = request.path_with_query.get_or_insert_default();
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use horarium_core::net::http::HttpLimits;
    use wasmtime::component::ResourceTable;
    use wasmtime_wasi_http::{FieldMap, p2::bindings::http::types::Method};

    use super::*;
    use crate::{
        capability::{
            http::Http,
            lookups::{Lookups, SystemResolver},
        },
        state::SharedCapture,
    };

    #[tokio::test]
    async fn what_a_request_was_given_leaves_the_table_with_it() {
        let capture = SharedCapture::nobodys();
        let lookups = Lookups::new(Arc::new(SystemResolver));
        let mut http = Http::new(&[], HttpLimits::DEFAULT, &lookups, &capture);
        let mut table = ResourceTable::new();
        let mut view = http.view(&mut table);
        for authority in [Some("api.example.com"), Some(""), None] {
            let request = HostOutgoingRequest {
                method: Method::Get,
                scheme: None,
                authority: authority.map(str::to_owned),
                path_with_query: None,
                headers: FieldMap::default(),
                body: None,
            };
            let request = view.table.push(request).unwrap();
            let options = view.table.push(RequestOptions::default()).unwrap();
            let handled = handle(&mut view, request, Some(options));
            if let Ok(response) = handled {
                view.table.delete(response).unwrap();
            }
            assert!(view.table.is_empty(), "{authority:?}");
        }
    }
}
