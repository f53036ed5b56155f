//! Genesis: the JSON that `GenesisBuilder_build_state` takes, and the presets made from it.

/// The genesis JSON of a named preset.
pub fn preset(_name: &str) -> Option<serde_json::Value> {
    None
}
