//! Write plugins for Amprule: functions that say what a charging session costs, what comes on top or off, or who may
//! charge.
//!
//! A plugin is a pure function. Everything it may know is its input, the present time included; everything it does
//! is its answer. Each call runs in a fresh sandbox, so nothing is remembered from one call to the next, and nothing
//! can be broken for the next one either.
//!
//! ```
//! use amprule_plugin_sdk::{Parameters, Pricing, PricingInput, PricingLine, PricingOutput, Problem, export_pricing};
//!
//! struct Flat;
//!
//! impl Pricing for Flat {
//!     fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
//!         let price = input.parameters.decimal("energy_price")?;
//!         let energy = input.session.energy_kwh();
//!         Ok(PricingOutput::new("EUR", [PricingLine::metered("energy", "Energy", energy, "kWh", price)]))
//!     }
//! }
//!
//! export_pricing!(Flat);
//! ```
//!
//! The contract itself is written in `wit/`, with the unit and the range of every field. The types here are
//! generated from it; this crate adds exact arithmetic ([`Decimal`]), access to the plugin's parameters
//! ([`Parameters`]) and a few constructors. It must never know how the host runs a plugin.

#[cfg(all(target_arch = "wasm32", feature = "arena"))]
mod arena;
mod authorization;
#[doc(hidden)]
pub mod bindings;
mod currency;
mod decimal;
pub mod device;
pub mod dialect;
pub mod facts;
pub mod load;
pub mod lookups;
mod modifier;
pub mod money;
mod offer;
mod parameters;
mod pricing;
mod problem;
pub mod tables;

pub use bindings::authorization::exports::amprule::authorization::authorization::{
    AuthorizationInput, AuthorizationOutput, BudgetFacts, BudgetPeriod, Guest as Authorization, Limits, LocalTime,
    Opinion, PresentedToken, Purpose, TokenStatus,
};
pub use bindings::device::exports::amprule::device::driver::{Guest as Driver, Seen, State, TurnInput};
pub use bindings::dialect::exports::amprule::dialect::dialect::{DialectInput, DialectOutput, Guest as Dialect};
pub use bindings::load::exports::amprule::load::load::{Guest as Load, LoadInput, LoadOutput, Share};
pub use bindings::modifier::exports::amprule::modifier::modifier::{Guest as Modifier, ModifierInput, ModifierOutput};
pub use bindings::offer::exports::amprule::pricing::offer::{
    Conditions, Element, Guest as Offering, Offer, OfferInput, Per,
};
pub use bindings::pricing::exports::amprule::pricing::pricing::{Guest as Pricing, PricingInput, PricingOutput};
pub use bindings::vocabulary::amprule::facts::tables::Cell;
pub use bindings::vocabulary::amprule::host::log;
pub use bindings::vocabulary::amprule::types::types::{
    Amounts, ChargingState, Component, Date, Decimal, Parameter, Period, PricePurpose, PricingLine, Problem,
    SessionFacts, StationFacts, Tax, TokenFacts, Translation, Value,
};
pub use currency::minor_digits;
pub use decimal::NotADecimal;
pub use parameters::Parameters;

/// Makes a type that implements [`Pricing`] the plugin's answer to the pricing hook.
#[macro_export]
macro_rules! export_pricing {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Pricing>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::pricing::export_pricing!($plugin with_types_in $crate::bindings::pricing);
    };
}

/// Makes a type that implements [`Offering`] say what the plugin charges, beside [`Pricing`].
///
/// ```
/// use amprule_plugin_sdk::{Component, Element, Offer, OfferInput, Offering, Parameters, Problem, export_offer};
///
/// struct Flat;
///
/// impl Offering for Flat {
///     fn describe(input: OfferInput) -> Result<Offer, Problem> {
///         let price = input.parameters.decimal("energy_price")?;
///         Ok(Offer::new("EUR", [Element::new(Component::Energy, price)]))
///     }
/// }
///
/// export_offer!(Flat);
/// ```
#[macro_export]
macro_rules! export_offer {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Offering>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::offer::export_offer!($plugin with_types_in $crate::bindings::offer);
    };
}

