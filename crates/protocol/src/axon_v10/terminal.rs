//! `TerminalInfo`: what a message says of one end of its connection.

use super::{python, value::Value};

/// Longer texts are left out, so that echoing what a body says can't make a response head too large.
const MAX_TEXT: usize = 256;

/// One end of a connection. Every field may be absent.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the names are the protocol's own and say all there is")]
pub struct Terminal {
    pub status_code: Option<u16>,
    pub status_message: Option<String>,
    /// In seconds.
    pub process_time: Option<f64>,
    pub ip: Option<String>,
    pub port: Option<u16>,
    pub version: Option<u32>,
    /// Unix time in nanoseconds.
    pub nonce: Option<u64>,
    pub uuid: Option<String>,
    pub hotkey: Option<String>,
    pub signature: Option<String>,
}

impl Terminal {
    /// Reads the object in a body. What is not of its type counts as absent: nothing depends on it.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let text = |name: &str| match value.get(name) {
            Some(Value::Text(text)) if text.len() <= MAX_TEXT => Some(text.clone()),
            _ => None,
        };
        // Numbers may come as texts, as they do in headers.
        let number = |name: &str| match value.get(name) {
            Some(value @ (Value::Int(_) | Value::Long(_) | Value::Float(_) | Value::Text(_))) => {
                Some(python::str(value)).filter(|text| text.len() <= MAX_TEXT)
            }
            _ => None,
        };
        Self {
            status_code: number("status_code").and_then(|text| text.parse().ok()),
            status_message: text("status_message"),
            process_time: number("process_time")
                .and_then(|text| text.parse().ok())
                .filter(|time: &f64| time.is_finite()),
            ip: text("ip"),
            port: number("port").and_then(|text| text.parse().ok()),
            version: number("version").and_then(|text| text.parse().ok()),
            nonce: number("nonce").and_then(|text| text.parse().ok()),
            uuid: text("uuid"),
            hotkey: text("hotkey"),
            signature: text("signature"),
        }
    }

    /// The object as a body has it, with `null` for what is absent.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Dict(self.entries().map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// What is there as headers have it: `bt_header_{end}_{name}` and the value's text.
    pub(super) fn to_headers(&self, end: &str) -> Vec<(String, String)> {
        let there = self.entries().into_iter().filter(|(_, value)| *value != Value::Null);
        there.map(|(name, value)| (format!("bt_header_{end}_{name}"), python::str(&value))).collect()
    }

    fn entries(&self) -> [(&'static str, Value); 10] {
        let int = |value: Option<u64>| {
            value.map_or(Value::Null, |value| match i64::try_from(value) {
                Ok(value) => Value::Int(value),
                Err(_) => Value::Long(value.to_string().into()),
            })
        };
        let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::Text);
        [
            ("status_code", int(self.status_code.map(u64::from))),
            ("status_message", text(&self.status_message)),
            ("process_time", self.process_time.map_or(Value::Null, Value::Float)),
            ("ip", text(&self.ip)),
            ("port", int(self.port.map(u64::from))),
            ("version", int(self.version.map(u64::from))),
            ("nonce", int(self.nonce)),
            ("uuid", text(&self.uuid)),
            ("hotkey", text(&self.hotkey)),
            ("signature", text(&self.signature)),
        ]
    }
}
