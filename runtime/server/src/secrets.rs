//! The secrets in the data folder: the API's token, and the keys that station passwords are hashed with, tokens are
//! masked with, compiled plugins are known by and addresses of files are signed with.
//!
//! All are made at the first start, readable by their owner only. Station passwords are long and random (OCPP 2.0.1,
//! A00.FR.205: 16 to 40 characters), so a keyed hash keeps them; a slow one would cost minutes of CPU when thousands
//! of stations reconnect.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use amprule_domain::event::NewPassword;
use amprule_hooks::mask::KeyedHash;
use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const INSTALLATION_FILE: &str = "installation";
const TOKEN_FILE: &str = "api-token";
const KEY_FILE: &str = "password-key";
const MASK_FILE: &str = "mask-key";
const COMPILED_FILE: &str = "compiled-key";
const FILES_FILE: &str = "files-key";
/// Before the hash of a password that may also come in hexadecimal digits.
const KEY_MARK: &str = "hex:";

/// Names this installation to those who hear from several: 12 hexadecimal digits, made at the first start.
pub(crate) fn installation(data: &Path) -> Result<String> {
    let whole = read_or_make(&data.join(INSTALLATION_FILE))?;
    Ok(whole.chars().take(12).collect())
}

/// The API's bearer token: 64 hexadecimal digits.
pub(crate) fn api_token(data: &Path) -> Result<String> {
    read_or_make(&data.join(TOKEN_FILE))
}

/// That of a server that has run there.
pub(crate) fn known_api_token(data: &Path) -> Result<String> {
    let path = data.join(TOKEN_FILE);
    if !path.exists() {
        anyhow::bail!(
            "there is no {}, which a server makes when it starts; --data names its data folder",
            path.display()
        );
    }
    read_or_make(&path)
}

pub(crate) fn rotate_api_token(data: &Path) -> Result<String> {
    let fresh = fresh_secret()?;
    let path = data.join(TOKEN_FILE);
    let beside = data.join("api-token.new");
    let _ = fs::remove_file(&beside);
    write_new(&beside, &fresh)?;
    fs::rename(&beside, &path).with_context(|| format!("replace {}", path.display()))?;
    Ok(fresh)
}

/// Hashes and checks the passwords of stations.
pub(crate) struct PasswordKey(Vec<u8>);

impl PasswordKey {
    pub(crate) fn open(data: &Path) -> Result<Self> {
        read_or_make(&data.join(KEY_FILE)).map(|secret| Self(secret.into_bytes()))
    }

    pub(crate) fn hash(&self, password: &[u8]) -> String {
        hex(&self.mac(password).finalize().into_bytes())
    }

    /// Of an AuthorizationKey, which stations send as bytes or as the digits that stand for them.
    pub(crate) fn hash_key(&self, bytes: &[u8]) -> String {
        format!("{KEY_MARK}{}", self.hash(bytes))
    }

    /// Of what a station has taken.
    pub(crate) fn hash_taken(&self, password: &NewPassword) -> String {
        match from_hex(password.text.as_bytes()).filter(|_| password.is_key) {
            Some(bytes) => self.hash_key(&bytes),
            None => self.hash(password.text.as_bytes()),
        }
    }

    pub(crate) fn is_password(&self, password: &[u8], hash: &str) -> bool {
        match hash.strip_prefix(KEY_MARK) {
            Some(hash) => {
                self.is_of(password, hash) || from_hex(password).is_some_and(|bytes| self.is_of(&bytes, hash))
            }
            None => self.is_of(password, hash),
        }
    }

    fn is_of(&self, password: &[u8], hash: &str) -> bool {
        from_hex(hash.as_bytes()).is_some_and(|hash| self.mac(password).verify_slice(&hash).is_ok())
    }

    fn mac(&self, password: &[u8]) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length").chain_update(password)
    }
}

/// The keyed hash behind which the decision log hides tokens. Without its key file older masks match no newer ones.
pub(crate) fn mask_hash(data: &Path) -> Result<KeyedHash> {
    let key = PasswordKey(read_or_make(&data.join(MASK_FILE))?.into_bytes());
    Ok(Box::new(move |text| key.hash(text.as_bytes())))
}

