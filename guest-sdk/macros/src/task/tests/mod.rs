//! What the macro makes of its input, as far as it is not compiled: the plugin
//! that comes out is tested in `guest-sdk/tests`.

mod function;
mod options;

use syn::Error;

fn messages(error: Error) -> Vec<String> {
    error.into_iter().map(|error| error.to_string()).collect()
}
