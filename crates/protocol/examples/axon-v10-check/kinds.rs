//! Python's spelling of types, as the recordings name them.

use subnetkit_protocol::axon_v10::Kind;

/// Reads `<class 'int'>`, `Optional[str]`, `list[dict[str, Any]]` and their like. What is read lives as long as the
/// program, as the types of a source do.
pub(crate) fn parse(text: &str) -> Result<Kind, String> {
    let text = text.trim();
    let text = text.strip_prefix("<class '").and_then(|text| text.strip_suffix("'>")).unwrap_or(text);
    let text = text.strip_prefix("typing.").unwrap_or(text);
    if let Some(text) = text.strip_suffix("| None") {
        return Ok(Kind::Optional(leaked(text)?));
    }
    if let Some((name, rest)) = text.split_once('[') {
        let inner =
            rest.strip_suffix(']').ok_or_else(|| format!("the type {text} has no closing bracket"))?;
        if let [element, end] = arguments(inner).as_slice()
            && name.eq_ignore_ascii_case("tuple")
            && end.trim() == "..."
        {
            return Ok(Kind::TupleOf(leaked(element)?));
        }
        let kinds = arguments(inner).into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let kinds: &'static [Kind] = kinds.leak();
        return match (name.to_ascii_lowercase().as_str(), kinds) {
            ("optional", [kind]) => Ok(Kind::Optional(kind)),
            ("list", [kind]) => Ok(Kind::List(kind)),
            ("dict", [Kind::Text, kind]) => Ok(Kind::Dict(kind)),
            ("tuple", kinds) => Ok(Kind::Tuple(kinds)),
            _ => Err(format!("the type {text} is not known")),
        };
    }
    match text {
        "bool" => Ok(Kind::Bool),
        "int" => Ok(Kind::Int),
        "float" => Ok(Kind::Float),
        "str" => Ok(Kind::Text),
        "list" => Ok(Kind::List(&Kind::Any)),
        "dict" => Ok(Kind::Dict(&Kind::Any)),
        "Any" => Ok(Kind::Any),
        _ => Err(format!("the type {text} is not known")),
    }
}

fn leaked(text: &str) -> Result<&'static Kind, String> {
    Ok(Box::leak(Box::new(parse(text)?)))
}

/// Splits at the commas outside brackets.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0usize, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
