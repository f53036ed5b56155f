//! A strict reader of HTML as the laboratory writes it: every element is closed, every attribute quoted and given once,
//! every `<` and `&` of text escaped.

const VOID: [&str; 3] = ["meta", "br", "wbr"];
const RAW: [&str; 2] = ["script", "style"];

/// The first fault of a page.
pub(crate) fn well_formed(page: &str) -> Result<(), String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("it does not begin with its document type")?;
    let mut open: Vec<&str> = Vec::new();
    while let Some(at) = rest.find('<') {
        text(&rest[..at])?;
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            let close = end.find('>').ok_or("an end tag is not closed")?;
            let name = &end[..close];
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes what is not open"));
            }
            rest = &end[close + 1..];
            continue;
        }
        let name_ends = rest.find([' ', '>']).ok_or("a tag is not closed")?;
        let name = &rest[..name_ends];
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("`{name}` is no element"));
        }
        rest = attributes(name, &rest[name_ends..])?;
        if VOID.contains(&name) {
            continue;
        }
        open.push(name);
        if RAW.contains(&name) {
            rest =
                &rest[rest.find(&format!("</{name}>")).ok_or_else(|| format!("<{name}> is not closed"))?..];
        }
    }
    text(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are not closed")) }
}

/// Reads attributes up to the tag's end, and gives what follows it.
fn attributes<'a>(element: &str, mut rest: &'a str) -> Result<&'a str, String> {
    let mut seen = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok(after);
        }
        let ends = rest.find(['=', ' ', '>']).ok_or_else(|| format!("<{element} is not closed"))?;
        let name = &rest[..ends];
        if seen.contains(&name) {
            return Err(format!("<{element}> has `{name}` twice"));
        }
        seen.push(name);
        rest = &rest[ends..];
        if let Some(value) = rest.strip_prefix('=') {
            let value =
                value.strip_prefix('"').ok_or_else(|| format!("`{name}` of <{element}> is not quoted"))?;
            let ends = value.find('"').ok_or_else(|| format!("`{name}` of <{element}> has no end"))?;
            if value[..ends].contains('<') {
                return Err(format!("`{name}` of <{element}> is not escaped"));
            }
            text(&value[..ends])?;
            rest = &value[ends + 1..];
        }
    }
}

fn text(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| text[at..].starts_with(entity));
        if !known {
            return Err(format!(
                "an `&` is not escaped: {}",
                &text[at..].chars().take(20).collect::<String>()
            ));
        }
    }
    if text.contains('>') { Err(format!("a `>` is not escaped in {text:?}")) } else { Ok(()) }
}
