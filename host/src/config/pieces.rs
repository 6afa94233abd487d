//! A long configuration in pieces, each a document by itself.
//!
//! Most of a long one is tasks, which say nothing of each other. Read piece by piece, by
//! several threads, they take half the time and a fraction of the memory. What is found in
//! pieces is only taken where it is what the whole would say: whoever reads them has to make
//! sure that each piece is TOML, has nothing but tasks, and none that another one has.

/// What tasks begin with.
const TASK: &str = "[task.";

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// Where it begins in the whole, in bytes.
    pub(super) start: usize,
    pub(super) text: &'t str,
}

/// Cuts a text before lines that look like the head of a task: into what stands before the
/// first one, and pieces of `size` bytes or somewhat more. No pieces where other tables stand
/// between tasks, or where all is one.
///
/// Where such a line is a part of something longer, a text or a list, the piece before it
/// ends in the middle of that, and is no TOML.
pub(super) fn cut(text: &str, size: usize) -> (&str, Vec<Piece<'_>>) {
    let mut heads = Vec::new();
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(TASK) {
            heads.push(place);
        } else if !heads.is_empty() && is_foreign(line) {
            return (text, Vec::new());
        }
        place += line.len();
    }
    let Some(first) = heads.first().copied() else { return (text, Vec::new()) };
    let mut starts = vec![first];
    for head in heads {
        if starts.last().is_some_and(|start| head - start >= size) {
            starts.push(head);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let piece = |(start, end)| Some(Piece { start, text: text.get(start..end)? });
    let pieces: Vec<_> = starts.iter().copied().zip(ends).filter_map(piece).collect();
    match (text.get(..first), pieces.len()) {
        (Some(head), 2..) => (head, pieces),
        _ => (text, Vec::new()),
    }
}

/// Whether a line may begin a table that is no task's.
fn is_foreign(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('[') && !line.starts_with(TASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> (&str, Vec<&str>) {
        let (head, pieces) = cut(text, 1);
        for piece in &pieces {
            assert_eq!(text.get(piece.start..piece.start + piece.text.len()), Some(piece.text));
        }
        (head, pieces.iter().map(|piece| piece.text).collect())
    }

    #[test]
    fn it_is_cut_before_tasks() {
        let text = "a = 1\n[task.a]\nb = 2\n[task.b]\n [task.b.c]";
        assert_eq!(pieces(text), ("a = 1\n", vec!["[task.a]\nb = 2\n", "[task.b]\n [task.b.c]"]));
        let text = "[task.a]\n[task.b]\n[task.c]\n";
        assert_eq!(pieces(text).1.concat(), text);
        assert_eq!(cut(text, 10).1.len(), 2);
    }

    #[test]
    fn what_has_other_tables_after_tasks_stays_whole() {
        for text in ["", "a = 1", "[task.a]", "[host]\n[task.a]\n[host.max]\n[task.b]"] {
            assert_eq!(pieces(text), (text, vec![]));
        }
        assert_eq!(pieces("[host]\n[task.a]\n[task.b]").0, "[host]\n");
    }
}
