//! Files between us and stations, as they are known: firmware that is kept for them, logs that they have brought.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::StationId;
use crate::command::Signed;
use crate::pattern::matches;
use crate::reported::Identity;

/// What stations may fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FirmwareFile {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// In hexadecimal digits, as `md5`.
    pub sha256: String,
    /// For local controllers, which are asked to publish it by this (OCPP 2.0.1, L03).
    pub md5: String,
    #[serde(flatten)]
    pub meant_for: MeantFor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    pub stored_at: Timestamp,
}

/// Whose firmware it is. `*` stands for any text, upper and lower case are the same; without one it is for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeantFor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Which version it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl MeantFor {
    /// # Errors
    /// Why not for the station that says this of itself.
    pub fn fits(&self, station: &Identity) -> Result<(), String> {
        let is = [("vendor", &self.vendor, &station.boot.vendor), ("model", &self.model, &station.boot.model)];
        for (what, wanted, is) in is {
            match wanted {
                Some(wanted) if is.is_empty() => {
                    return Err(format!(
                        "the file is for the {what} {wanted}, and the station has not booted yet, which says its own"
                    ));
                }
                Some(wanted) if !matches(wanted, is) => {
                    return Err(format!("the file is for the {what} {wanted}, and the station's is {is}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a station has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogFile {
    pub station: StationId,
    /// The number of the request, which is the job's name.
    pub number: u32,
    /// As the station called it, without what does not belong into a name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// In hexadecimal digits.
    pub sha256: String,
    pub received_at: Timestamp,
}

/// Letters, digits, `.`, `_` and `-`, 100 at most, and no point in front: it leads nowhere else, and is the same in any address.
pub fn is_file_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=100).contains(&name.len()) && name.bytes().all(is_plain) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        for name in ["acme-2.4.1.bin", "A", "x_1"] {
            assert!(is_file_name(name), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "../x", "a/b", "a\\b", "a b", "ä", "a%2fb", "a\0", &"x".repeat(101)] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_file_is_for_whom_it_says() {
        let mut station = Identity::default();
        let acme = MeantFor { vendor: Some("ACME".to_owned()), model: Some("Wall*".to_owned()), version: None };
        assert!(acme.fits(&station).unwrap_err().contains("has not booted"));
        assert_eq!(MeantFor::default().fits(&station), Ok(()));
        (station.boot.vendor, station.boot.model) = ("Acme".into(), "Wallbox 2".into());
        assert_eq!(acme.fits(&station), Ok(()));
        station.boot.model = "Pole".into();
        assert!(acme.fits(&station).unwrap_err().contains("Wall*"));
    }
}
