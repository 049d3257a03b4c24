//! A script on a bare engine: the words of the language, Rhai's own fast operators, and nobody who watches over time,
//! operations and memory. What a call costs at least, for the bench.

use std::time::Duration;

use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::{Deadline, Diagnostic, HostLimits, Source};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Scope};

use crate::language::call;
use crate::output;
use crate::program::{Program, compile_on};
use crate::view::session::Session;

/// One question, made ready once.
pub struct Bare {
    engine: Engine,
    ast: AST,
    session: Dynamic,
    /// Nobody looks at it.
    deadline: Deadline,
}

impl Bare {
    /// # Errors
    /// What the compiler has to say of the script, or of its parameters.
    pub fn new(source: &Source, input: &PricingInput) -> Result<Self, Vec<Diagnostic>> {
        let Program { engine, ast, parameters, .. } =
            compile_on(source, HostLimits::default().memory, &|| true, quicken)?;
        let parameters = parameters.read(&input.parameters).map_err(|why| vec![Diagnostic::new("parameters", why)])?;
        Ok(Self {
            engine,
            ast,
            session: Dynamic::from(Session::new(input, parameters)),
            deadline: Deadline::after(Duration::ZERO),
        })
    }

    /// Calls `fn price` so many times and throws the answers away.
    ///
    /// # Errors
    /// What the script failed on.
    pub fn price(&self, times: usize) -> Result<(), String> {
        (0..times).try_for_each(|_| self.call().map(drop))
    }

    /// What it says, to be held against what the host makes of it.
    ///
    /// # Errors
    /// What the script failed on, or why its answer is none.
    pub fn output(&self) -> Result<PricingOutput, String> {
        output::bill::read(self.call()?)
    }

    fn call(&self) -> Result<Dynamic, String> {
        // Lines are counted by the words that make them, whoever asks.
        call::alone(u64::MAX, self.deadline);
        let options = CallFnOptions::new().eval_ast(false);
        let argument = (self.session.clone(),);
        let called = self.engine.call_fn_with_options(options, &mut Scope::new(), &self.ast, "price", argument);
        called.map_err(|error| error.to_string())
    }
}

fn quicken(engine: &mut Engine) {
    engine.set_fast_operators(true);
}
