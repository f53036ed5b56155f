//! The body and the headers of a request, from the command line.

use std::io::Read as _;

use anyhow::Context as _;
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::Value;
use subnetkit::protocol::Encoding;

/// The bytes to send. What is not raw is read as JSON, so that a slip of the pen is found here and not by the miner.
pub(super) fn body(data: &str, encoding: Encoding) -> anyhow::Result<Vec<u8>> {
    let (bytes, place) = match (data, data.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
            (bytes, "standard input")
        }
        (_, Some(file)) => {
            let bytes = std::fs::read(file).with_context(|| format!("--data: {file} cannot be read"))?;
            (bytes, file)
        }
        _ => (data.as_bytes().to_vec(), "--data"),
    };
    if encoding == Encoding::Raw {
        return Ok(bytes);
    }
    let value: Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{place} is not JSON; --encoding raw sends bytes as they are"))?;
    match encoding {
        // As it was written: JSON's numbers may have more digits than a parsed one keeps.
        Encoding::Json => Ok(bytes),
        other => Ok(other.encode(&Plain(&value))?.to_vec()),
    }
}

/// JSON whose numbers are numbers: where a build keeps all of their digits, `Value` writes them as text.
struct Plain<'v>(&'v Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => serializer.serialize_u64(value),
                (_, Some(value), _) => serializer.serialize_i64(value),
                (.., Some(value)) => serializer.serialize_f64(value),
                _ => Err(S::Error::custom(format_args!("{number} is too large a number"))),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Plain)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Plain(value))))
            }
        }
    }
}

/// A header as curl has it.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write a header as NAME: VALUE")?;
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() {
        return Err("write a header as NAME: VALUE".to_owned());
    }
    Ok((name, value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_sent_as_it_was_written_or_as_message_pack_and_bytes_as_they_are() {
        assert_eq!(body("{ \"n\": 1 }", Encoding::Json).unwrap(), b"{ \"n\": 1 }");
        assert_eq!(body("{ \"n\": 1 }", Encoding::MessagePack).unwrap(), [0x81, 0xa1, b'n', 1]);
        let all = body(r#"[null, true, -1, 0.5, "x", {}]"#, Encoding::MessagePack).unwrap();
        assert_eq!(all, [0x96, 0xc0, 0xc3, 0xff, 0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 0xa1, b'x', 0x80]);
        assert_eq!(body("{ \"n\"", Encoding::Raw).unwrap(), b"{ \"n\"");
        let slip = body("{ \"n\"", Encoding::Json).unwrap_err().to_string();
        assert!(slip.contains("--data is not JSON"), "{slip}");
        let here = tempfile::tempdir().unwrap();
        let file = here.path().join("request.json");
        std::fs::write(&file, "[1]").unwrap();
        assert_eq!(body(&format!("@{}", file.display()), Encoding::Json).unwrap(), b"[1]");
        assert!(body("@nowhere.json", Encoding::Json).unwrap_err().to_string().contains("nowhere.json"));
    }

    #[test]
    fn headers_are_written_as_for_curl() {
        assert_eq!(header("X-Trace: a:b"), Ok(("x-trace".to_owned(), "a:b".to_owned())));
        assert!(header("nothing").is_err() && header(": x").is_err());
    }
}
