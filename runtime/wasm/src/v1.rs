//! The adapter for version 1 of the contract: the domain's types to WIT and back.
//!
//! Inputs are borrowed, not copied, until they are written into the guest's memory. Outputs are checked field by
//! field, since a guest may say anything.

pub(crate) mod authorization;
pub(crate) mod bindings;
mod facts;
mod lines;
pub(crate) mod modifier;
pub(crate) mod offer;
mod parameters;
pub(crate) mod pricing;
mod types;

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use amprule_domain::decision::Hook;

use crate::sandbox::Sandbox;
pub(crate) use parameters::{Parameters, lists};

/// The interfaces that a component exports, found once when it is loaded.
pub(crate) struct Exports {
    pub(crate) pricing: Option<bindings::exports::amprule::pricing::pricing::GuestIndices>,
    /// A tariff may leave it out.
    pub(crate) offer: Option<bindings::exports::amprule::pricing::offer::GuestIndices>,
    pub(crate) authorization: Option<bindings::exports::amprule::authorization::authorization::GuestIndices>,
    pub(crate) modifier: Option<bindings::exports::amprule::modifier::modifier::GuestIndices>,
}

impl Exports {
    /// The error is for the component's author.
    pub(crate) fn find(pre: &InstancePre<Sandbox>, hooks: &[Hook], describes: bool) -> wasmtime::Result<Self> {
        let pricing = hooks.contains(&Hook::Pricing).then(|| pricing::find(pre)).transpose()?;
        let authorization = hooks.contains(&Hook::Authorization).then(|| authorization::find(pre)).transpose()?;
        let offer = describes.then(|| offer::find(pre)).transpose()?;
        let modifier = hooks.contains(&Hook::Modifier).then(|| modifier::find(pre)).transpose()?;
        Ok(Self { pricing, offer, authorization, modifier })
    }

    /// Checks the types of the functions, which takes an instance. The error is for the component's author.
    pub(crate) fn check(&self, store: &mut Store<Sandbox>, instance: &Instance) -> wasmtime::Result<()> {
        if let Some(pricing) = &self.pricing {
            pricing.load(&mut *store, instance)?;
        }
        if let Some(offer) = &self.offer {
            offer.load(&mut *store, instance)?;
        }
        if let Some(authorization) = &self.authorization {
            authorization.load(&mut *store, instance)?;
        }
        if let Some(modifier) = &self.modifier {
            modifier.load(&mut *store, instance)?;
        }
        Ok(())
    }
}
