//! Generated from `wit/`.

#![expect(unsafe_code, reason = "the canonical ABI is made of raw pointers")]
#![allow(clippy::all, reason = "generated code has a style of its own")]

wit_bindgen::generate!({
    path: "../wit",
    world: "restarting-plugin",
});

// Here, once and for all plugins: the linker keeps what a library exports in the
// component that the library becomes a part of.
export!(Plugin);

use super::guest::Plugin;
