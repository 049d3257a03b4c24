//! `[[lookups]]`: one that cannot work is refused before anything starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amprule_lookups::{Binding, Identity, Roots, Secret};
use anyhow::{Context as _, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    unit: String,
    lookup: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    secret_file: Option<PathBuf>,
    #[serde(default = "Lookup::deadline_ms")]
    deadline_ms: u64,
    #[serde(default = "Lookup::cache_s")]
    cache_s: u64,
    #[serde(default = "Lookup::most_per_s")]
    most_per_s: u32,
    client_certificate: Option<ClientCertificate>,
    roots: Option<PathBuf>,
    #[serde(default)]
    signature: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientCertificate {
    certificate: PathBuf,
    key: PathBuf,
}

/// What of a binding stands in files of its own.
#[derive(Default)]
struct Files {
    secret: Option<Secret>,
    identity: Option<Identity>,
    roots: Roots,
}

impl Lookup {
    const fn deadline_ms() -> u64 {
        800
    }

    const fn cache_s() -> u64 {
        60
    }

    const fn most_per_s() -> u32 {
        20
    }

    /// With its secret, certificates and key.
    pub(crate) fn bound(&self) -> Result<Binding> {
        let secret = self.secret_file.as_deref().map(|file| self.read("secret", file)).transpose()?;
        let secret = secret.map(|bytes| String::from_utf8(bytes).map(|text| Secret::new(&text))).transpose();
        let secret = secret.with_context(|| format!("the secret {} is not UTF-8 text", self.about()))?;
        let identity = |files: &ClientCertificate| -> Result<Identity> {
            let certificate = self.read("client certificate", &files.certificate)?;
            Ok(Identity { certificate, key: self.read("client certificate's key", &files.key)? })
        };
        let identity = self.client_certificate.as_ref().map(identity).transpose()?;
        let roots = self.roots.as_deref().map(|file| self.read("roots", file)).transpose()?;
        let roots = roots.map(Roots::Pem).unwrap_or_default();
        Ok(self.with(Files { secret, identity, roots }))
    }

    fn read(&self, what: &str, file: &Path) -> Result<Vec<u8>> {
        std::fs::read(file).with_context(|| format!("read the {what} {} {}", file.display(), self.about()))
    }

    fn about(&self) -> String {
        format!("of the lookup {} of {}", self.lookup, self.unit)
    }

    fn with(&self, files: Files) -> Binding {
        Binding {
            unit: self.unit.clone(),
            lookup: self.lookup.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            secret: files.secret,
            deadline: Duration::from_millis(self.deadline_ms),
            cache: Duration::from_secs(self.cache_s),
            most_per_s: self.most_per_s,
            roots: files.roots,
            identity: files.identity,
            signature: self.signature,
        }
    }

    /// As it is written; its files are not read.
    fn complaint(&self) -> Option<String> {
        let files = Files {
            secret: self.secret_file.as_ref().map(|_| Secret::unread()),
            identity: self.client_certificate.as_ref().map(|_| Identity { certificate: Vec::new(), key: Vec::new() }),
            roots: self.roots.as_ref().map(|_| Roots::Pem(Vec::new())).unwrap_or_default(),
        };
        self.with(files).check().err().map(|refused| refused.to_string())
    }
}

/// A fault has the place where they begin, and names its lookup.
pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Lookup>, D::Error> {
    let lookups = Vec::<Lookup>::deserialize(deserializer)?;
    if let Some(why) = lookups.iter().find_map(Lookup::complaint) {
        return Err(D::Error::custom(why));
    }
    let mut known = std::collections::BTreeSet::new();
    match lookups.iter().find(|lookup| !known.insert((&lookup.unit, &lookup.lookup))) {
        Some(twice) => Err(D::Error::custom(format!("the lookup {} of {} is bound twice", twice.lookup, twice.unit))),
        None => Ok(lookups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Written {
        #[serde(deserialize_with = "checked")]
        lookups: Vec<Lookup>,
    }

    fn read(members: &str) -> Result<Vec<Lookup>, String> {
        let text = format!("[[lookups]]\nunit = \"fleet-members\"\nlookup = \"membership\"\n{members}\n");
        toml::from_str::<Written>(&text).map(|written| written.lookups).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_is_not_written_has_its_value() {
        let lookups = read("url = \"https://members.example.com/v1/cards/{key}\"").unwrap();
        let binding = lookups[0].bound().unwrap();
        assert_eq!((binding.deadline, binding.cache), (Duration::from_millis(800), Duration::from_secs(60)));
        assert_eq!((binding.most_per_s, binding.signature), (20, false));
    }

    #[test]
    fn one_that_cannot_work_is_refused_with_what_to_do() {
        let url = "url = \"https://members.example.com/{key}\"\n";
        for (members, expect) in [
            ("url = \"http://members.example.com/{key}\"", "it begins with https://"),
            ("url = \"https://members.example.com/\"", "has no {key}"),
            (&format!("{url}deadline_ms = 20"), "deadline_ms is 50 to 10,000"),
            (&format!("{url}cache_s = 100000"), "cache_s is 0 to 86,400"),
            (&format!("{url}most_per_s = 0"), "most_per_s is 1 to 1,000"),
            (&format!("{url}signature = true"), "both a secret_file and a place for it"),
            (&format!("{url}headers = {{ a = \"{{secret}}\" }}"), "both a secret_file and a place for it"),
            (&format!("{url}retries = 3"), "unknown field `retries`"),
            (
                "url = \"http://localhost/{key}\"\nclient_certificate = { certificate = \"a.pem\", key = \"b.pem\" }",
                "knows neither client_certificate nor roots",
            ),
        ] {
            let why = read(members).unwrap_err();
            assert!(why.contains(expect), "{members}: {why}");
        }
        let again = format!("{url}[[lookups]]\nunit = \"fleet-members\"\nlookup = \"membership\"\n{url}");
        assert!(read(&again).unwrap_err().contains("bound twice"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named_with_its_lookup() {
        let lookups = read("url = \"https://a.example/{key}\"\nsignature = true\nsecret_file = \"/nowhere\"").unwrap();
        let why = lookups[0].bound().unwrap_err().to_string();
        assert_eq!(why, "read the secret /nowhere of the lookup membership of fleet-members");
    }
}
