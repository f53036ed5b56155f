//! Refusals speak in sentences.

use crate::vectors::{self, bytes};
use subnetkit_chain::{Refusal, RefusalKind};

fn refusal(block: u64, extrinsic: u32) -> Refusal {
    let runtime = vectors::runtime();
    let recorded = vectors::recorded();
    let blocks = recorded["blocks"].as_array().unwrap();
    let found = blocks.iter().find(|found| found["number"] == block).unwrap();
    let events = runtime.events(&bytes(&found["events"]), extrinsic).unwrap();
    runtime.refusal(&events, block).unwrap().unwrap()
}

#[test]
fn a_refusal_names_the_error_and_its_rule() {
    let refused = refusal(19, 2);
    assert_eq!(refused.kind(), RefusalKind::NotPermitted);
    assert!(!refused.is_retryable());
    assert_eq!(
        refused.to_string(),
        "the chain refused the transaction: SubtensorModule.NeuronNoValidatorPermit in block 19: only a uid with a \
         validator permit may set weights for others; permits go at each epoch to the uids with most stake"
    );
    assert_eq!(refusal(5, 8).kind(), RefusalKind::NotFound);
    assert_eq!(refusal(2, 4).kind(), RefusalKind::InsufficientBalance);
}