/// Makes a type that implements [`Authorization`] the plugin's answer to the authorization hook.
#[macro_export]
macro_rules! export_authorization {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Authorization>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::authorization::export_authorization!(
            $plugin with_types_in $crate::bindings::authorization
        );
    };
}

/// Makes a type that implements [`Modifier`] the plugin's answer to the modifier hook.
///
/// ```
/// use amprule_plugin_sdk::{Decimal, Modifier, ModifierInput, ModifierOutput, PricingLine, Problem, export_modifier};
///
/// /// A tenth off.
/// struct Tenth;
///
/// impl Modifier for Tenth {
///     fn modify(input: ModifierInput) -> Result<ModifierOutput, Problem> {
///         let off = input.percent(Decimal::from(10));
///         Ok(ModifierOutput::new([PricingLine::flat("tenth", "A tenth off", -off)]))
///     }
/// }
///
/// export_modifier!(Tenth);
/// ```
#[macro_export]
macro_rules! export_modifier {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Modifier>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::modifier::export_modifier!($plugin with_types_in $crate::bindings::modifier);
    };
}

/// Makes a type that implements [`Driver`] the plugin's answer to the device hook.
///
/// ```
/// use amprule_plugin_sdk::device::Wire;
/// use amprule_plugin_sdk::{Driver, Problem, Seen, State, TurnInput, export_device};
///
/// struct Relay;
///
/// const MAIN: Wire = Wire::named("main");
///
/// impl Driver for Relay {
///     fn turn(input: TurnInput) -> Result<Seen, Problem> {
///         let relay = MAIN.coils(0, 1)?;
///         if relay.flag(0)? != input.on {
///             MAIN.write_coil(0, input.on)?;
///         }
///         Ok(Seen::new(if input.on { State::Charging } else { State::Plugged }))
///     }
/// }
///
/// export_device!(Relay);
/// ```
#[macro_export]
macro_rules! export_device {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Driver>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::device::export_device!($plugin with_types_in $crate::bindings::device);
    };
}

/// Makes a type that implements [`Load`] the plugin's answer to the load hook.
///
/// ```
/// use amprule_plugin_sdk::{Load, LoadInput, LoadOutput, Problem, export_load};
///
/// /// Everybody wants all: the host lets all rise together as far as the circuits bear it.
/// struct Equal;
///
/// impl Load for Equal {
///     fn share_out(input: LoadInput) -> Result<LoadOutput, Problem> {
///         Ok(LoadOutput::new(input.by_priority().into_iter().map(|evse| evse.give(evse.most_a))))
///     }
/// }
///
/// export_load!(Equal);
/// ```
#[macro_export]
macro_rules! export_load {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Load>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::load::export_load!($plugin with_types_in $crate::bindings::load);
    };
}

/// Makes a type that implements [`Dialect`] the plugin's answer to the dialect hook.
///
/// ```
/// use amprule_plugin_sdk::{Dialect, DialectInput, DialectOutput, Problem, export_dialect};
///
/// /// A model that is told nothing as long as its heartbeats by DataTransfer are accepted.
/// struct Heartbeats;
///
/// impl Dialect for Heartbeats {
///     fn translate(input: DialectInput) -> Result<DialectOutput, Problem> {
///         Ok(match input.action.as_str() {
///             "DataTransfer" => DialectOutput::answered("Accepted", None),
///             _ => DialectOutput::unchanged(),
///         })
///     }
/// }
///
/// export_dialect!(Heartbeats);
/// ```
#[macro_export]
macro_rules! export_dialect {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::Dialect>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::dialect::export_dialect!($plugin with_types_in $crate::bindings::dialect);
    };
}
