//! The command line, as it is read and as its help shows it.

use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::Cli;

/// What says which host is asked, and how.
const HOST: [&str; 3] = ["host", "token_file", "ca"];

/// Verbs that do what they do on this machine. Whoever names a host all the same is told so;
/// their help has no word of it.
const HERE: [&str; 12] = [
    "init",
    "serve",
    "run",
    "db",
    "token",
    "inspect",
    "grants",
    "graph",
    "schema",
    "completions",
    "man",
    "compile-plugin",
];

/// Verbs whose output has one form.
const ONE_FORM: [&str; 4] = ["watch", "schema", "completions", "man"];

/// Reads it, or says what is wrong with it and ends the program.
pub(super) fn parse() -> Cli {
    let matches = command().get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// All verbs and their options, of which each verb's help shows those that do something.
pub(super) fn command() -> Command {
    let command = Cli::command();
    let options: Vec<Arg> = command.get_arguments().cloned().collect();
    command.mut_subcommands(|verb| {
        let name = verb.get_name().to_owned();
        let is_idle = |option: &Arg| {
            let option = option.get_id().as_str();
            (HERE.contains(&name.as_str()) && HOST.contains(&option))
                || (ONE_FORM.contains(&name.as_str()) && option == "json")
        };
        // An option of the same name takes the place of the one that all verbs have, and is
        // the same for whoever reads the command line.
        let hidden: Vec<_> = options.iter().filter(|it| is_idle(it)).cloned().collect();
        verb.args(hidden.into_iter().map(|option| option.hide(true)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_makes_sense() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_that_stays_here_is_one() {
        let command = command();
        let verbs: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        for name in HERE.iter().chain(&ONE_FORM) {
            assert!(verbs.contains(name), "{name}");
        }
    }

    #[test]
    fn help_shows_what_does_something() {
        let help = |words: &[&str]| {
            let asked = [&["horarium"], words, &["--help"]].concat();
            command().try_get_matches_from(asked).unwrap_err().to_string()
        };
        assert!(help(&["runs"]).contains("--host <URL>") && help(&["runs"]).contains("--json"));
        for words in [&["token"][..], &["token", "new"], &["db", "backup"], &["run"], &["serve"]] {
            let told = help(words);
            assert!(!told.contains("--host <URL>") && told.contains("--json"), "{told}");
        }
        assert!(!help(&["schema"]).contains("--json"));
    }

    #[test]
    fn what_help_does_not_show_is_read_all_the_same() {
        for words in [
            &["--host", "http://a", "token", "list"][..],
            &["token", "--host", "http://a", "list"],
            &["token", "list", "--host", "http://a"],
        ] {
            let asked = [&["horarium"], words].concat();
            let matches = command().try_get_matches_from(asked).unwrap();
            let cli = Cli::from_arg_matches(&matches).unwrap();
            assert_eq!(cli.common.host.as_deref(), Some("http://a"), "{words:?}");
        }
    }
}
