//! Lists of revoked certificates (RFC 5280, 5).

use amprule_domain::proof::{Standing, State};
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::crl::CertificateList;
use x509_cert::time::Time;
use x509_ocsp::CertId;

use crate::answer::{TOLERANCE, UNDATED};
use crate::name;
use crate::trust::Trust;

/// How a certificate stands by this list. The error is for the operator.
pub(crate) fn standing(der: &[u8], id: &CertId, trust: &Trust, now: Timestamp) -> Result<Standing, String> {
    let unreadable = |error| format!("what it answers is no list of revoked certificates: {error}");
    let list = CertificateList::from_der(der).map_err(unreadable)?;
    let signed = list.tbs_cert_list.to_der().map_err(unreadable)?;
    let issuer = trust.certificates().iter().find(|held| name::is_issued_by(id, &held.read)).ok_or(
        "the authority that has issued the certificate is not known: name its certificate below [contracts] trust",
    )?;
    if !issuer.has_signed(&signed, &list.signature_algorithm, list.signature.raw_bytes()) {
        return Err("the list is not signed by the certificate's issuer".to_owned());
    }
    // A part of a list, or a list of changes, says so critically (RFC 5280, 5.2).
    if list.tbs_cert_list.crl_extensions.iter().flatten().any(|extension| extension.critical) {
        return Err("the list is only a part of one".to_owned());
    }
    let this_update = time(&list.tbs_cert_list.this_update);
    if this_update > now + TOLERANCE {
        return Err(format!("the list is of {this_update}, which is not yet"));
    }
    let next_update = list.tbs_cert_list.next_update.as_ref().map(time);
    let over = next_update.unwrap_or(this_update + UNDATED);
    if over < now - TOLERANCE {
        return Err(format!("the list is old: it was good until {over}"));
    }
    let mut revoked = list.tbs_cert_list.revoked_certificates.iter().flatten();
    let is_in = revoked.any(|entry| entry.serial_number == id.serial_number);
    Ok(Standing { state: if is_in { State::Revoked } else { State::Good }, next_update })
}

fn time(at: &Time) -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(at.to_unix_duration()).unwrap_or(Timestamp::MAX)
}
