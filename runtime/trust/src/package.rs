//! A package: `contents.json`, `signature.json` if somebody has signed it, and the files by name, in one archive.
//!
//! The same unit gives the same bytes, and only those bytes are read back. Nothing is compressed: there is nothing to
//! blow up.

use std::collections::BTreeMap;

use amprule_hooks::{Diagnostic, Manifest, Source};

use crate::contents::{CONTENTS, Contents, MAX_BYTES, MAX_FILES, SIGNATURE, packed};
use crate::key::SecretKey;
use crate::signature::Signature;
use crate::{names, tar};

/// A larger file is no package. Headers and padding have room in it.
pub const MAX_PACKAGE: u64 = MAX_BYTES + (256 << 10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub contents: Contents,
    signature: Option<Vec<u8>>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    /// Of a unit that was read and whose manifest was checked. A signature of the folder is kept when it is over
    /// exactly these contents.
    pub fn of(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let contents = Contents::of(source)?;
        let files = packed(&source.files).map(|(name, bytes)| (name.clone(), bytes.clone())).collect();
        let signature = source.files.get(SIGNATURE).filter(|bytes| {
            let signature = Signature::decode(bytes);
            signature.is_ok_and(|signature| signature.is_over(&contents.encode()))
        });
        Ok(Self { signature: signature.cloned(), contents, files })
    }

    pub fn sign(&mut self, key: &SecretKey) {
        self.signature = Some(Signature::sign(key, &self.contents.encode()).encode());
    }

    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// `<id>-<version>.amp`. A manifest's version is always a part of a file's name.
    pub fn file_name(&self) -> String {
        format!("{}-{}.amp", self.contents.unit, self.contents.version)
    }

    /// The files of the unit's folder. A list of contents means something beside a signature only.
    pub fn unpack(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files.clone();
        if let Some(signature) = &self.signature {
            files.insert(CONTENTS.to_owned(), self.contents.encode());
            files.insert(SIGNATURE.to_owned(), signature.clone());
        }
        files
    }

    pub fn encode(&self) -> Vec<u8> {
        let contents = self.contents.encode();
        let signature = self.signature.iter().map(|signature| (SIGNATURE, signature.as_slice()));
        let files = self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        tar::write([(CONTENTS, contents.as_slice())].into_iter().chain(signature).chain(files))
    }

    /// What the list says of the unit is what the manifest says. A signed unit is held to this by [`crate::verify`] too.
    pub fn check_manifest(&self, manifest: &Manifest) -> Result<(), Vec<Diagnostic>> {
        self.contents.check_manifest(manifest).map_or(Ok(()), |why| Err(vec![why]))
    }

    /// Strict and bounded: only what [`Package::encode`] writes is read. It says nothing about the signature.
    pub fn decode(bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let mut entries = entries(bytes).map_err(|why| vec![why])?.into_iter().peekable();
        let Some((_, contents)) = entries.next_if(|(name, _)| *name == CONTENTS) else {
            let why = "its first file is not contents.json";
            return Err(vec![refuse(why).hint("make packages with `amprule pack`")]);
        };
        let contents = Contents::decode(contents).map_err(|why| vec![why])?;
        let signature = entries.next_if(|(name, _)| *name == SIGNATURE).map(|(_, bytes)| bytes.to_vec());
        let files = entries.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
        let found = contents.check_files(&files);
        if !found.is_empty() {
            return Err(found);
        }
        let package = Self { contents, signature, files };
        if package.encode() == bytes { Ok(package) } else { Err(vec![refuse("its files are not in their order")]) }
    }
}

fn entries(bytes: &[u8]) -> Result<Vec<(&str, &[u8])>, Diagnostic> {
    if bytes.len() as u64 > MAX_PACKAGE {
        return Err(refuse(&format!("it has more than {MAX_PACKAGE} bytes")));
    }
    let compressed: [&[u8]; 4] = [b"\x1f\x8b", b"PK", b"\x28\xb5\x2f\xfd", b"BZh"];
    if compressed.iter().any(|magic| bytes.starts_with(magic)) {
        return Err(refuse("it is compressed, and a package never is").hint("unpack it first"));
    }
    let entries = tar::read(bytes, MAX_FILES + 2)?;
    for (name, _) in &entries {
        if let Some(why) = names::complaint(name) {
            return Err(refuse(why).in_file(*name));
        }
    }
    match names::collision(entries.iter().map(|(name, _)| *name)) {
        Some(name) => Err(refuse("two files of it have this name, at least on some systems").in_file(name)),
        None => Ok(entries),
    }
}

fn refuse(why: &str) -> Diagnostic {
    Diagnostic::new("package", why)
}
