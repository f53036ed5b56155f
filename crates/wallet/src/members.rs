//! The members of a keyfile's JSON object, as loosely typed as its many writers left them.

use std::io;

use serde::Serialize;
use serde_json::{Map, Value};
use subnetkit_protocol::{AccountId, Scheme, UnknownScheme};
use zeroize::{Zeroize, Zeroizing};

use crate::key::WalletKey;

/// Larger than any keyfile; the writer's buffer never grows beyond it, so it leaves no copies of the secret.
const WRITE_CAPACITY: usize = 2048;

/// A parsed JSON object, wiped on drop.
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// `None` if the text is not JSON at all. JSON that is no object has no members.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Value::Object(map) => Some(Self(map)),
            mut other => {
                wipe(&mut other);
                Some(Self(Map::new()))
            }
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A member counts only if it is a string; the empty string is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn names(&self) -> String {
        if self.0.is_empty() {
            return "none".to_owned();
        }
        self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// `cryptoType` as a number or a numeric string. Whatever is not a `u8` counts as absent.
    pub(crate) fn scheme(&self) -> Result<Option<Scheme>, (u8, UnknownScheme)> {
        let number = match self.0.get("cryptoType") {
            Some(Value::Number(number)) => number.as_u64().and_then(|number| u8::try_from(number).ok()),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(|number| Scheme::try_from(number).map_err(|unknown| (number, unknown))).transpose()
    }

    /// The stored address; some old writers put a blank before the member's name.
    pub(crate) fn address(&self) -> Option<&str> {
        if self.0.contains_key("ss58Address") { self.text("ss58Address") } else { self.text(" ss58Address") }
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    account_id: &'a str,
    public_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_phrase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_seed: Option<&'a str>,
    ss58_address: String,
    crypto_type: u8,
}

/// The keyfile JSON: private if there is a key, public otherwise. No trailing newline, as the SDK writes it.
pub(crate) fn write(
    account: &AccountId,
    scheme: Scheme,
    key: Option<&WalletKey>,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let public = prefixed_hex(account.as_bytes());
    let private = key.map(|key| prefixed_hex(&key.keypair().private_key()));
    let seed = key.and_then(|key| key.keypair().mini_secret()).map(|seed| prefixed_hex(seed.as_slice()));
    let written = Written {
        account_id: &public,
        public_key: &public,
        private_key: private.as_deref().map(String::as_str),
        secret_phrase: key.and_then(WalletKey::phrase),
        secret_seed: seed.as_deref().map(String::as_str),
        ss58_address: account.to_string(),
        crypto_type: scheme as u8,
    };
    let mut json = Zeroizing::new(Vec::with_capacity(WRITE_CAPACITY));
    serde_json::to_writer(&mut *json, &written)?;
    Ok(json)
}

fn prefixed_hex(bytes: &[u8]) -> Zeroizing<String> {
    let digits = Zeroizing::new(hex::encode(bytes));
    let mut text = Zeroizing::new(String::with_capacity(2 + digits.len()));
    text.push_str("0x");
    text.push_str(&digits);
    text
}
