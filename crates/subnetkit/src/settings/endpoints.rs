//! Lists of endpoints, as the ecosystem writes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The word for "not even the usual ones".
const NONE: &str = "none";

/// URLs of nodes, perhaps none. Written as `none`, as a list, or as one text with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints(pub Vec<String>);

/// The text is not a list of URLs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no endpoint: write ws:// or wss:// URLs separated by commas, or `none`")]
pub struct NotEndpoints(String);

impl Endpoints {
    fn of<'a>(urls: impl Iterator<Item = &'a str>) -> Result<Self, NotEndpoints> {
        let endpoint = |url: &str| {
            let known = url.starts_with("ws://") || url.starts_with("wss://");
            known.then(|| url.to_owned()).ok_or_else(|| NotEndpoints(url.to_owned()))
        };
        urls.map(endpoint).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Endpoints {
    type Err = NotEndpoints;

    fn from_str(text: &str) -> Result<Self, NotEndpoints> {
        if text.trim() == NONE {
            return Ok(Self::default());
        }
        Self::of(text.split(',').map(str::trim).filter(|url| !url.is_empty()))
    }
}

impl fmt::Display for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { NONE.to_owned() } else { self.0.join(",") }.as_str())
    }
}

impl Serialize for Endpoints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            List(Vec<String>),
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) => text.parse(),
            Written::List(urls) => Self::of(urls.iter().map(String::as_str)),
        }
        .map_err(de::Error::custom)
    }
}
