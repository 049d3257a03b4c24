//! The contract of `hooks`, kept with Rhai: a compiler, and units that answer within their budget.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, FaultPlace, Hook};
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::load::{LoadInput, LoadOutput};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::pricing::{self, PricingInput, PricingOutput};
use amprule_hooks::codes::code_of;
use amprule_hooks::driver::{DeviceFacts, TurnInput, Turned};
use amprule_hooks::lookups::LookupSchema;
use amprule_hooks::{Answer, Budget, Compiler, Diagnostic, HostLimits, LogRateLimit, Source, Tables, Unit, Used};
use rhai::{CallFnOptions, Dynamic, EvalAltResult, FuncArgs, Scope};
use rust_decimal::Decimal;

use crate::explain::explain_run;
use crate::language::call::Asks;
use crate::language::{LastRead, Parameters, call, memory, wires};
use crate::output;
use crate::program::{Program, compile};
use crate::source::names::{self, HookFunction};
use crate::view::bill::Bill;
use crate::view::device::Device;
use crate::view::message::Message;
use crate::view::place::Place;
use crate::view::request::Request;
use crate::view::session::Session;
use crate::view::site::Site;

/// Compiles folders of Rhai files. The limits on their values follow from the memory that the host grants.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptCompiler {
    pub limits: HostLimits,
}

impl Compiler for ScriptCompiler {
    fn compile(&self, source: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        self.compile_while(source, &|| true)
    }

    fn compile_while(&self, source: &Source, is_wanted: &dyn Fn() -> bool) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        let granted = self.limits.grant(source.kind, &source.manifest.limits);
        let program = compile(source, granted.memory, is_wanted)?;
        let texts = source.files.iter().filter(|(name, _)| name.ends_with(".rhai"));
        let texts = texts.filter_map(|(name, bytes)| Some((name.clone(), String::from_utf8(bytes.clone()).ok()?)));
        let manifest = &source.manifest;
        let (id, entry) = (manifest.id.clone(), manifest.entry.clone());
        let tables = Arc::clone(&source.tables);
        let device = manifest.device.clone().filter(|_| program.drives);
        let talk = manifest.capabilities.contains_key("log").then(Arc::default);
        Ok(Arc::new(Script {
            program,
            id,
            entry,
            texts: texts.collect(),
            parameters: LastRead::default(),
            talk,
            tables,
            lookups: Arc::new(manifest.lookups.clone()),
            device,
        }))
    }
}

struct Script {
    program: Program,
    id: String,
    entry: String,
    /// For excerpts in error messages.
    texts: BTreeMap<String, String>,
    parameters: LastRead,
    /// For a unit with the capability `log`.
    talk: Option<Arc<LogRateLimit>>,
    tables: Arc<Tables>,
    lookups: Arc<BTreeMap<String, LookupSchema>>,
    /// Of one that drives hardware.
    device: Option<DeviceFacts>,
}

impl Unit for Script {
    fn hooks(&self) -> &[Hook] {
        &self.program.hooks
    }

    fn warnings(&self) -> &[Diagnostic] {
        &self.program.warnings
    }

    fn numbers(&self) -> &[Decimal] {
        &self.program.numbers
    }

    fn device(&self) -> Option<&DeviceFacts> {
        self.device.as_ref()
    }

    fn drive(&self, input: &TurnInput, budget: &Budget<'_>) -> Answer<Turned> {
        match &self.device {
            Some(facts) => self.turned(facts, input, budget),
            None => Answer::new(Err(Fault::new(FaultClass::NotLoaded, "the script has no fn turn")), Used::default()),
        }
    }

    fn price(&self, input: &PricingInput, budget: &Budget<'_>) -> Answer<PricingOutput> {
        let arguments = |parameters| (Session::new(input, parameters),);
        self.answer(HookFunction::of(Hook::Pricing), &input.parameters, arguments, budget, output::bill::read)
    }

    fn describe(&self, input: &OfferInput, budget: &Budget<'_>) -> Option<Answer<Offer>> {
        let arguments = |parameters| (Place::new(input, parameters),);
        let ask = || self.answer(&names::DESCRIBE, &input.parameters, arguments, budget, output::offer::read);
        self.program.describes.then(ask)
    }

