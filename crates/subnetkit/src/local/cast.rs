//! Who takes part: keys, roles and behaviours.

use std::fmt;

use serde::Serialize;
use subnetkit_protocol::{Hotkey, Keypair, Scheme};

use super::LocalError;

/// What a neuron is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Created the subnet.
    Owner,
    /// Asks and scores.
    Validator,
    /// Answers.
    Miner,
}

/// How a miner answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Behaviour {
    /// Rightly and as fast as it can.
    Honest,
    /// Rightly, but slowly.
    Slow,
    /// Wrongly.
    Wrong,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Owner => "owner",
            Self::Validator => "validator",
            Self::Miner => "miner",
        })
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Honest => "honest",
            Self::Slow => "slow",
            Self::Wrong => "wrong",
        })
    }
}

/// One participant, with keys derived from its name: the same in every run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Member {
    /// For example `miner-1`.
    pub name: String,
    /// Derived from `//NAME`.
    pub coldkey: Keypair,
    /// Derived from `//NAME//hotkey`.
    pub hotkey: Keypair,
    /// What it is there for.
    pub role: Role,
    /// How it answers; only miners have one.
    pub behaviour: Option<Behaviour>,
}

/// The name of everybody's hotkey, in a wallet or behind the coldkey's secret URI.
const HOTKEY: &str = "hotkey";

impl Member {
    fn new(name: String, role: Role, behaviour: Option<Behaviour>) -> Result<Self, LocalError> {
        let coldkey = Keypair::from_uri(&Self::coldkey_uri(&name), Scheme::Sr25519)?;
        let hotkey = Keypair::from_uri(&Self::hotkey_uri(&name), Scheme::Sr25519)?;
        Ok(Self { name, coldkey, hotkey, role, behaviour })
    }

    /// The secret URI of a member's coldkey, which everybody can derive.
    #[must_use]
    pub fn coldkey_uri(name: &str) -> String {
        format!("//{name}")
    }

    /// The secret URI of a member's hotkey.
    #[must_use]
    pub fn hotkey_uri(name: &str) -> String {
        format!("//{name}//{HOTKEY}")
    }
}

/// Everybody who takes part.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cast {
    /// Whose calls the chain takes for root's.
    pub sudo: Keypair,
    /// Creates the subnet.
    pub owner: Member,
    /// Ask and score.
    pub validators: Vec<Member>,
    /// Answer.
    pub miners: Vec<Member>,
}

impl Cast {
    /// So many of each. The last miner is `wrong` and the one before it `slow`, where there are enough of them.
    ///
    /// # Errors
    /// [`LocalError::Key`] if a key can't be derived.
    pub fn new(validators: u16, miners: u16, slow: bool, wrong: bool) -> Result<Self, LocalError> {
        let behaviour = |index: u16| {
            if wrong && miners >= 2 && index + 1 == miners {
                Behaviour::Wrong
            } else if slow && miners >= 3 && index + 2 == miners {
                Behaviour::Slow
            } else {
                Behaviour::Honest
            }
        };
        Ok(Self {
            sudo: Keypair::from_uri("//Alice", Scheme::Sr25519)?,
            owner: Member::new("owner".to_owned(), Role::Owner, None)?,
            validators: (0..validators)
                .map(|index| Member::new(format!("validator-{}", index + 1), Role::Validator, None))
                .collect::<Result<_, _>>()?,
            miners: (0..miners)
                .map(|index| Member::new(format!("miner-{}", index + 1), Role::Miner, Some(behaviour(index))))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Owner, validators, miners.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.owner).chain(&self.validators).chain(&self.miners)
    }

    /// The one with this hotkey.
    #[must_use]
    pub fn member(&self, hotkey: &Hotkey) -> Option<&Member> {
        self.members().find(|member| member.hotkey.account() == *hotkey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behaviours(miners: u16) -> Vec<Behaviour> {
        let cast = Cast::new(1, miners, true, true).unwrap();
        cast.miners.iter().filter_map(|miner| miner.behaviour).collect()
    }

    #[test]
    fn the_last_miner_is_wrong_and_the_one_before_slow_where_there_are_enough() {
        use Behaviour::{Honest, Slow, Wrong};
        assert_eq!(behaviours(1), [Honest]);
        assert_eq!(behaviours(2), [Honest, Wrong]);
        assert_eq!(behaviours(4), [Honest, Honest, Slow, Wrong]);
    }
}
