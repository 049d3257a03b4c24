//! Looks at a component's code before the compiler does: what is small to send and endless to compile is refused by its
//! shape. A compiler cannot be stopped half way, so this comes before it.

use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Functions in all modules of a component. The engines of other languages have some 13,000.
const FUNCTIONS: usize = 100_000;
/// Bytes of one function. The loop of Python's interpreter has some 420 KiB.
const BODY: usize = 2 << 20;
/// Blocks inside each other: one for each case of a `switch`.
const NESTING: usize = 10_000;
/// Targets of all jump tables of one function.
const TARGETS: usize = 200_000;

/// Why the component will not be compiled. What is not valid is left to the compiler, which says it better.
pub(crate) fn refusal(component: &[u8]) -> Option<String> {
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(component) {
        let Ok(payload) = payload else { return None };
        if let Payload::CodeSectionEntry(body) = payload {
            functions += 1;
            if functions > FUNCTIONS {
                return Some(format!("the component has more than {FUNCTIONS} functions"));
            }
            if let Some(why) = refusal_of(&body) {
                return Some(why);
            }
        }
    }
    None
}

fn refusal_of(body: &FunctionBody<'_>) -> Option<String> {
    let bytes = body.range().len();
    if bytes > BODY {
        return Some(format!("a function has {} KiB; at most {} are compiled", bytes / 1024, BODY / 1024));
    }
    let (mut depth, mut targets) = (0_usize, 0_usize);
    for operator in body.get_operators_reader().ok()? {
        match operator.ok()? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                depth += 1;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets: table } => targets += usize::try_from(table.len()).ok()?,
            _ => {}
        }
        if depth > NESTING {
            return Some(format!("a function has more than {NESTING} blocks inside each other"));
        }
        if targets > TARGETS {
            return Some(format!("the jump tables of a function have more than {TARGETS} targets"));
        }
    }
    None
}
