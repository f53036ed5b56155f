//! What the Python SDK sealed for quicknet's round 1000, and that round's signature.

use serde_json::Value;

pub(crate) struct Vectors(Value);

impl Vectors {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(include_str!("../vectors/timelock.json")).unwrap())
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        bytes(&self.0["drand"]["public_key_hex"])
    }

    pub(crate) fn signature_of_1000(&self) -> Vec<u8> {
        bytes(&self.0["drand"]["round_1000_signature_hex"])
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().unwrap()
    }
}

pub(crate) fn bytes(hex: &Value) -> Vec<u8> {
    hex::decode(hex.as_str().unwrap()).unwrap()
}
