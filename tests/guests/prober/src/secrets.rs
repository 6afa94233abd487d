//! Secrets, told to everybody.

use std::env;

use horarium_sdk::prelude::*;

/// What to tell, and how to end.
#[args]
struct Leak {
    /// The variable that holds it.
    name: String,
    #[serde(default)]
    end: End,
}

/// How to end.
#[args]
#[derive(Default)]
#[serde(rename_all = "snake_case")]
enum End {
    /// With the secret as output.
    #[default]
    Output,
    /// With a failure that has it in its message.
    Failure,
    /// With a panic about it.
    Panic,
}

/// A secret in an output.
#[output]
struct Told {
    value: String,
    nested: Vec<Option<String>>,
    by_value: std::collections::BTreeMap<String, u32>,
    length: usize,
}

/// Says a secret wherever it can.
#[task]
fn leak(leak: Leak) -> Result<Told, TaskError> {
    let value = env::var(&leak.name).unwrap_or_default();
    println!("out {value}");
    eprintln!("err {value}");
    // In pieces, and in a line that is too long.
    for character in value.chars() {
        print!("{character}");
    }
    println!();
    println!("{}{value}{value}", "x".repeat(8_100));
    log::info!(target: &value, "log {value}");
    log::info!("{:?} {}", value, "0".repeat(8_180) + &value);
    let placed = format_args!("at home");
    let mut record = log::Record::builder();
    record.level(log::Level::Info).file(Some(&value)).line(Some(7)).args(placed);
    log::logger().log(&record.build());
    progress::note(format!("note {value}"));
    match leak.end {
        End::Failure => Err(TaskError::permanent(format!("failed with {value}"))),
        End::Panic => panic!("panicked with {value}"),
        End::Output => Ok(Told {
            nested: vec![None, Some(format!("[{value}]"))],
            by_value: [(value.clone(), 1)].into(),
            length: value.len(),
            value,
        }),
    }
}
