use horarium_sdk::prelude::*;

#[task]
async fn asynchronous() {}

#[task]
unsafe fn unchecked() {}

#[task]
extern "C" fn foreign() {}

fn main() {}
