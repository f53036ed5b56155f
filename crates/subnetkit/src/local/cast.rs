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
pub(super) struct Member {
    pub(super) name: String,
    pub(super) coldkey: Keypair,
    pub(super) hotkey: Keypair,
    pub(super) role: Role,
    pub(super) behaviour: Option<Behaviour>,
}

impl Member {
    fn new(name: String, role: Role, behaviour: Option<Behaviour>) -> Result<Self, LocalError> {
        let coldkey = Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519)?;
        let hotkey = Keypair::from_uri(&format!("//{name}//hotkey"), Scheme::Sr25519)?;
        Ok(Self { name, coldkey, hotkey, role, behaviour })
    }
}

/// Everybody who takes part.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) sudo: Keypair,
    pub(super) owner: Member,
    pub(super) validators: Vec<Member>,
    pub(super) miners: Vec<Member>,
}

impl Cast {
    pub(super) fn new(validators: u16, miners: u16, slow: bool, wrong: bool) -> Result<Self, LocalError> {
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
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.owner).chain(&self.validators).chain(&self.miners)
    }

    pub(super) fn member(&self, hotkey: &Hotkey) -> Option<&Member> {
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
