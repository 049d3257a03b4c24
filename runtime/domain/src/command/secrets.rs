//! Commands that carry passwords and keys, as they may be shown and kept.

use serde_json::Value;

use super::{Command, CommandAnswer, LogWanted, ProfileChange, Setting};
use crate::secrets::{HIDDEN, is_secret, text_without_secrets, without_secrets, without_ticket, without_user};

impl Command {
    /// As it may be shown, and kept once it is over.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        match self {
            Self::Request { action, payload } => {
                Self::Request { action: action.clone(), payload: text_without_secrets(payload) }
            }
            Self::SetVariables { settings } => Self::SetVariables { settings: settings.iter().map(hidden).collect() },
            Self::Log(wanted) => Self::Log(LogWanted {
                location: without_ticket(&wanted.location).unwrap_or_default(),
                ..wanted.clone()
            }),
            Self::Password { .. } => Self::Password { password: HIDDEN.to_owned() },
            Self::Move(change) => {
                let url = change.url.as_deref();
                let hidden = |said: &Option<Value>| said.as_ref().map(without_secrets);
                Self::Move(ProfileChange {
                    password: change.password.as_ref().map(|_| HIDDEN.to_owned()),
                    url: url.map(|url| without_user(url).unwrap_or_else(|| url.to_owned())),
                    apn: hidden(&change.apn),
                    vpn: hidden(&change.vpn),
                    ..change.clone()
                })
            }
            other => other.clone(),
        }
    }
}

impl CommandAnswer {
    /// Some stations tell what they should not.
    #[must_use]
    pub(crate) fn without_secrets(self) -> Self {
        Self { body: self.body.map(|body| text_without_secrets(&body)), ..self }
    }
}

fn hidden(setting: &Setting) -> Setting {
    let value = if is_secret(&setting.of.place.variable) { HIDDEN.to_owned() } else { setting.value.clone() };
    Setting { of: setting.of.clone(), value }
}
