//! JSON that loses nothing Python would keep. General readers round numbers, forget the order of keys or both, and a
//! body hash is over Python's text of the values: one lost digit is a refused request.

use std::fmt::Write as _;

use thiserror::Error;

use super::{
    python,
    value::{Value, keys_are_unique},
};

/// Arrays and objects inside one another.
const MAX_DEPTH: usize = 128;
/// Values in one text. Each takes 32 bytes, whereas in the text it can be two: the bound is about 8 MiB.
const MAX_VALUES: usize = 1 << 18;
/// Python reads no integer of more digits.
const MAX_DIGITS: usize = 4300;

/// A text that is not JSON, or JSON this protocol has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{reason} at byte {at}")]
pub struct JsonError {
    reason: &'static str,
    at: usize,
}

pub(super) fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(text)
        .map_err(|error| JsonError { reason: "the text is not UTF-8", at: error.valid_up_to() })?;
    let mut reader = Reader { text, at: 0, values: 0 };
    let value = reader.value(0)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.error("there is more after the value"));
    }
    Ok(value)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    values: usize,
}

impl<'t> Reader<'t> {
    const fn error(&self, reason: &'static str) -> JsonError {
        JsonError { reason, at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error("a value is expected"))
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error("arrays and objects are nested too deeply"));
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.error("there are too many values"));
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'"') => self.text().map(Value::Text),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.error("a value is expected")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.takes(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.takes(b']') {
                return Ok(Value::List(items));
            }
            if !self.takes(b',') {
                return Err(self.error("a comma or the end of the array is expected"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_blanks();
        if self.takes(b'}') {
            return Ok(Value::Dict(entries));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in quotes is expected"));
            }
            let key = self.text()?;
            self.skip_blanks();
            if !self.takes(b':') {
                return Err(self.error("a colon is expected"));
            }
            entries.push((key, self.value(depth + 1)?));
            self.skip_blanks();
            if self.takes(b'}') {
                break;
            }
            if !self.takes(b',') {
                return Err(self.error("a comma or the end of the object is expected"));
            }
        }
        if keys_are_unique(&entries) {
            Ok(Value::Dict(entries))
        } else {
            Err(self.error("a key is there twice in the object that ends"))
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.takes(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(self.error("a number is malformed"));
        }
        let mut is_float = false;
        if self.takes(b'.') {
            is_float = true;
            if self.digits() == 0 {
                return Err(self.error("a number is malformed"));
            }
        }
        if self.takes(b'e') || self.takes(b'E') {
            is_float = true;
            let _sign = self.takes(b'+') || self.takes(b'-');
            if self.digits() == 0 {
                return Err(self.error("a number is malformed"));
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if is_float {
            return match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Value::Float(value)),
                _ => Err(self.error("a number is too large for a float")),
            };
        }
        match text.parse() {
            Ok(value) => Ok(Value::Int(value)),
            Err(_) if digits <= MAX_DIGITS => Ok(Value::Long(text.into())),
            Err(_) => Err(self.error("an integer has more digits than Python reads")),
        }
    }

    /// The text whose opening quote is next.
    fn text(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let plain = self
                .rest()
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| self.error("a text has no end"))?;
            out.push_str(self.rest().get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.error("a text holds a control character that is not escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit()?;
                let lone = "half of a surrogate pair stands alone, which no text can hold";
                match unit {
                    0xD800..=0xDBFF if self.rest().starts_with("\\u") => {
                        self.at += 2;
                        let second = self.unit()?;
                        let pair = char::decode_utf16([unit, second]).next();
                        pair.and_then(Result::ok).ok_or_else(|| self.error(lone))?
                    }
                    _ => char::from_u32(u32::from(unit)).ok_or_else(|| self.error(lone))?,
                }
            }
            _ => return Err(self.error("an escape is unknown")),
        })
    }

    fn unit(&mut self) -> Result<u16, JsonError> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.error("an escape has not four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }
}

pub(super) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // Python's text of a finite float is JSON, and reads back as the same float.
        Value::Float(value) if !value.is_finite() => out.push_str("null"),
        Value::Int(_) | Value::Long(_) | Value::Float(_) => python::repr(value, out),
        Value::Text(text) => write_text(text, out),
        Value::List(items) | Value::Tuple(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write(item, out);
            }
            out.push(']');
        }
        Value::Dict(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                separate(index, out);
                write_text(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
