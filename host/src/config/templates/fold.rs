//! One mistake that many tasks were made of.

use std::{collections::HashMap, ops::Range};

use super::super::problem::Problem;
use crate::output::plural;

/// Of the same mistake in the same place, keeps the first, and says of how many more tasks it
/// is one.
pub(in crate::config) fn fold(problems: &mut Vec<Problem>) {
    let mut known: HashMap<(Range<usize>, String), (usize, usize)> = HashMap::new();
    let mut kept: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems.drain(..) {
        let place = (problem.span.clone(), problem.message.clone());
        match known.get_mut(&place) {
            Some((_, more)) if problem.key.starts_with("task.") => *more += 1,
            _ => {
                known.insert(place, (kept.len(), 0));
                kept.push(problem);
            }
        }
    }
    for (place, more) in known.into_values().filter(|(_, more)| *more > 0) {
        // What is wrong with a template is wrong without its tasks.
        if let Some(problem) = kept.get_mut(place).filter(|it| it.key.starts_with("task.")) {
            problem.message += &format!(" (and in {})", plural(more, "more task"));
        }
    }
    *problems = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(start: usize, key: &str, message: &str) -> Problem {
        Problem {
            span: start..9,
            key: key.to_owned(),
            message: message.to_owned(),
            help: None,
            absent: false,
        }
    }

    #[test]
    fn the_same_mistake_is_told_once() {
        let mut problems = vec![
            problem(1, "template.t.x", "odd"),
            problem(2, "task.a.x", "wrong"),
            problem(1, "task.a.x", "odd"),
            problem(2, "task.a.x", "other"),
            problem(2, "task.b.x", "wrong"),
            problem(3, "task.b.x", "wrong"),
            problem(2, "task.c.x", "wrong"),
        ];
        fold(&mut problems);
        let expected = [
            problem(1, "template.t.x", "odd"),
            problem(2, "task.a.x", "wrong (and in 2 more tasks)"),
            problem(2, "task.a.x", "other"),
            problem(3, "task.b.x", "wrong"),
        ];
        assert_eq!(problems, expected);
    }
}
