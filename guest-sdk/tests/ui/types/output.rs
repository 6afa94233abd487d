use horarium_sdk::prelude::*;

struct Report;

#[task]
fn not_serializable() -> Result<Report, TaskError> {
    Ok(Report)
}

fn main() {}
