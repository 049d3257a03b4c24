//! Small components, written as WebAssembly text around one function.
//!
//! The text before the body is what every guest needs: a memory, an allocator for what the host lowers, and an honest
//! answer that lies ready in memory. A body is the code of the exported function, between its parameter (the input's
//! address) and its result (the answer's address); it may spoil the answer, or do something else entirely.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// The answer, and where its fields lie (canonical ABI, `result<pricing-output, problem>`).
const PRICING: &str = r#"
    (data (i32.const 0) "EUR")
    (data (i32.const 16) "energy")
    (global $answer i32 (i32.const 1024))
    (global $currency i32 (i32.const 1032))
    (global $currency_len i32 (i32.const 1036))
    (global $lines_ptr i32 (i32.const 1044))
    (global $lines_len i32 (i32.const 1048))
    (global $next_change_at i32 (i32.const 1056))
    (global $line i32 (i32.const 2048))
    (func $prepare
        (i32.store (global.get $currency_len) (i32.const 3))
        (i32.store (global.get $lines_ptr) (global.get $line))
        (i32.store (global.get $lines_len) (i32.const 1))
        (i32.store offset=0 (global.get $line) (i32.const 16))
        (i32.store offset=4 (global.get $line) (i32.const 6))
        (i32.store offset=8 (global.get $line) (i32.const 16))
        (i32.store offset=12 (global.get $line) (i32.const 6))
        (i64.store offset=80 (global.get $line) (i64.const 539))
        (i32.store8 offset=88 (global.get $line) (i32.const 2)))
"#;

/// The same for `result<authorization-output, problem>`: accept, and nothing else said.
const AUTHORIZATION: &str = r#"
    (data (i32.const 0) "NotAtThisTime")
    (data (i32.const 16) "NotAtThisTme")
    (global $answer i32 (i32.const 1024))
    (global $verdict i32 (i32.const 1032))
    (global $reason i32 (i32.const 1036))
    (global $max_energy i32 (i32.const 1072))
    (func $prepare)
"#;

/// What a guest is made of, beside what every guest needs.
#[derive(Debug, Clone, Default)]
pub struct Guest<'a> {
    /// Judges tokens instead of pricing sessions.
    pub authorizes: bool,
    /// Texts of further WIT packages, and the interfaces of them that the guest imports.
    pub wit: &'a [String],
    pub needs: &'a [String],
    /// The module's own imports.
    pub imports: &'a str,
    /// Further fields of the module: tables, data, a start function.
    pub fields: &'a str,
    /// Runs whenever the host asks for room.
    pub realloc: &'a str,
    pub body: &'a str,
}

/// The import of the log as `$log`, with a level, an address and a length.
pub const LOG: &str = r#"(import "amprule:host/log@1.0.0" "write" (func $log (param i32 i32 i32)))"#;

impl Guest<'_> {
    /// The component. Panics when the text is none: it is the test's own.
    pub fn component(&self) -> Vec<u8> {
        let mut module = text(&self.module());
        let mut contract = Resolve::default();
        let (package, _) = contract.push_dir(wit()).expect("the contract parses");
        let world = if self.authorizes { "authorization" } else { "pricing" };
        let world = if self.needs.is_empty() {
            contract.select_world(&[package], Some(world)).expect("the contract has this world")
        } else {
            self.world(&mut contract, world)
        };
        embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).expect("the world fits");
        let mut encoder = ComponentEncoder::default();
        let encoder = encoder.validate(true).module(&module).unwrap_or_else(|error| panic!("{error:#}"));
        encoder.encode().unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// A world of the guest's own: the contract's, and what the guest needs besides.
    fn world(&self, contract: &mut Resolve, world: &str) -> WorldId {
        for package in self.wit {
            contract.push_str("needs.wit", package).unwrap_or_else(|error| panic!("{error:#}"));
        }
        let needs: String = self.needs.iter().map(|needed| format!("import {needed};\n")).collect();
        let text = format!("package test:guest; world guest {{ {needs} include amprule:plugin/{world}@1.0.0; }}");
        let package = contract.push_str("guest.wit", &text).unwrap_or_else(|error| panic!("{error:#}"));
        contract.select_world(&[package], Some("guest")).expect("the world was made just now")
    }

    fn module(&self) -> String {
        let Self { imports, fields, realloc, body, .. } = self;
        let (answer, export) = if self.authorizes {
            (AUTHORIZATION, "amprule:authorization/authorization@1.0.0#authorize")
        } else {
            (PRICING, "amprule:pricing/pricing@1.0.0#price")
        };
        format!(
            r#"(module
    {imports}
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 16384))
    {answer}
    {fields}
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        {realloc}
        global.get $free
        (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 7)) (i32.const -8))))
    (func $deep (param i64) (result i64)
        (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
    (func $body (export "{export}") (param $input i32) (result i32) (local $i i32)
        call $prepare
        {body}
        global.get $answer)
)"#
        )
    }
}

/// A component that prices.
pub fn pricing(body: &str) -> Vec<u8> {
    Guest { body, ..Guest::default() }.component()
}

/// One that may also call `$log`.
pub fn logging(body: &str) -> Vec<u8> {
    Guest { imports: LOG, body, ..Guest::default() }.component()
}

/// A component that judges tokens.
pub fn authorization(body: &str) -> Vec<u8> {
    Guest { authorizes: true, body, ..Guest::default() }.component()
}

/// One that prices, and runs `start` before it can be called.
pub fn starting(start: &str) -> Vec<u8> {
    let fields = format!("(func $start {start}) (start $start)");
    Guest { fields: &fields, ..Guest::default() }.component()
}

/// Any WebAssembly text.
pub fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-sdk/wit")
}
