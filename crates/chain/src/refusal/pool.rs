//! The pool's answers: JSON-RPC codes, texts and Bittensor's own numbers.

use super::{Refusal, RefusedBy};

/// Bittensor's numbers of "Custom error: N", by position; the name of the dispatch error where one means the same.
const CUSTOM: [&str; 28] = [
    "ColdkeySwapAnnounced",
    "NotEnoughStakeToSetWeights",
    "NotEnoughBalanceToStake",
    "SubnetNotExists",
    "HotKeyAccountNotExists",
    "NotEnoughStakeToWithdraw",
    "RateLimitExceeded",
    "InsufficientLiquidity",
    "SlippageTooHigh",
    "TransferDisallowed",
    "HotKeyNotRegisteredInNetwork",
    "InvalidIpAddress",
    "ServingRateLimitExceeded",
    "InvalidPort",
    "ZeroMaxAmount",
    "InvalidRevealRound",
    "NoWeightsCommitFound",
    "CommitBlockNotInRevealRange",
    "InputLengthsUnequal",
    "HotKeyNotRegisteredInSubNet",
    "EvmKeyAssociateRateLimitExceeded",
    "ColdkeySwapDisputed",
    "InvalidRealAccount",
    "FailedShieldedTxParsing",
    "InvalidShieldedTxPubKeyHash",
    "NonAssociatedColdKey",
    "DelegateTakeTooLow",
    "DelegateTakeTooHigh",
];

/// The validity errors every Substrate chain has, by a part of the sentence the node sends.
const TEXTS: [(&str, &str); 11] = [
    ("call is not expected", "Call"),
    ("will be valid in the future", "Future"),
    ("is outdated", "Stale"),
    ("bad signature", "BadProof"),
    ("ancient birth block", "AncientBirthBlock"),
    ("exhaust the block limits", "ExhaustsResources"),
    ("Inability to pay", "Payment"),
    ("balance too low", "Payment"),
    ("Invalid signing address", "BadSigner"),
    ("did not authorize any origin", "BadSigner"),
    ("unable to be calculated", "BadProof"),
];

/// Reads a refusal out of the error of `author_submit*`; `None` if the error is not the pool's.
pub(crate) fn from_rpc_error(code: i32, text: &str) -> Option<Refusal> {
    let name = match code {
        1010 => custom(text).or_else(|| by_text(text)).unwrap_or("InvalidTransaction"),
        1011 => "UnknownTransactionValidity",
        1012 => "TemporarilyBanned",
        1013 => "AlreadyImported",
        1014 => "PriorityTooLow",
        1016 => "ImmediatelyDropped",
        1002 | 1015 | 1017..=1019 => "InvalidTransaction",
        _ => return None,
    };
    Some(Refusal::new(name, None, RefusedBy::Pool).with_detail(format!("code {code}: {text}")))
}

fn custom(text: &str) -> Option<&'static str> {
    let digits = text.split("Custom error: ").nth(1)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number: usize = digits[..end].parse().ok()?;
    Some(CUSTOM.get(number).copied().unwrap_or("BadRequest"))
}

fn by_text(text: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(part, _)| text.contains(part)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::from_rpc_error;
    use crate::RefusalKind;

    fn name(code: i32, text: &str) -> Option<(String, RefusalKind)> {
        from_rpc_error(code, text).map(|refusal| (refusal.name().to_owned(), refusal.kind()))
    }

    #[test]
    fn bittensors_numbers_have_names() {
        let custom = |number: u32| {
            let text = format!("Invalid Transaction: \"Custom error: {number}\"");
            name(1010, &text).unwrap().0
        };
        assert_eq!(custom(0), "ColdkeySwapAnnounced");
        assert_eq!(custom(6), "RateLimitExceeded");
        assert_eq!(custom(10), "HotKeyNotRegisteredInNetwork");
        assert_eq!(custom(12), "ServingRateLimitExceeded");
        assert_eq!(custom(13), "InvalidPort");
        assert_eq!(custom(27), "DelegateTakeTooHigh");
        assert_eq!(custom(255), "BadRequest");
        assert_eq!(custom(200), "BadRequest");
    }

    #[test]
    fn every_name_the_pool_can_give_has_a_rule() {
        let names = super::CUSTOM.iter().chain(super::TEXTS.iter().map(|(_, name)| name));
        let unruly: Vec<_> = names.filter(|name| crate::refusal::rules::find(name).is_none()).collect();
        // These are not raised by any runtime known, and newer runtimes raise them for shielded transactions only.
        let known = ["InvalidRealAccount", "FailedShieldedTxParsing", "InvalidShieldedTxPubKeyHash"];
        assert!(unruly.iter().all(|name| known.contains(name)), "{unruly:?}");
    }

    #[test]
    fn the_common_answers_have_names() {
        let invalid = |text: &str| name(1010, &format!("Invalid Transaction: \"{text}\"")).unwrap();
        assert_eq!(invalid("Transaction is outdated").0, "Stale");
        assert_eq!(invalid("Transaction is outdated").1, RefusalKind::PoolRace);
        assert_eq!(invalid("Transaction has a bad signature").0, "BadProof");
        let poor = invalid("Inability to pay some fees (e.g. account balance too low)");
        assert_eq!(poor, ("Payment".to_owned(), RefusalKind::InsufficientBalance));
        assert_eq!(name(1014, "Priority is too low").unwrap().1, RefusalKind::PoolRace);
        assert_eq!(name(1010, "something new").unwrap().0, "InvalidTransaction");
        assert_eq!(name(-32601, "Method not found"), None);
    }
}
