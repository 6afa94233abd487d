//! Walks a source tree and reports its size by language, its largest files and
//! its open ends. Grant it the tree as `/src`; reading is enough.

mod language;
mod survey;
mod walk;

use std::path::Path;

use horarium_sdk::prelude::*;

use survey::Survey;

/// Where the tree is granted.
const TREE: &str = "/src";

/// What to look at. Everything has a default, so `args` may be left out.
#[args]
struct Options {
    /// How many of the largest files to name.
    #[serde(default = "Options::max_files")]
    max_files: usize,
    /// Only files with these extensions; where there are none, all whose language
    /// is known.
    #[serde(default)]
    extensions: Vec<String>,
    /// Folders that are left out wherever they are.
    #[serde(default = "Options::skip")]
    skip: Vec<String>,
}

impl Options {
    fn max_files() -> usize {
        5
    }

    fn skip() -> Vec<String> {
        ["target", ".git"].map(str::to_owned).into()
    }
}

/// Counts files, lines and bytes by language, and lists what is unfinished.
#[task(every = "5s", timeout = "10s")]
fn tree_report(context: &Context, options: Options) -> Result<Survey, TaskError> {
    report(context, &options, Path::new(TREE))
}

fn report(context: &Context, options: &Options, tree: &Path) -> Result<Survey, TaskError> {
    // Without the grant nobody finds it, however often it is tried.
    let top = walk::list(tree)
        .with_context(|| format!("can't list {}: was it granted?", tree.display()))
        .map_err(TaskError::permanent)?;

    let mut survey = Survey::new(options.max_files);
    let mut done = 0_u16;
    let all = u16::try_from(top.len()).unwrap_or(u16::MAX);
    for entry in top {
        let path = entry.path();
        walk::files(entry, &options.skip, &mut |file| survey.add(tree, file, &options.extensions))
            .context("the tree changed underneath")?;
        done = done.saturating_add(1);
        // A lone file takes no time that anybody would want to hear of.
        if let Some(name) = path.file_name().filter(|_| path.is_dir()) {
            context.progress(f32::from(done) / f32::from(all), name.to_string_lossy());
        }
    }

    log::info!("{} files, {} lines, {} open ends", survey.files, survey.lines, survey.open_ends);
    Ok(survey)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        horarium_sdk::serde_json::from_str("{}").unwrap()
    }

    fn of_itself(options: &Options) -> Survey {
        let context = Context::for_test("tree").build();
        report(&context, options, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn it_counts_itself() {
        let survey = of_itself(&options());
        let rust = &survey.languages["Rust"];
        let sources = [
            include_str!("lib.rs"),
            include_str!("language.rs"),
            include_str!("survey.rs"),
            include_str!("walk.rs"),
        ];
        assert_eq!(rust.files, 4);
        let lines: usize = sources.iter().map(|source| source.lines().count()).sum();
        assert_eq!(rust.lines, lines as u64);
        assert_eq!(rust.bytes, sources.concat().len() as u64);
        assert_eq!(survey.files, rust.files + survey.languages["TOML"].files);
        assert_eq!(survey.largest.len(), 5);
    }

    #[test]
    fn options_narrow_it() {
        let narrow = Options { max_files: 1, extensions: vec!["toml".to_owned()], ..options() };
        let survey = of_itself(&narrow);
        assert_eq!(survey.languages.keys().collect::<Vec<_>>(), ["TOML"]);
        assert_eq!(survey.largest[0].path, "Cargo.toml");

        let nowhere = Options { skip: vec!["src".to_owned()], ..options() };
        assert!(!of_itself(&nowhere).languages.contains_key("Rust"));
    }

    #[test]
    fn a_tree_that_was_not_granted_is_not_tried_again() {
        let context = Context::for_test("tree").build();
        let error = report(&context, &options(), Path::new("/not/granted")).unwrap_err();
        assert!(matches!(error, TaskError::Permanent(_)), "{error}");
    }
}
