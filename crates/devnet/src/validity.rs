//! What a runtime says of a transaction: valid with these tags, or refused for this reason.
//!
//! Indices and wording are those of the generic transaction-validity types every Substrate runtime encodes.

use codec::{Decode, Encode};

/// A set of bytes that one transaction provides and others may require, usually account and nonce.
pub(crate) type Tag = Vec<u8>;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ValidTransaction {
    pub(crate) priority: u64,
    pub(crate) requires: Vec<Tag>,
    pub(crate) provides: Vec<Tag>,
    /// For how many blocks the answer holds.
    pub(crate) longevity: u64,
    pub(crate) propagate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Invalid {
    Call,
    Payment,
    Future,
    Stale,
    BadProof,
    AncientBirthBlock,
    ExhaustsResources,
    Custom(u8),
    BadMandatory,
    MandatoryValidation,
    BadSigner,
    IndeterminateImplicit,
    UnknownOrigin,
}

impl Invalid {
    /// The `data` of the pool's error 1010.
    pub(crate) fn text(self) -> String {
        let text = match self {
            Self::Custom(code) => return format!("Custom error: {code}"),
            Self::Call => "Transaction call is not expected",
            Self::Payment => "Inability to pay some fees (e.g. account balance too low)",
            Self::Future => "Transaction will be valid in the future",
            Self::Stale => "Transaction is outdated",
            Self::BadProof => "Transaction has a bad signature",
            Self::AncientBirthBlock => "Transaction has an ancient birth block",
            Self::ExhaustsResources => "Transaction would exhaust the block limits",
            Self::BadMandatory => "A call was labelled as mandatory, but resulted in an Error.",
            Self::MandatoryValidation => {
                "Transaction dispatch is mandatory; transactions must not be validated."
            }
            Self::BadSigner => "Invalid signing address",
            Self::IndeterminateImplicit => "The implicit data was unable to be calculated",
            Self::UnknownOrigin => "The transaction extension did not authorize any origin",
        };
        text.to_owned()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Unknown {
    CannotLookup,
    NoUnsignedValidator,
    Custom(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Refusal {
    Invalid(Invalid),
    Unknown(Unknown),
}

/// The answer to `TaggedTransactionQueue_validate_transaction`.
pub(crate) type Validity = Result<ValidTransaction, Refusal>;

/// What became of an extrinsic offered to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It is in the block. Its call may still have failed; the block's events tell.
    Included,
    Refused(Refusal),
}

impl Applied {
    /// Reads the answer of `BlockBuilder_apply_extrinsic`; the dispatch error inside a success is not looked at.
    pub(crate) fn decode(mut output: &[u8]) -> Result<Self, codec::Error> {
        let input = &mut output;
        match u8::decode(input)? {
            0 => Ok(Self::Included),
            1 => Ok(Self::Refused(Refusal::decode(input)?)),
            _ => Err("neither Ok nor Err".into()),
        }
    }
}
