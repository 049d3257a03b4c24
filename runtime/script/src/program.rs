//! From a unit's files to a program that can be called: parse, compute constants, check names, find hooks.

use std::collections::BTreeSet;
use std::time::Duration;

use amprule_domain::decision::Hook;
use amprule_hooks::{Deadline, Diagnostic, Manifest, Source};
use rhai::{AST, Dynamic, Engine, Module, Scope};
use rust_decimal::Decimal;

use crate::explain::{at_token, explain_parse, explain_run};
use crate::files::{File, files};
use crate::language::limits::Limits;
use crate::language::{self, ParameterNames, call};
use crate::source::check::{MOST, check};
use crate::source::flow;
use crate::source::known::KnownNames;
use crate::source::layout::Function;
use crate::source::lexer::TokenKind;
use crate::source::names::{self, HookFunction};
use crate::{output, view};

const CONSTANT_FUEL: u64 = 100_000;
const CONSTANT_TIME: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) engine: Engine,
    /// Functions only.
    pub(crate) ast: AST,
    pub(crate) hooks: Vec<Hook>,
    /// It drives hardware.
    pub(crate) drives: bool,
    /// It says what it charges.
    pub(crate) describes: bool,
    pub(crate) parameters: ParameterNames,
    pub(crate) functions: Vec<String>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// That stand in its files.
    pub(crate) numbers: Vec<Decimal>,
}

/// `memory`: what a call is granted.
pub(crate) fn compile(
    source: &Source,
    memory: usize,
    is_wanted: &dyn Fn() -> bool,
) -> Result<Program, Vec<Diagnostic>> {
    compile_on(source, memory, is_wanted, call::guard)
}

/// `finish` has the last word on the engine.
pub(crate) fn compile_on(
    source: &Source,
    memory: usize,
    is_wanted: &dyn Fn() -> bool,
    finish: fn(&mut Engine),
) -> Result<Program, Vec<Diagnostic>> {
    let files = files(source)?;
    let parameters = ParameterNames::of(source);
    let mut engine = engine(&Limits::within(memory), &parameters);
    if source.manifest.is_of_today() {
        language::refuse_unordered(&mut engine);
    }
    finish(&mut engine);
    let constants = constants(&engine, &files)?;
    let ast = parse(&mut engine, &files, &constants, is_wanted)?;
    // Rhai's own message tells more, where it has one.
    let broken = files.iter().find_map(|file| Some((file, file.layout.broken_at?)));
    if let Some((file, at)) = broken {
        return Err(vec![broken_off(file, at)]);
    }
    check_names(&files, &parameters, &source.manifest)?;
    let entry = files.last().expect("the entry is a file");
    let hooks = hooks(source, entry)?;
    let (describes, drives) = (has(entry, &names::DESCRIBE)?, has(entry, &names::TURN)?);
    engine.register_global_module(constants_module(&constants).into());
    let functions = files.iter().flat_map(|file| &file.layout.functions).map(|function| function.name.text.to_owned());
    let speaks = source.manifest.capabilities.contains_key("log");
    let warnings = files.iter().flat_map(|file| flow::warnings(&file.name, &file.layout, speaks));
    let warnings = warnings.chain(uncut(source, &files)).take(MOST).collect();
    let (functions, numbers) = (functions.collect(), numbers(&files));
    Ok(Program { engine, ast, hooks, drives, describes, parameters, functions, warnings, numbers })
}

