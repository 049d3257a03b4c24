//! The adapter for version 1 of the contract: the domain's types to WIT and back.
//!
//! Inputs are borrowed, not copied, until they are written into the guest's memory. Outputs are checked field by
//! field, since a guest may say anything.

/// How the bindings of an interface find it in a component.
macro_rules! found_by {
    ($bindings:ident) => {
        type Indices = $bindings::GuestIndices;

        fn find(pre: &InstancePre<Sandbox>) -> wasmtime::Result<Self::Indices> {
            $bindings::GuestIndices::new(pre)
        }

        fn load(indices: &Self::Indices, store: &mut Store<Sandbox>, instance: &Instance) -> wasmtime::Result<()> {
            indices.load(store, instance).map(drop)
        }
    };
}

mod authorization;
pub(crate) mod bindings;
mod dialect;
mod facts;
mod lines;
mod load;
mod modifier;
mod offer;
mod parameters;
pub(crate) mod pricing;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::decision::Fault;
use amprule_domain::dialect::DialectInput;
use amprule_domain::load::LoadInput;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::offer::OfferInput;
use amprule_domain::pricing::{PricingInput, StationFacts};
use amprule_hooks::lookups::LookupSchema;
use serde::Serialize;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::facts::Facts;
use crate::sandbox::Sandbox;
pub(crate) use parameters::{Parameters, lists};
pub(crate) use types::{lift_optional, lift_problem, lower_decimal, lower_energy};

/// A question that a component may answer, and the interface by which it does.
pub(crate) trait Export: Serialize {
    const INTERFACE: &'static str;
    /// Where the interface is in a component, found once when that is loaded.
    type Indices;
    type Output;

    /// The error is for the component's author.
    fn find(pre: &InstancePre<Sandbox>) -> wasmtime::Result<Self::Indices>;

    /// Checks the types of the functions, which takes an instance. The error is for the component's author.
    fn load(indices: &Self::Indices, store: &mut Store<Sandbox>, instance: &Instance) -> wasmtime::Result<()>;

    fn now(&self) -> Timestamp;

    /// Where it is about a station.
    fn station(&self) -> Option<&StationFacts> {
        None
    }

    /// What it brings along beside its records.
    fn facts(&self, _: &Arc<BTreeMap<String, LookupSchema>>) -> Facts {
        self.station().map(Facts::of_station).unwrap_or_default()
    }

    fn call(
        &self,
        export: &Self::Indices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<Self::Output, Fault>>;
}

macro_rules! exports {
    ($($name:ident: $question:ty),*) => {
        /// The interfaces that a component exports.
        pub(crate) struct Exports {
            $(pub(crate) $name: Option<<$question as Export>::Indices>,)*
        }

        impl Exports {
            /// The error is for the component's author.
            pub(crate) fn find(pre: &InstancePre<Sandbox>, has: &dyn Fn(&str) -> bool) -> wasmtime::Result<Self> {
                Ok(Self {
                    $($name: has(<$question>::INTERFACE).then(|| <$question>::find(pre)).transpose()?,)*
                })
            }

            /// See [`Export::load`].
            pub(crate) fn check(&self, store: &mut Store<Sandbox>, instance: &Instance) -> wasmtime::Result<()> {
                $(if let Some(indices) = &self.$name {
                    <$question>::load(indices, &mut *store, instance)?;
                })*
                Ok(())
            }
        }
    };
}

// A tariff may leave out the offer; all others are hooks.
exports! { pricing: PricingInput, offer: OfferInput, authorization: AuthorizationInput, modifier: ModifierInput, load: LoadInput, dialect: DialectInput }
