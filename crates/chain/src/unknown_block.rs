//! How a node says that it does not have a block or its state.

/// What Substrate nodes write (sp-blockchain's `UnknownBlock` and `Backend` errors). Nothing but the text tells these
/// from other failures: all that goes wrong with state has one code, 4003, and a range of blocks 4001.
const TEXTS: [&str; 3] = ["State already discarded", "UnknownBlock", "not found in the database"];

/// Whether a node's refusal is about a block or state it does not have, any more or yet.
pub(crate) fn is_meant_by(message: &str) -> bool {
    TEXTS.iter().any(|text| message.contains(text))
}