    fn authorize(&self, input: &AuthorizationInput, budget: &Budget<'_>) -> Answer<AuthorizationOutput> {
        let arguments = |parameters| {
            if !self.lookups.is_empty() {
                call::may_ask(Asks { declared: Arc::clone(&self.lookups), known: input.lookups.clone() });
            }
            (Request::new(input, parameters),)
        };
        self.answer(HookFunction::of(Hook::Authorization), &input.parameters, arguments, budget, output::verdict::read)
            .or_when_not_applicable(AuthorizationOutput::no_opinion)
            .having_read(call::read())
            .wanting(call::wants())
    }

    fn modify(&self, input: &ModifierInput, budget: &Budget<'_>) -> Answer<ModifierOutput> {
        let arguments = |parameters| (Session::new(&input.facts, parameters), Bill::new(input));
        self.answer(
            HookFunction::of(Hook::Modifier),
            &input.facts.parameters,
            arguments,
            budget,
            output::modification::read,
        )
        .or_when_not_applicable(ModifierOutput::nothing)
    }

    fn share(&self, input: &LoadInput, budget: &Budget<'_>) -> Answer<LoadOutput> {
        let arguments = |parameters| (Site::new(input, parameters),);
        self.answer(HookFunction::of(Hook::Load), &input.parameters, arguments, budget, output::shares::read)
    }

    fn translate(&self, input: &DialectInput, budget: &Budget<'_>) -> Answer<DialectOutput> {
        let arguments = |parameters| (Message::new(input, parameters),);
        self.answer(HookFunction::of(Hook::Dialect), &input.parameters, arguments, budget, output::translation::read)
            .or_when_not_applicable(DialectOutput::default)
    }
}

/// A driver.
impl Script {
    fn turned(&self, facts: &DeviceFacts, input: &TurnInput, budget: &Budget<'_>) -> Answer<Turned> {
        let arguments = |parameters| {
            wires::begin(&input.said);
            (Device::new(input, parameters),)
        };
        let read = |value| output::seen::read(value, facts).map(Turned::Ends);
        let answer = self.answer(&names::TURN, &input.parameters, arguments, budget, read);
        match wires::end() {
            Some(ask) => Answer { result: Ok(Turned::Wants(ask)), ..answer },
            None => answer,
        }
    }
}

impl Script {
    fn answer<T, A: FuncArgs>(
        &self,
        function: &HookFunction,
        parameters: &pricing::Parameters,
        arguments: impl FnOnce(Parameters) -> A,
        budget: &Budget<'_>,
        read: impl FnOnce(Dynamic) -> Result<T, String>,
    ) -> Answer<T> {
        call::begin(budget, self.talk.as_ref(), &self.tables);
        let result = self
            .parameters
            .of(parameters, &self.program.parameters)
            .map_err(|why| fault(FaultClass::GuestError, "parameter", &why))
            .and_then(|parameters| self.run(function, arguments(parameters)))
            .inspect(memory::returned)
            .and_then(|value| read(value).map_err(|why| fault(FaultClass::InvalidOutput, "answer", &why)));
        Answer::new(result, Used { fuel: call::used(), memory: memory::most() })
    }

    fn run(&self, function: &HookFunction, arguments: impl FuncArgs) -> Result<Dynamic, Fault> {
        let HookFunction { hook, name, .. } = function;
        if hook.is_some_and(|hook| !self.program.hooks.contains(&hook)) {
            return Err(Fault::new(FaultClass::NotLoaded, format!("the script has no fn {name}")));
        }
        let _span = tracing::info_span!(target: "amprule::script", "script", unit = %self.id).entered();
        let (engine, ast) = (&self.program.engine, &self.program.ast);
        let options = CallFnOptions::new().eval_ast(false);
        let call = || engine.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), ast, name, arguments);
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.fault(&error)),
            Err(_) => Err(Fault::new(FaultClass::Trap, "the interpreter stopped on a broken invariant of its own")),
        }
    }

    /// The first line says it all; the excerpt and the hint follow.
    fn fault(&self, error: &EvalAltResult) -> Fault {
        let explained = explain_run(error, &self.entry, &self.program.functions);
        let found = explained.diagnostic(explained.code, |file| self.texts.get(file).map(String::as_str));
        let heading = format!("error[{}]: ", code_of(explained.code));
        let text = found.to_string();
        let place = match (found.file, found.line, found.column) {
            (Some(file), Some(line), Some(column)) => Some(FaultPlace { file, line, column, hint: found.hint }),
            _ => None,
        };
        fault(explained.class, explained.code, text.trim_start_matches(&heading)).at(place)
    }
}

fn fault(class: FaultClass, code: &'static str, message: &str) -> Fault {
    Fault::new(class, message).with_code(code_of(code))
}
