//! Functions of every type, for a host that has only their types to go by.

mod bindings;
mod echo;
mod ends;
mod parts;
mod unspeakable;

struct Exports;

impl bindings::Guest for Exports {
    fn add(a: u32, b: u32) -> u64 {
        u64::from(a) + u64::from(b)
    }
}
