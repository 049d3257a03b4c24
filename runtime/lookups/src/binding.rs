//! One lookup of one unit, and whom it asks: as the operator writes it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use amprule_outbound::{Identity, Roots};

use crate::address::Address;
use crate::error::{Fault, Refused};
use crate::secret::{PLACE, Secret};
use crate::{header, signature};

const DEADLINE: RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(10);
const CACHE_MAX: Duration = Duration::from_secs(86_400);
const MOST_PER_S: RangeInclusive<u32> = 1..=1_000;

#[derive(Debug, Clone)]
pub struct Binding {
    pub unit: String,
    /// As the unit's `plugin.toml` names it.
    pub lookup: String,
    /// https, or http over the loopback interface. `{key}` stands for what is looked up, percent-encoded as one segment of
    /// the path or one value of the query; `{secret}` stands for the secret as it is, here and in the headers.
    pub url: String,
    pub headers: BTreeMap<String, String>,
    pub secret: Option<Secret>,
    /// 50 ms to 10 s, for all of a question: waiting for a free connection, connecting, TLS, the whole answer.
    pub deadline: Duration,
    /// How long an answer stands without asking again, up to a day. Zero: never.
    pub cache: Duration,
    /// 1 to 1,000. More questions than that within any second are `Unavailable` at once, unless the answer is remembered.
    pub most_per_s: u32,
    pub roots: Roots,
    /// Who asks, with mutual TLS.
    pub identity: Option<Identity>,
    /// Whether each question is signed under the secret; see [`crate::SIGNATURE`].
    pub signature: bool,
}

impl Binding {
    /// What is wrong with it as it is written. Certificates and keys are not read here.
    ///
    /// # Errors
    /// [`Refused`], which names the lookup and what to do.
    pub fn check(&self) -> Result<(), Refused> {
        self.fault().map_err(|fault| self.refused(fault))
    }

    pub(crate) fn refused(&self, fault: Fault) -> Refused {
        Refused { unit: self.unit.clone(), lookup: self.lookup.clone(), fault }
    }

    fn fault(&self) -> Result<(), Fault> {
        if self.unit.is_empty() || self.lookup.is_empty() {
            return Err(Fault::Nameless);
        }
        self.bounds()?;
        self.secrecy()?;
        let address = Address::parse(&self.url, self.secret.as_ref()).map_err(Fault::Url)?;
        if !address.place.is_tls() && (self.identity.is_some() || matches!(self.roots, Roots::Pem(_))) {
            return Err(Fault::NoTls);
        }
        header::all(&self.headers, self.secret.as_ref()).map(drop)
    }

    fn bounds(&self) -> Result<(), Fault> {
        if !DEADLINE.contains(&self.deadline) {
            return Err(Fault::Deadline);
        }
        if self.cache > CACHE_MAX {
            return Err(Fault::Cache);
        }
        if !MOST_PER_S.contains(&self.most_per_s) {
            return Err(Fault::Rate);
        }
        Ok(())
    }

    fn secrecy(&self) -> Result<(), Fault> {
        let has_place = self.url.contains(PLACE) || self.headers.values().any(|value| value.contains(PLACE));
        let Some(secret) = &self.secret else {
            return if has_place || self.signature { Err(Fault::SecretPlace) } else { Ok(()) };
        };
        if !has_place && !self.signature {
            return Err(Fault::SecretPlace);
        }
        match secret.bytes().len() {
            0 => Err(Fault::SecretEmpty),
            short if self.signature && short < signature::MIN_SECRET_BYTES => Err(Fault::SecretShort),
            _ => Ok(()),
        }
    }

    /// For people: without what stands behind the path.
    pub fn from(&self) -> &str {
        self.url.split(['?', '#', '{']).next().unwrap_or_default()
    }
}
