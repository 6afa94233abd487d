//! A program as programs are: words in, words out, an exit code.

use std::{
    env, fs,
    io::{self, Read},
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut words = env::args();
    let name = words.next().unwrap_or_default();
    let (verb, rest) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
    match verb.as_str() {
        "" => println!("{name} has nothing to do"),
        "say" => rest.iter().for_each(|word| println!("{word:?}")),
        "env" => env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "listen" => println!("heard {:?}", io::read_to_string(io::stdin().take(99)).ok()),
        "read" => return read(&rest),
        "exit" => return ExitCode::from(number(&rest)),
        "leave" => std::process::exit(number(&rest).into()),
        "panic" => panic!("out of luck"),
        "spin" => loop {
            std::hint::black_box(());
        },
        "hoard" => {
            let mut hoard = Vec::new();
            while hoard.try_reserve(1 << 20).is_ok() {
                hoard.resize(hoard.len() + (1 << 20), 1_u8);
            }
            eprintln!("no room after {} bytes", hoard.len());
            return ExitCode::FAILURE;
        }
        other => {
            eprintln!("{name}: I don't know how to {other}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn number(words: &[String]) -> u8 {
    words.first().and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn read(paths: &[String]) -> ExitCode {
    for path in paths {
        match fs::read_to_string(path) {
            Ok(text) => print!("{text}"),
            Err(reason) => {
                eprintln!("{path}: {reason}\n");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
