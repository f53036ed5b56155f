//! Python's text of a value, `str()` and `repr()`: what the body hash is over.

use std::fmt::Write as _;

use super::value::Value;

/// `str(value)`.
#[must_use]
pub fn str(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => {
            let mut out = String::new();
            repr(value, &mut out);
            out
        }
    }
}

/// Appends `repr(value)`.
pub(super) fn repr(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Value::Int(value) => {
            // Writing to a string can't fail.
            let _ = write!(out, "{value}");
        }
        Value::Long(digits) => out.push_str(digits),
        Value::Float(value) => float(*value, out),
        Value::Text(text) => repr_text(text, out),
        Value::List(items) => {
            out.push('[');
            repr_items(items, out);
            out.push(']');
        }
        Value::Tuple(items) => {
            out.push('(');
            repr_items(items, out);
            // A comma makes the tuple, not the parentheses.
            if items.len() == 1 {
                out.push(',');
            }
            out.push(')');
        }
        Value::Dict(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                repr_text(key, out);
                out.push_str(": ");
                repr(value, out);
            }
            out.push('}');
        }
    }
}

fn repr_items(items: &[Value], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        repr(item, out);
    }
}

/// The shortest digits that read back as the same float, with an exponent below 1e-4 and from 1e16.
fn float(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("nan");
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        return out.push_str("inf");
    }
    let shortest = shortest(value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
        return;
    }
    let digits = mantissa.replace('.', "");
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let whole = exponent + 1;
            match digits.get(whole..).filter(|fraction| !fraction.is_empty()) {
                Some(fraction) => {
                    let _ = write!(out, "{}.{fraction}", digits.get(..whole).unwrap_or_default());
                }
                None => {
                    let _ = write!(out, "{digits:0<whole$}.0");
                }
            }
        }
        Err(_) => {
            out.push_str("0.");
            (1..exponent.unsigned_abs()).for_each(|_| out.push('0'));
            out.push_str(&digits);
        }
    }
}

/// Mantissa and exponent with the fewest digits. Where two such texts are equally near, Python has the one that ends in an
/// even digit, and the standard library either: 189203948326380.125 is `189203948326380.12` there, and may be `.13` here.
fn shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{value:.precision$e}", precision = digits.saturating_sub(1));
    if rounded.parse() == Ok(value) { rounded } else { text }
}

fn repr_text(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ 0..=0xFF => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// `str.isprintable`: neither of Unicode's class "other" nor a separator except the blank.
///
/// The standard library escapes by the same classes. Its Unicode version and the sender's Python may differ, as those of
/// two Pythons may; texts with characters assigned between the two versions then have two hashes.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // Behind another character, so that combining marks count as what they are.
    let mut buffer = [b'a'; 5];
    let end = 1 + c.encode_utf8(&mut buffer[1..]).len();
    let text = buffer.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    text.escape_debug().nth(1) == Some(c)
}
