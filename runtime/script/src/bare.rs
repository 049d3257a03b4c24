//! A script on a bare engine: no budget, no clock, Rhai's own fast operators. What a call costs at least, for the bench.

use amprule_domain::pricing::PricingInput;
use amprule_hooks::{Diagnostic, HostLimits, Source};
use rhai::{AST, CallFnOptions, Dynamic, Engine, Scope};

use crate::program::{Program, compile_on};
use crate::view::session::Session;

/// One question, made ready once.
pub struct Bare {
    engine: Engine,
    ast: AST,
    session: Dynamic,
}

impl Bare {
    /// # Errors
    /// What the compiler has to say of the script, or of its parameters.
    pub fn new(source: &Source, input: &PricingInput) -> Result<Self, Vec<Diagnostic>> {
        let Program { engine, ast, parameters, .. } = compile_on(source, HostLimits::default().memory, quicken)?;
        let parameters = parameters.read(&input.parameters).map_err(|why| vec![Diagnostic::new("parameters", why)])?;
        Ok(Self { engine, ast, session: Dynamic::from(Session::new(input, parameters)) })
    }

    /// Calls `fn price` and throws its answer away.
    ///
    /// # Errors
    /// What the script failed on.
    pub fn price(&self) -> Result<(), String> {
        let options = CallFnOptions::new().eval_ast(false);
        let argument = (self.session.clone(),);
        let called =
            self.engine.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.ast, "price", argument);
        called.map(drop).map_err(|error| error.to_string())
    }
}

fn quicken(engine: &mut Engine) {
    engine.set_fast_operators(true);
}
