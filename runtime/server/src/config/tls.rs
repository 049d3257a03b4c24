//! Certificates: those that stations are shown, whose signature on theirs is believed, and who signs what they want to be signed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use amprule_gateway::{CertificateFiles, TlsFiles};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Tls {
    /// An address of its own; without one that of `[ocpp]`.
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) files: TlsFiles,
}

impl Tls {
    /// The highest security profile that stations can connect with.
    pub(crate) fn profile_max(&self) -> u8 {
        if self.files.station_roots.is_empty() { 2 } else { 3 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<SocketAddr>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    certificates: Vec<Pair>,
    #[serde(default, deserialize_with = "one_or_more")]
    station_roots: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl TryFrom<Written> for Tls {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let first = match (written.certificate, written.key) {
            (Some(certificate), Some(key)) => Some(Pair { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err("`certificate` needs its `key`"),
            (None, Some(_)) => return Err("`key` needs its `certificate`"),
        };
        let certificates: Vec<_> = first
            .into_iter()
            .chain(written.certificates)
            .map(|Pair { certificate, key }| CertificateFiles { chain: certificate, key })
            .collect();
        if certificates.is_empty() {
            return Err("no certificate is named: `certificate` and `key`, or entries of `certificates`");
        }
        Ok(Self { listen: written.listen, files: TlsFiles { certificates, station_roots: written.station_roots } })
    }
}

/// A path, or a list of them.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    struct Paths;

    impl<'de> Visitor<'de> for Paths {
        type Value = Vec<PathBuf>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the path of a file, or a list of them")
        }

        fn visit_str<E>(self, path: &str) -> Result<Self::Value, E> {
            Ok(vec![path.into()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut paths: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(path) = paths.next_element()? {
                all.push(path);
            }
            Ok(all)
        }
    }

    deserializer.deserialize_any(Paths)
}

/// Who signs what stations want to be signed, and when new ones are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Certificates {
    /// A program that signs, with its arguments; without it the server's own authority does.
    pub(crate) sign_with: Vec<String>,
    #[serde(deserialize_with = "valid_days")]
    pub(crate) valid_days: u32,
    /// So long before it expires a certificate is to be replaced. 0: nobody is asked to.
    #[serde(deserialize_with = "renew_days")]
    pub(crate) renew_days: u32,
}

impl Default for Certificates {
    fn default() -> Self {
        Self { sign_with: Vec::new(), valid_days: 365, renew_days: 30 }
    }
}

/// Ten years at most.
fn valid_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within("valid_days", 1..=3_650, u32::deserialize(deserializer)?)
}

fn renew_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within("renew_days", 0..=365, u32::deserialize(deserializer)?)
}

fn within<E: serde::de::Error>(key: &str, most: std::ops::RangeInclusive<u32>, days: u32) -> Result<u32, E> {
    match most.contains(&days) {
        true => Ok(days),
        false => Err(E::custom(format!("`{key}` is {days}; it must be {} to {}", most.start(), most.end()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(usize, usize), String> {
        let read = toml::from_str::<Tls>(text).map_err(|error| error.to_string());
        read.map(|tls| (tls.files.certificates.len(), tls.files.station_roots.len()))
    }

    #[test]
    fn one_certificate_or_several_and_one_root_or_several() {
        let one = "certificate = \"a.pem\"\nkey = \"a.key\"\n";
        let another = "[[certificates]]\ncertificate = \"b.pem\"\nkey = \"b.key\"\n";
        assert_eq!(read(one), Ok((1, 0)));
        assert_eq!(read(another), Ok((1, 0)));
        assert_eq!(read(&format!("{one}station_roots = \"r.pem\"\n{another}")), Ok((2, 1)));
        assert_eq!(read(&format!("{one}station_roots = [\"r.pem\", \"s.pem\"]\n")), Ok((1, 2)));
        for (text, why) in [
            ("", "no certificate is named"),
            ("certificate = \"a.pem\"", "needs its `key`"),
            ("key = \"a.pem\"", "needs its `certificate`"),
            ("certificates = [{ certificate = \"b.pem\" }]", "missing field `key`"),
            ("station_roots = 5", "the path of a file, or a list of them"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
    }
}
