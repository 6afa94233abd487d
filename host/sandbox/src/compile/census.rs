//! What a component consists of, counted before it is compiled.
//!
//! wasmtime bounds each module alone, and only those that are instantiated. What lies
//! in a component beside them becomes code, images and tables all the same, and
//! stays in the host's memory for as long as the plugin does; and what an instance
//! keeps of element segments nobody else counts.

use horarium_core::limits::Bounds;
use wasmparser::{ElementItems, ElementKind, Parser, Payload};

/// Core modules, nested ones included. A component that a linker has put together
/// of many libraries has some tens.
const MODULES: u64 = 100;

/// Memories and tables in all modules together.
const MEMORIES: u64 = 32;
const TABLES: u64 = 64;

/// Globals in all modules together.
const GLOBALS: u64 = 10_000;

/// Entries of all element segments together. An interpreter has 10,000.
const ELEMENTS: u64 = 200_000;

/// Those that each instance keeps a copy of: passive segments.
const KEPT: u64 = 20_000;

/// What was counted.
#[derive(Default)]
struct Census {
    modules: u64,
    memories: u64,
    tables: u64,
    globals: u64,
    elements: u64,
    kept: u64,
}

/// Counts what a component consists of.
///
/// # Errors
/// Where it is more than a host is ready to hold; the text says what. What can't be
/// read is left to the compiler, which says more about it.
pub(super) fn check(component: &[u8]) -> Result<(), String> {
    let mut census = Census::default();
    for payload in Parser::new(0).parse_all(component) {
        let Ok(payload) = payload else { return Ok(()) };
        census.count(&payload).unwrap_or(Ok(()))?;
    }
    Ok(())
}

impl Census {
    /// None where something can't be read.
    fn count(&mut self, payload: &Payload<'_>) -> Option<Result<(), String>> {
        Some(match payload {
            Payload::ModuleSection { .. } => add(&mut self.modules, 1, MODULES, "core modules"),
            Payload::MemorySection(memories) => {
                add(&mut self.memories, memories.count().into(), MEMORIES, "memories")
            }
            Payload::GlobalSection(globals) => {
                add(&mut self.globals, globals.count().into(), GLOBALS, "globals")
            }
            Payload::TableSection(tables) => {
                let count = add(&mut self.tables, tables.count().into(), TABLES, "tables");
                let most = Bounds::MOST.table_elements;
                let sizes: Vec<_> = tables
                    .clone()
                    .into_iter()
                    .map_while(Result::ok)
                    .map(|t| t.ty.initial)
                    .collect();
                match sizes.into_iter().find(|size| *size > most) {
                    Some(size) => Err(format!(
                        "it has a table with {size} entries, where a plugin's have at most {most}"
                    )),
                    None => count,
                }
            }
            Payload::ElementSection(segments) => {
                for segment in segments.clone() {
                    let segment = segment.ok()?;
                    let entries = match &segment.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    let entries = u64::from(entries);
                    let counted =
                        add(&mut self.elements, entries, ELEMENTS, "entries of element segments");
                    let kept = match segment.kind {
                        ElementKind::Passive => add(
                            &mut self.kept,
                            entries,
                            KEPT,
                            "entries of passive element segments",
                        ),
                        ElementKind::Active { .. } | ElementKind::Declared => Ok(()),
                    };
                    if let Err(reason) = counted.and(kept) {
                        return Some(Err(reason));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        })
    }
}

fn add(sum: &mut u64, more: u64, most: u64, what: &str) -> Result<(), String> {
    *sum = sum.saturating_add(more);
    match *sum > most {
        true => Err(format!("it has more than {most} {what}, which is the most of a plugin")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wat: &str) -> String {
        check(&wat::parse_str(wat).unwrap()).unwrap_err()
    }

    fn modules(count: usize, fields: &str) -> String {
        format!("(component {})", format!("(core module {fields})").repeat(count))
    }

    #[test]
    fn what_is_never_instantiated_counts_as_well() {
        assert_eq!(check(&wat::parse_str(modules(32, "(memory 1)")).unwrap()), Ok(()));
        assert!(refusal(&modules(33, "(memory 1)")).contains("more than 32 memories"));
        assert!(refusal(&modules(65, "(table 1 funcref)")).contains("more than 64 tables"));
        assert!(refusal(&modules(101, "")).contains("more than 100 core modules"));
        let globals = "(global i32 (i32.const 0))".repeat(101);
        assert!(refusal(&modules(100, &globals)).contains("more than 10000 globals"));
        let nested = format!("(component {})", modules(33, "(memory 1)"));
        assert!(refusal(&nested).contains("more than 32 memories"));
    }

    #[test]
    fn tables_and_their_segments_are_bounded() {
        let table = "(table 20001 funcref)";
        assert!(refusal(&modules(1, table)).contains("a table with 20001 entries"));
        let passive = format!("(elem funcref {})", "(ref.null func)".repeat(10_001));
        assert_eq!(check(&wat::parse_str(modules(1, &passive)).unwrap()), Ok(()));
        let refused = refusal(&modules(2, &passive));
        assert!(refused.contains("20000 entries of passive element segments"), "{refused}");
        let declared = format!("(func $f) (elem declare func {})", "$f ".repeat(100_001));
        let refused = refusal(&modules(2, &declared));
        assert!(refused.contains("200000 entries of element segments"), "{refused}");
    }

    #[test]
    fn what_can_t_be_read_is_the_compilers() {
        assert_eq!(check(b"\0asm\x0d\0\x01\0\xff\xff\xff"), Ok(()));
    }
}
