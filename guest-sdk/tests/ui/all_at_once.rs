use horarium_sdk::prelude::*;

#[task(evry = "30s", timeout = 5)]
async fn confused(name: &str, context: Context) {
    let _ = (name, context);
}

fn main() {}
