//! The chain's refusals by name, each with the rule behind it.
//!
//! A transaction can be refused twice: by the pool, which judges the outermost call only and answers with a number,
//! and in its block, where the dispatch error names a pallet's error. Both come back as the same [`Refusal`].

use std::fmt;

mod pool;
mod rules;

pub(crate) use pool::from_rpc_error;

/// A refusal by the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    name: String,
    pallet: Option<String>,
    by: RefusedBy,
    detail: Option<String>,
    wait_blocks: Option<u64>,
}

/// Who refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedBy {
    /// The transaction pool: it is in no block and cost nothing.
    Pool,
    /// The call itself, in this block; a fee may have been paid.
    Block {
        /// The block's number.
        number: u64,
        /// The event that told it: `System.ExtrinsicFailed`, or that of an outer call which itself succeeded, such as
        /// `Sudo.Sudid`.
        event: String,
    },
}

/// What kind of refusal it is, for callers that decide what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Too soon after the last time.
    RateLimited,
    /// A hotkey is not registered where it must be.
    NotRegistered,
    /// The signer may not do this.
    NotPermitted,
    /// Not enough TAO or stake.
    InsufficientBalance,
    /// The pool of the subnet cannot fill the order at this price.
    InsufficientLiquidity,
    /// An argument is wrong.
    InvalidArgument,
    /// A bound of the subnet or the chain is reached.
    LimitExceeded,
    /// The feature is off.
    Disabled,
    /// It is possible later.
    TooEarly,
    /// It was possible earlier.
    Expired,
    /// It is there already.
    AlreadyExists,
    /// It is not there.
    NotFound,
    /// The pool and the chain moved on while the transaction was under way; signing it anew may work.
    PoolRace,
    /// None of these.
    Other,
}

impl Refusal {
    pub(crate) fn new(name: &str, pallet: Option<&str>, by: RefusedBy) -> Self {
        Self { name: name.to_owned(), pallet: pallet.map(str::to_owned), by, detail: None, wait_blocks: None }
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_wait(mut self, blocks: u64, detail: impl Into<String>) -> Self {
        self.wait_blocks = Some(blocks);
        self.with_detail(detail)
    }

    /// The name of the error, as the runtime calls it (`SettingWeightsTooFast`, `Payment`, ...).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pallet whose error it is, if it is one.
    pub fn pallet(&self) -> Option<&str> {
        self.pallet.as_deref()
    }

    /// Who refused.
    pub fn by(&self) -> &RefusedBy {
        &self.by
    }

    /// What kind of refusal it is.
    pub fn kind(&self) -> RefusalKind {
        rules::find(&self.name).map_or(RefusalKind::Other, |rule| rule.kind)
    }

    /// The rule behind it in one sentence; empty for an error this crate does not know.
    pub fn rule(&self) -> &'static str {
        rules::find(&self.name).map_or("", |rule| rule.sentence)
    }

    /// What was read from the chain or the node about this case, numbers included.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Blocks to wait before it can succeed, where that is known.
    pub fn wait_blocks(&self) -> Option<u64> {
        self.wait_blocks
    }

    /// Whether the same transaction may succeed later, signed anew.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), RefusalKind::RateLimited | RefusalKind::TooEarly | RefusalKind::PoolRace)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chain refused the transaction: ")?;
        if let Some(pallet) = &self.pallet {
            write!(f, "{pallet}.")?;
        }
        f.write_str(&self.name)?;
        if let RefusedBy::Block { number, event } = &self.by {
            write!(f, " in block {number}")?;
            if event != "System.ExtrinsicFailed" {
                write!(f, " ({event})")?;
            }
        }
        let rule = self.rule();
        if !rule.is_empty() {
            write!(f, ": {rule}")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        Ok(())
    }
}
