//! What is wrong on this machine, or between it and the world.

use super::{Facts, Verdict};

pub(super) fn served_address(facts: &Facts) -> Option<Verdict> {
    let axon = facts.axon.as_ref()?;
    let Some(address) = axon.address else {
        return Some(Verdict::fine("no address is published; a validator needs none"));
    };
    let how = if axon.tls { "TLS, with the published key," } else { "TCP" };
    Some(match &axon.failure {
        Some(reason) => Verdict::weakens(format!(
            "the published address {address} is not reached from here by {how} ({reason}); start what serves there, open the port, \
             or publish the right address"
        )),
        None => Verdict::fine(format!("the published address {address} is reached by {how} from here")),
    })
}

pub(super) fn ledger(facts: &Facts) -> Option<Verdict> {
    let ledger = facts.ledger.as_ref()?;
    let path = ledger.path.display();
    Some(match (&ledger.failure, ledger.exists) {
        (Some(reason), _) => Verdict::blocks(reason.clone()),
        (None, true) => {
            Verdict::fine(format!("the ledger {path} can be written and belongs to this validator"))
        }
        (None, false) => Verdict::fine(format!("there is no ledger {path} yet, and it can be made")),
    })
}
