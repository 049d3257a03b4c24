//! Who may come in: the decision inside the handshake.

use std::convert::Infallible;
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::event::Boot;
use amprule_domain::ports::{BoxFuture, Door, Link, Ticket, Turned, Visitor};
use amprule_domain::security::ClientCertificate;
use amprule_domain::station::StationRecord;

use crate::engine::Engine;
use crate::mailbox::Shown;
use crate::passwords::NO_PASSWORD;
use crate::ports::Ports;
use crate::settings::UnknownStations;

impl Door for Engine {
    fn admit<'a>(&'a self, visitor: &'a Visitor<'_>) -> BoxFuture<'a, Result<Ticket, Turned>> {
        Box::pin(self.let_in(visitor))
    }

    fn ticket(&self) -> Ticket {
        self.next_ticket()
    }

    fn attach(&self, station: StationId, link: Box<dyn Link>, ticket: Ticket) {
        if let Some(handle) = self.handle_or_new(&station) {
            handle.attach(link, ticket);
        }
    }

    fn last_boot<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, Option<Boot>> {
        Box::pin(async {
            let identity = self.store().reported(station).await.ok()?.identity;
            identity.booted_at.map(|_| identity.boot)
        })
    }
}

impl Engine {
    async fn let_in(&self, visitor: &Visitor<'_>) -> Result<Ticket, Turned> {
        if !self.has_room_for(visitor.station) {
            return Err(Turned::Busy("this server has as many stations as it may have".to_owned()));
        }
        let known = self.store().station(visitor.station).await.map_err(|error| Turned::Busy(error.to_string()))?;
        match known {
            Some(record) => self.check(&record, visitor)?,
            None if self.settings().unknown_stations == UnknownStations::Reject => {
                return Err(Turned::Unknown(visitor.station.clone()));
            }
            None => {}
        }
        Ok(self.next_ticket())
    }

    /// OCPP 2.0.1 A00: profile 1 wants a password, 2 a password over TLS, 3 a client certificate.
    /// Never a lower one than its record says; the one that it was told to use counts as well (A05).
    fn check(&self, record: &StationRecord, visitor: &Visitor<'_>) -> Result<(), Turned> {
        let certificate = own_certificate(self.ports(), record, visitor);
        // Looked at once, whichever profiles want it: one that is wrong is one guess.
        let mut judged = None;
        let has_password = |hash: &str| match judged {
            Some(has) => Ok(has),
            None => self.has_password(record, visitor, hash).inspect(|has| judged = Some(*has)),
        };
        let Some(profile) = profile_of(record, visitor.tls, certificate.is_some(), has_password)? else {
            return Err(Turned::Unauthorized(record.id.clone()));
        };
        if record.next_profile.is_some() {
            self.shown(&record.id, Shown::Profile(profile));
        }
        if let Some(certificate) = certificate {
            self.shown(&record.id, Shown::Certificate(Box::new(certificate.clone())));
        }
        Ok(())
    }

    /// A station that gives no password does not guess one.
    fn has_password(&self, record: &StationRecord, visitor: &Visitor<'_>, hash: &str) -> Result<bool, Turned> {
        let (station, address) = (visitor.station, visitor.address);
        if visitor.basic.is_none() {
            return Ok(needs_none(record));
        }
        let guesses = self.door_guesses();
        guesses.may_try(station, address).map_err(slowed)?;
        let shown = hash_of(self.ports(), record, visitor, hash);
        match shown {
            Some(_) => guesses.was_right(station, address),
            None => guesses.was_wrong(station, address),
        }
        if let Some(shown) = shown.filter(|_| record.changes_password()) {
            self.shown(station, Shown::Password(shown.to_owned()));
        }
        Ok(shown.is_some())
    }
}

/// Whether the record lets this visitor in. The question leaves no trace.
pub(crate) fn would_let_in(ports: &Ports, record: &StationRecord, visitor: &Visitor<'_>) -> bool {
    let has_password = |hash: &str| match visitor.basic {
        Some(_) => Ok::<_, Infallible>(hash_of(ports, record, visitor, hash).is_some()),
        None => Ok(needs_none(record)),
    };
    let has_certificate = own_certificate(ports, record, visitor).is_some();
    matches!(profile_of(record, visitor.tls, has_certificate, has_password), Ok(Some(_)))
}

/// The first of the record's profiles that fits. A password is looked at where one is wanted.
fn profile_of<E>(
    record: &StationRecord,
    tls: bool,
    has_certificate: bool,
    mut has_password: impl FnMut(&str) -> Result<bool, E>,
) -> Result<Option<u8>, E> {
    for profile in record.next_profile.into_iter().chain([record.security_profile]) {
        let fits = match (profile, &record.password_hash) {
            (0, None) => true,
            (0 | 1, Some(hash)) => has_password(hash)?,
            (2, Some(hash)) => tls && has_password(hash)?,
            (3, _) => has_certificate,
            _ => false,
        };
        if fits {
            return Ok(Some(profile));
        }
    }
    Ok(None)
}

/// A session of TLS may go on for longer than the certificate that it began with.
fn own_certificate<'a>(ports: &Ports, record: &StationRecord, visitor: &Visitor<'a>) -> Option<&'a ClientCertificate> {
    let now = ports.clock.now();
    visitor.client_certificate.filter(|shown| record.bears(&shown.name) && shown.expires_at > now)
}

/// Others that are let in beside the one that counts.
fn other_hashes(record: &StationRecord) -> impl Iterator<Item = &str> {
    record.other_password_hashes.iter().chain(&record.told_password_hashes).map(String::as_str)
}

/// It may come without a password, though there is one.
fn needs_none(record: &StationRecord) -> bool {
    record.security_profile == 0 && other_hashes(record).any(|other| other == NO_PASSWORD)
}

/// Which of those that are let in the visitor's password has. `hash`: the one that counts.
fn hash_of<'a>(ports: &Ports, record: &'a StationRecord, visitor: &Visitor<'_>, hash: &'a str) -> Option<&'a str> {
    let (user, password) = visitor.basic?;
    let is = |hash: &&str| *hash != NO_PASSWORD && (ports.is_password)(password, hash);
    let shown = std::iter::once(hash).chain(other_hashes(record)).find(is);
    shown.filter(|_| user == visitor.station.as_str())
}

fn slowed(wait: Duration) -> Turned {
    Turned::Slowed { retry_after_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
}