/// The same for who only reads. `None`: there is no key file, so that nothing behind a mask can be known again.
pub(crate) fn known_mask_hash(data: &Path) -> Result<Option<KeyedHash>> {
    if data.join(MASK_FILE).exists() { mask_hash(data).map(Some) } else { Ok(None) }
}

/// Says which compiled plugins are our own work. Without its file they are compiled anew.
pub(crate) fn compiled_key(folder: &Path) -> Result<Vec<u8>> {
    read_or_make(&folder.join(COMPILED_FILE)).map(String::into_bytes)
}

/// Signs the addresses of files. Without its file those that were given are good no more.
pub(crate) fn files_key(data: &Path) -> Result<Vec<u8>> {
    read_or_make(&data.join(FILES_FILE)).map(String::into_bytes)
}

fn read_or_make(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(secret) if secret.trim().len() >= 32 => return Ok(secret.trim().to_owned()),
        Ok(_) => anyhow::bail!("{} is too short to be a secret; remove it and a new one is made", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    }
    let fresh = fresh_secret()?;
    write_new(path, &fresh)?;
    Ok(fresh)
}

fn fresh_secret() -> Result<String> {
    Ok(hex(&random()?))
}

#[expect(clippy::disallowed_methods, reason = "what is secret is random, and made here")]
pub(crate) fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("ask the system for randomness: {error}"))?;
    Ok(bytes)
}

fn write_new(path: &Path, secret: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("make {}", path.display()))?;
    writeln!(file, "{secret}")?;
    file.sync_all().with_context(|| format!("write {}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks(2);
    pairs.map(|pair| if let [high, low] = *pair { Some(digit(high)? << 4 | digit(low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_token_is_made_once_and_only_its_owner_may_read_it() {
        let data = tempfile::tempdir().unwrap();
        let token = api_token(data.path()).unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(api_token(data.path()).unwrap(), token);
        let mode = fs::metadata(data.path().join(TOKEN_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(rotate_api_token(data.path()).unwrap(), token);
    }

    #[test]
    fn equal_tokens_have_equal_masks_and_the_key_is_only_its_owners() {
        let data = tempfile::tempdir().unwrap();
        let (first, second) = (mask_hash(data.path()).unwrap(), mask_hash(data.path()).unwrap());
        assert_eq!(first("04A1B2C3D4"), second("04A1B2C3D4"));
        assert_ne!(first("04A1B2C3D4"), first("04A1B2C3D5"));
        let mode = fs::metadata(data.path().join(MASK_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let elsewhere = mask_hash(tempfile::tempdir().unwrap().path()).unwrap();
        assert_ne!(first("04A1B2C3D4"), elsewhere("04A1B2C3D4"));
    }

    #[test]
    fn only_the_right_password_under_the_right_key_is_one() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (ours, theirs) = (PasswordKey::open(ours.path()).unwrap(), PasswordKey::open(theirs.path()).unwrap());
        let hash = ours.hash(b"correct horse");
        assert!(ours.is_password(b"correct horse", &hash));
        assert!(!ours.is_password(b"battery staple", &hash));
        assert!(!theirs.is_password(b"correct horse", &hash));
        assert!(!ours.is_password(b"correct horse", "not a hash"));
    }

    #[test]
    fn a_key_is_known_by_its_bytes_and_by_its_digits() {
        let data = tempfile::tempdir().unwrap();
        let key = PasswordKey::open(data.path()).unwrap();
        let hash = key.hash_key(b"\x00\xffkey");
        for (password, is_it) in [
            (&b"\x00\xffkey"[..], true),
            (b"00ff6b6579", true),
            (b"00FF6B6579", true),
            (b"00ff6b657", false),
            (b"+0ff6b6579", false),
            (b"", false),
        ] {
            assert_eq!(key.is_password(password, &hash), is_it, "{password:?}");
        }
        assert!(!key.is_password(b"6b6579", &key.hash(b"key")), "a text is known by itself alone");
    }
}
