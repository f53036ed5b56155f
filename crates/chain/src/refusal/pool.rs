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