/// A tariff that asks for hours, and whose periods nobody cuts at them.
fn uncut(source: &Source, files: &[File<'_>]) -> Option<Diagnostic> {
    let Manifest { hooks, boundaries, .. } = &source.manifest;
    if !boundaries.is_empty() || !hooks.contains(&Hook::Pricing) {
        return None;
    }
    let asks = |file: &&File<'_>| file.layout.tokens.iter().position(|token| token.is("is_between"));
    let (file, at) = files.iter().find_map(|file| Some((file, asks(&file)?)))?;
    let why = "the tariff asks for hours of the day, and plugin.toml names no boundaries";
    let hint = "periods are cut at boundaries: `boundaries = [\"$night_from\", \"$night_to\"]`, or [\"22:00\", \"06:00\"]; without them one \
                that begins by day counts by day to its end";
    let found = at_token("boundaries", why, &file.name, file.layout.text, &file.layout.tokens[at]);
    Some(found.hint(hint).as_warning())
}

fn broken_off(file: &File<'_>, at: usize) -> Diagnostic {
    let (text, before) = (file.layout.text, &file.layout.text[..at]);
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    Diagnostic::new("syntax", "from here on the text cannot be read: a quote or a comment that does not end")
        .in_file(&file.name)
        .at(text, before.matches('\n').count() + 1, column)
}

fn numbers(files: &[File<'_>]) -> Vec<Decimal> {
    let tokens = files.iter().flat_map(|file| &file.layout.tokens).filter(|token| token.kind == TokenKind::Number);
    let numbers: BTreeSet<Decimal> = tokens.filter_map(|token| token.text.replace('_', "").parse().ok()).collect();
    numbers.into_iter().collect()
}

fn engine(limits: &Limits, parameters: &ParameterNames) -> Engine {
    let mut engine = language::engine(limits);
    parameters.register(&mut engine);
    view::register(&mut engine);
    output::register(&mut engine);
    engine
}

/// Computes every file's constants once, in order. A constant sees those before it.
fn constants(engine: &Engine, files: &[File<'_>]) -> Result<Vec<(String, Dynamic)>, Vec<Diagnostic>> {
    let mut scope = Scope::new();
    for file in files {
        for constant in &file.layout.constants {
            let name = constant.name.text;
            let refuse = |code, message| vec![at_token(code, message, &file.name, file.layout.text, &constant.name)];
            if scope.contains(name) {
                return Err(refuse("syntax", format!("there is already a constant {name} in this unit")));
            }
            if scope.len() >= Limits::CONSTANTS {
                return Err(refuse("limit", format!("more than {} constants", Limits::CONSTANTS)));
            }
            let value = constant_value(engine, &mut scope, file, &file.layout.expression(constant))?;
            scope.push_constant_dynamic(name.to_owned(), value);
        }
    }
    Ok(scope.iter().map(|(name, _, value)| (name.to_owned(), value)).collect())
}

fn constant_value(
    engine: &Engine,
    scope: &mut Scope<'_>,
    file: &File<'_>,
    text: &str,
) -> Result<Dynamic, Vec<Diagnostic>> {
    let names: Vec<String> = scope.iter().map(|(name, ..)| name.to_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ast = engine
        .compile_expression_with_scope(scope, text)
        .map_err(|error| vec![explain_parse(&error, &file.name, &file.layout, &names)])?;
    call::alone(CONSTANT_FUEL, Deadline::after(CONSTANT_TIME));
    engine.eval_ast_with_scope::<Dynamic>(scope, &ast).map_err(|error| {
        let explained = explain_run(&error, &file.name, &[]);
        vec![explained.diagnostic("constant", |_| Some(file.layout.text))]
    })
}

/// Imported files become modules of the engine; the entry's functions are the program.
fn parse(
    engine: &mut Engine,
    files: &[File<'_>],
    constants: &[(String, Dynamic)],
    is_wanted: &dyn Fn() -> bool,
) -> Result<AST, Vec<Diagnostic>> {
    // Rhai need only know that the names exist: told their values, it would put them in place of parameters, too.
    let mut names = Scope::new();
    for (name, _) in constants {
        names.push(name.clone(), ());
    }
    let known: Vec<&str> = constants.iter().map(|(name, _)| name.as_str()).collect();
    let mut entry = AST::empty();
    for file in files {
        if !is_wanted() {
            return Err(vec![Diagnostic::new("limit", "compiling takes too long").in_file(&file.name)]);
        }
        let parsed = engine.compile_with_scope(&names, &file.layout.code);
        let mut ast = parsed.map_err(|error| vec![explain_parse(&error, &file.name, &file.layout, &known)])?;
        ast.set_source(file.name.clone());
        match &file.alias {
            None => entry = ast.clone_functions_only(),
            Some(alias) => {
                let mut module = module(engine, file, &ast)?;
                for constant in &file.layout.constants {
                    if let Some((name, value)) = constants.iter().find(|(name, _)| name == constant.name.text) {
                        module.set_var(name.clone(), value.clone());
                    }
                }
                engine.register_static_module(alias, module.into());
            }
        }
    }
    Ok(entry)
}

fn module(engine: &Engine, file: &File<'_>, ast: &AST) -> Result<Module, Vec<Diagnostic>> {
    Module::eval_ast_as_new(Scope::new(), &ast.clone_functions_only(), engine)
        .map_err(|error| vec![Diagnostic::new("import", error.to_string()).in_file(&file.name)])
}

fn constants_module(constants: &[(String, Dynamic)]) -> Module {
    let mut module = Module::new();
    for (name, value) in constants {
        module.set_var(name.clone(), value.clone());
    }
    module
}

fn check_names(files: &[File<'_>], parameters: &ParameterNames, manifest: &Manifest) -> Result<(), Vec<Diagnostic>> {
    let mut known = KnownNames::new(parameters.iter(), manifest);
    for file in files {
        known.learn(&file.layout);
    }
    let found = files.iter().flat_map(|file| check(&file.name, &file.layout, &known));
    let mut found: Vec<Diagnostic> = found.take(MOST + 1).collect();
    if found.len() > MOST {
        found.truncate(MOST);
        found
            .push(Diagnostic::new("syntax", format!("more is wrong than these {MOST} findings; put them right first")));
    }
    let found = if found.is_empty() { no_answer(files, &known).into_iter().collect() } else { found };
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn no_answer(files: &[File<'_>], known: &KnownNames<'_>) -> Option<Diagnostic> {
    let entry = files.last()?;
    let other = || flow::other_answer(&entry.name, &entry.layout).filter(|_| known.is_of_today);
    flow::no_answer(&entry.name, &entry.layout).or_else(other)
}

/// Whether it has a function beside those that answer hooks.
fn has(entry: &File<'_>, known: &HookFunction) -> Result<bool, Vec<Diagnostic>> {
    match entry.layout.functions.iter().find(|function| function.name.text == known.name) {
        Some(function) if function.parameters == known.parameters.len() => Ok(true),
        Some(function) => Err(vec![takes_others(entry, function, known)]),
        None => Ok(false),
    }
}

fn takes_others(entry: &File<'_>, function: &Function<'_>, known: &HookFunction) -> Diagnostic {
    let count = if known.parameters.len() == 1 { "one parameter" } else { "two parameters" };
    let message = format!("{} takes {count}: `{}`", known.name, known.written());
    at_token("hook", message, &entry.name, entry.layout.text, &function.name)
}

/// The hooks that the entry has; the manifest must not promise others.
fn hooks(source: &Source, entry: &File<'_>) -> Result<Vec<Hook>, Vec<Diagnostic>> {
    let (mut hooks, mut found) = (Vec::new(), Vec::new());
    for hook in Hook::ALL {
        let known = HookFunction::of(hook);
        match entry.layout.functions.iter().find(|function| function.name.text == known.name) {
            Some(function) if function.parameters == known.parameters.len() => hooks.push(hook),
            Some(function) => found.push(takes_others(entry, function, known)),
            None if source.manifest.hooks.contains(&hook) => {
                let (word, written) = (hook.as_str(), known.written());
                let message = format!("plugin.toml declares the hook {word}, but there is no `{written}`");
                found.push(Diagnostic::new("hook", message).in_file(&entry.name));
            }
            None => {}
        }
    }
    if hooks.is_empty() && found.is_empty() && !source.manifest.drives {
        let message = format!("the script has neither {}", names::hook_functions("nor"));
        found.push(Diagnostic::new("hook", message).in_file(&entry.name));
    }
    if found.is_empty() { Ok(hooks) } else { Err(found) }
}
