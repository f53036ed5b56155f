//! Evidence as a stranger shows it: JSON of a request's and an answer's signed heads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_protocol::btauth::{BodyDigest, Evidence};

fuzz_target!(|data: &[u8]| {
    let Ok(evidence) = serde_json::from_slice::<Evidence>(data) else { return };
    let written = serde_json::to_vec(&evidence).unwrap();
    assert_eq!(serde_json::from_slice::<Evidence>(&written).unwrap(), evidence);
    if evidence.verify().is_err() {
        return;
    }
    let body = BodyDigest::of(&written);
    assert_ne!(evidence.request_body, body);
    let method = format!("{}X", evidence.method);
    let target = format!("{}x", evidence.target);
    let status = evidence.status ^ 1;
    let others = [
        Evidence { method, ..evidence.clone() },
        Evidence { target, ..evidence.clone() },
        Evidence { request_body: body, ..evidence.clone() },
        Evidence { nonce: evidence.nonce ^ 1, ..evidence.clone() },
        Evidence { caller: evidence.signer, signer: evidence.caller, ..evidence.clone() },
        Evidence { status, ..evidence.clone() },
        Evidence { response_body: body, ..evidence.clone() },
    ];
    for other in others {
        // One hotkey may ask itself.
        assert!(other == evidence || other.verify().is_err(), "{other:?}");
    }
});
