//! Generated from `guest-sdk/wit`.
#![allow(clippy::all, reason = "generated code has a style of its own")]

wit_bindgen::generate!({
    path: "wit",
    world: "http",
    generate_all,
});
