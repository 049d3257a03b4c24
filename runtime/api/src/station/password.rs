//! What a station's password may be. It is never repeated in an answer.

use crate::problem::{Answer, Problem};
use crate::{Api, Password};

/// OCPP 2.1, SecurityCtrlr.BasicAuthPassword; 2.0.1 has 40.
const LONGEST: usize = 64;
/// Bytes of a key of OCPP 1.6, which is written as twice as many hexadecimal digits (security whitepaper, AuthorizationKey).
const LONGEST_KEY: usize = 20;

/// The keyed hash that is kept: of the text, where `Some(None)` clears it, of the key in digits, or the one there was.
pub(super) fn changed(
    api: &Api,
    was: Option<String>,
    text: Option<Option<String>>,
    digits: Option<String>,
) -> Answer<Option<String>> {
    match (text, digits) {
        (Some(Some(_)), Some(_)) => Err(Problem::invalid("/passwordHex", "give either `password` or `passwordHex`")),
        (_, Some(digits)) => check_key(api, &digits).map(Some),
        (Some(text), None) => text.map(|text| check(api, &text)).transpose(),
        (None, None) => Ok(was),
    }
}

fn check(api: &Api, password: &str) -> Answer<String> {
    check_password(api, password)?;
    Ok(api.control.hash_password(Password::Text(password)))
}

/// What a password may be.
pub(crate) fn check_password(api: &Api, password: &str) -> Answer<()> {
    let shortest = shortest(api);
    let length = password.chars().count();
    if !(shortest..=LONGEST).contains(&length) || password.chars().any(char::is_control) {
        let rule = format!("a password has {shortest} to {LONGEST} characters, none of them a control character");
        return Err(Problem::invalid("/password", with_key(&rule)));
    }
    Ok(())
}

fn check_key(api: &Api, digits: &str) -> Answer<String> {
    let shortest = shortest(api).min(LONGEST_KEY);
    match bytes(digits).filter(|bytes| (shortest..=LONGEST_KEY).contains(&bytes.len())) {
        Some(bytes) => Ok(api.control.hash_password(Password::Key(&bytes))),
        None => {
            let (fewest, most) = (2 * shortest, 2 * LONGEST_KEY);
            let rule = format!("a password in hexadecimal has {fewest} to {most} digits, two for each byte");
            Err(Problem::invalid("/passwordHex", with_key(&rule)))
        }
    }
}

fn shortest(api: &Api) -> usize {
    api.settings.password_min.clamp(1, LONGEST)
}

fn with_key(rule: &str) -> String {
    format!("{rule}; how short it may be is `min_password_chars` below [stations] in the configuration")
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let values = digits.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()));
    let values = values.collect::<Option<Vec<_>>>()?;
    let pairs = values.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}
