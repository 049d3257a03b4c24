//! Looks at a component before the compiler does: what is small to send and endless to compile is refused by its shape.

use wasmparser::{ElementItems, FunctionBody, Operator, Parser, Payload, Result};

use crate::engine::TABLE_ELEMENTS;

/// Functions in all modules of a component. The engines of other languages have some 13,000.
const FUNCTIONS: usize = 100_000;
/// Bytes of one function. The loop of Python's interpreter has some 420 KiB.
const BODY: usize = 2 << 20;
/// Blocks inside each other: one for each case of a `switch`.
const NESTING: usize = 10_000;
/// Targets of all jump tables of one function.
const TARGETS: usize = 200_000;
/// Modules and components inside the component. Python's has fourteen.
const PARTS: usize = 64;
const MEMORIES: usize = 32;
const TABLES: usize = 64;
/// Segments of data, of all modules. A snapshot of a started engine is cut into some ten thousand.
const DATA: usize = 100_000;
/// Entries of all segments for tables.
const ELEMENTS: usize = 200_000;
const PAGE: u64 = 64 << 10;

/// What is counted over the whole component.
#[derive(Default)]
struct Counts {
    functions: usize,
    parts: usize,
    memories: usize,
    tables: usize,
    data: usize,
    elements: usize,
}

/// Why the component will not be compiled. What is not valid is left to the compiler, which says it better.
pub(crate) fn refusal(component: &[u8], memory_max: usize) -> Option<String> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(component) {
        let why = payload
            .and_then(|payload| counts.take(payload, memory_max as u64).map(|why| why.or_else(|| counts.excess())));
        match why {
            Ok(None) => {}
            Ok(why) => return why,
            Err(_) => return None,
        }
    }
    None
}

impl Counts {
    fn take(&mut self, payload: Payload<'_>, memory_max: u64) -> Result<Option<String>> {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => self.parts += 1,
            Payload::CodeSectionEntry(body) => {
                self.functions += 1;
                return refusal_of(&body);
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories += 1;
                    let bytes = memory?.initial.saturating_mul(PAGE);
                    if bytes > memory_max {
                        let most = memory_max >> 20;
                        return Ok(Some(format!(
                            "a memory begins with {} MiB; a call has at most {most}",
                            bytes >> 20
                        )));
                    }
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables += 1;
                    let entries = table?.ty.initial;
                    if entries > TABLE_ELEMENTS as u64 {
                        return Ok(Some(format!(
                            "a table begins with {entries} entries; at most {TABLE_ELEMENTS} are held"
                        )));
                    }
                }
            }
            Payload::DataSection(data) => self.data += data.count() as usize,
            Payload::ElementSection(segments) => {
                for segment in segments {
                    self.elements += 1 + match segment?.items {
                        ElementItems::Functions(items) => items.count() as usize,
                        ElementItems::Expressions(_, items) => items.count() as usize,
                    };
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn excess(&self) -> Option<String> {
        let bounds = [
            (self.functions, FUNCTIONS, "functions"),
            (self.parts, PARTS, "modules and components inside it"),
            (self.memories, MEMORIES, "memories"),
            (self.tables, TABLES, "tables"),
            (self.data, DATA, "segments of data"),
            (self.elements, ELEMENTS, "entries for tables"),
        ];
        let over = bounds.into_iter().find(|(count, most, _)| count > most);
        over.map(|(_, most, what)| format!("the component has more than {most} {what}"))
    }
}

fn refusal_of(body: &FunctionBody<'_>) -> Result<Option<String>> {
    let bytes = body.range().len();
    if bytes > BODY {
        return Ok(Some(format!("a function has {} KiB; at most {} are compiled", bytes / 1024, BODY / 1024)));
    }
    let (mut depth, mut targets) = (0_usize, 0_usize);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                depth += 1;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets: table } => targets += table.len() as usize,
            _ => {}
        }
        if depth > NESTING {
            return Ok(Some(format!("a function has more than {NESTING} blocks inside each other")));
        }
        if targets > TARGETS {
            return Ok(Some(format!("the jump tables of a function have more than {TARGETS} targets")));
        }
    }
    Ok(None)
}
