//! How a subnet takes weights.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How weights are hidden where a subnet demands commit-reveal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitWith {
    /// Sealed until a drand round: the chain opens them itself.
    #[default]
    Timelocked,
    /// By their hash: this validator reveals them in the one epoch in which the chain takes the reveal.
    Hash,
}

/// The way in which weights go to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// In the open; they take effect in their block.
    Plain,
    /// As a hash, revealed later by this validator.
    Hash,
    /// Sealed, opened later by the chain.
    Timelocked,
}

/// The text is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no way to send weights")]
pub struct UnknownWay(String);

impl Way {
    /// The way a subnet demands: plain where commit-reveal is off, else what the operator chose.
    #[must_use]
    pub const fn demanded(commit_reveal: bool, commit_with: CommitWith) -> Self {
        match (commit_reveal, commit_with) {
            (false, _) => Self::Plain,
            (true, CommitWith::Timelocked) => Self::Timelocked,
            (true, CommitWith::Hash) => Self::Hash,
        }
    }

    /// Whether weights are committed first and seen later.
    #[must_use]
    pub const fn is_commit(self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// The name in the ledger and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hash => "hash",
            Self::Timelocked => "timelocked",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Way {
    type Err = UnknownWay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Plain, Self::Hash, Self::Timelocked]
            .into_iter()
            .find(|way| way.as_str() == text)
            .ok_or_else(|| UnknownWay(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subnet_decides_whether_and_the_operator_how() {
        use CommitWith::{Hash, Timelocked};
        assert_eq!(Way::demanded(false, Timelocked), Way::Plain);
        assert_eq!(Way::demanded(false, Hash), Way::Plain);
        assert_eq!(Way::demanded(true, Timelocked), Way::Timelocked);
        assert_eq!(Way::demanded(true, Hash), Way::Hash);
    }

    #[test]
    fn names_are_read_back() {
        for way in [Way::Plain, Way::Hash, Way::Timelocked] {
            assert_eq!(way.as_str().parse(), Ok(way));
        }
        assert!("crv3".parse::<Way>().unwrap_err().to_string().contains("crv3"));
    }
}
