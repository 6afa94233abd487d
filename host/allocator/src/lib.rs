//! Where memory comes from, and how it goes back.
//!
//! A host of a hundred thousand tasks reads a large configuration every now and then, and
//! needs several times as much room for that as for the tasks. The system's allocator
//! keeps most of it, and more with each reload; this one gives it back.

use mimalloc::MiMalloc;

/// For every program that this crate is linked to.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A variable, and its value, for a process that lives within a limit to its address
/// space: it takes from the system what it needs, and not a gigabyte to share out.
pub const WITHIN_A_LIMIT: (&str, &str) = ("MIMALLOC_DISALLOW_ARENA_ALLOC", "1");

/// Gives memory that this thread has freed back to the system: after something large and
/// rare, since by itself the allocator does so while it is used, and a host that waits
/// does not use it.
pub fn give_back() {
    #[expect(unsafe_code, reason = "the allocator's own interface")]
    // SAFETY: it touches nothing but what is free.
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}
