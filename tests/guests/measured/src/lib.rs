//! What the benchmarks measure: computing, sleeping, and many functions.

#![forbid(unsafe_code)]

use std::{
    hint::black_box,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use horarium_sdk::prelude::*;

/// Which number.
#[args]
struct Which {
    n: u32,
}

/// A Fibonacci number, the slow way.
#[task]
fn fib(which: Which) -> u64 {
    slowly(which.n)
}

#[inline(never)]
fn slowly(n: u32) -> u64 {
    if n < 2 { u64::from(n) } else { slowly(n - 1) + slowly(n - 2) }
}

/// Says that it sleeps, and sleeps until it is stopped.
#[task]
fn nap() {
    println!("asleep");
    thread::sleep(Duration::from_secs(3600));
}

/// Never ends by itself.
#[task]
fn spin() {
    let mut number = 0_u64;
    loop {
        number = black_box(number).wrapping_add(1);
    }
}

/// What its clock shows as the first thing that it does, in microseconds since 1970.
#[task]
fn clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or_default()
}

/// Functions that are there to be many.
macro_rules! idle {
    ($($name:ident)*) => {
        $(mod $name {
            /// Does nothing.
            #[horarium_sdk::task]
            fn $name() {}
        })*
    };
}

// With the four above, fifty.
idle! {
    i01 i02 i03 i04 i05 i06 i07 i08 i09 i10 i11 i12 i13 i14 i15 i16
    i17 i18 i19 i20 i21 i22 i23 i24 i25 i26 i27 i28 i29 i30 i31 i32
    i33 i34 i35 i36 i37 i38 i39 i40 i41 i42 i43 i44 i45 i46
}
