//! Admission: which authenticated hotkeys are served.

use std::collections::BTreeSet;

use subnetkit_protocol::Hotkey;

use crate::{MinerConfig, Standing, rejection::Outcome};

/// The rule that decides whom the miner serves.
///
/// It is asked on every request, so it must not block; it sees the last snapshot of the metagraph. The axon uses
/// [`StandingRule`] unless the builder gives another rule, which may ask that one first:
///
/// ```
/// use subnetkit_miner::{Admit, Denial, Standing, StandingRule};
/// use subnetkit_protocol::Hotkey;
///
/// /// Serves validators of the lower half of the subnet only.
/// struct LowUids(StandingRule);
///
/// impl Admit for LowUids {
///     fn admit(&self, caller: &Hotkey, standing: Option<&Standing>) -> Result<(), Denial> {
///         self.0.admit(caller, standing)?;
///         match standing {
///             Some(standing) if standing.uid < 128 => Ok(()),
///             _ => Err(Denial::ByRule("this miner serves uids below 128".into())),
///         }
///     }
/// }
/// ```
pub trait Admit: Send + Sync + 'static {
    /// Admits the caller or says why not. `standing` is `None` for a hotkey that is not registered on the subnet.
    ///
    /// # Errors
    /// The reason, which the caller reads with status 403.
    fn admit(&self, caller: &Hotkey, standing: Option<&Standing>) -> Result<(), Denial>;
}

/// Why a caller is not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The hotkey has no uid on the subnet.
    #[error("this hotkey is not registered on the subnet")]
    NotRegistered,
    /// The hotkey holds no validator permit.
    #[error("this hotkey holds no validator permit on the subnet")]
    NoPermit,
    /// The hotkey has less stake weight than the miner asks for.
    #[error(
        "this hotkey has {stake_rao} rao of stake weight on the subnet and this miner asks for {min_stake_rao}"
    )]
    StakeTooLow {
        /// What the hotkey has.
        stake_rao: u64,
        /// What the miner asks for.
        min_stake_rao: u64,
    },
    /// The operator denies this hotkey.
    #[error("this miner does not serve this hotkey")]
    Denied,
    /// The builder's own rule refused; the sentence is sent to the caller.
    #[error("{0}")]
    ByRule(String),
}

impl Denial {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::NotRegistered => Outcome::NotRegistered,
            Self::NoPermit => Outcome::NoPermit,
            Self::StakeTooLow { .. } => Outcome::StakeTooLow,
            Self::Denied | Self::ByRule(_) => Outcome::Denied,
        }
    }
}

/// The default rule: the deny list, then the allow list, then registration, validator permit and stake. The hotkey of
/// the subnet's owner needs neither permit nor stake.
#[derive(Clone, Debug, Default)]
pub struct StandingRule {
    /// Never admitted.
    pub deny: BTreeSet<Hotkey>,
    /// Always admitted unless denied.
    pub allow: BTreeSet<Hotkey>,
    /// Whether a validator permit is needed.
    pub require_permit: bool,
    /// Least stake weight, in rao.
    pub min_stake_rao: u64,
}

impl StandingRule {
    /// The rule that the settings describe.
    #[must_use]
    pub fn from_config(config: &MinerConfig) -> Self {
        Self {
            deny: config.deny.clone(),
            allow: config.allow.clone(),
            require_permit: config.require_permit,
            min_stake_rao: config.min_stake_rao,
        }
    }
}

impl Admit for StandingRule {
    fn admit(&self, caller: &Hotkey, standing: Option<&Standing>) -> Result<(), Denial> {
        if self.deny.contains(caller) {
            return Err(Denial::Denied);
        }
        if self.allow.contains(caller) {
            return Ok(());
        }
        let standing = standing.ok_or(Denial::NotRegistered)?;
        if standing.owner {
            return Ok(());
        }
        if self.require_permit && !standing.validator_permit {
            return Err(Denial::NoPermit);
        }
        if standing.stake_rao < self.min_stake_rao {
            return Err(Denial::StakeTooLow {
                stake_rao: standing.stake_rao,
                min_stake_rao: self.min_stake_rao,
            });
        }
        Ok(())
    }
}
