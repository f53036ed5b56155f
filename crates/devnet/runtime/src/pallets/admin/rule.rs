//! Who may change a hyperparameter, and when.

use frame_support::ensure;
use frame_system::RawOrigin;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::DispatchError;

use super::pallet::{Config, Error};
use crate::pallets::subtensor::types::{AccountId, BuildFast, Hyperparameter, NetUid, RateLimitKey};
use crate::pallets::subtensor::{
    self, LastRateLimitedBlock, NetworksAdded, OwnerHyperparamRateLimit, SubnetOwner, Tempo,
    TransactionKeyLastBlock, WeightsVersionKeyRateLimit,
};

/// What has to hold before a setter writes. Checked in the order: caller, rate limit, freeze window, existence of
/// the subnet, bounds for owners.
#[derive(Debug)]
pub(super) struct Rule {
    who: Who,
    netuid: Option<NetUid>,
    frozen_before_epochs: bool,
    existence_unchecked: bool,
    owners_refusal: Option<DispatchError>,
}

#[derive(Debug)]
enum Who {
    Root,
    OwnerOrRoot(Option<Limit>),
    Nobody(DispatchError),
}

/// What an owner may only change so often; root may always.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    /// A hyperparameter: so many tempos for each of them.
    Hyperparameter(Hyperparameter),
    /// The least version that weights must name.
    WeightsVersionKey,
    /// The number of mechanisms.
    MechanismCount,
    /// How mechanisms share the subnet's emission.
    MechanismEmission,
    /// Cutting the subnet down to fewer uids.
    Trimming,
}

impl From<Hyperparameter> for Limit {
    fn from(parameter: Hyperparameter) -> Self {
        Self::Hyperparameter(parameter)
    }
}

/// An admitted change; an owner's counts for the rate limit once it is made.
#[derive(Debug)]
#[must_use]
pub(super) struct Change(Option<(AccountId, NetUid, Limit)>);

impl Rule {
    const fn by(who: Who, netuid: Option<NetUid>) -> Self {
        Self { who, netuid, frozen_before_epochs: false, existence_unchecked: false, owners_refusal: None }
    }

    /// Only root.
    pub(super) const fn root() -> Self {
        Self::by(Who::Root, None)
    }

    /// Only root, on a subnet that exists.
    pub(super) const fn root_on(netuid: NetUid) -> Self {
        Self::by(Who::Root, Some(netuid))
    }

    /// The owner of a subnet, or root, as often as they like.
    pub(super) const fn owner_of(netuid: NetUid) -> Self {
        Self::by(Who::OwnerOrRoot(None), Some(netuid))
    }

    /// The owner of a subnet within a rate limit, or root; neither right before an epoch.
    pub(super) fn owner(netuid: NetUid, limit: impl Into<Limit>) -> Self {
        Self::by(Who::OwnerOrRoot(Some(limit.into())), Some(netuid)).frozen_before_epochs()
    }

    /// Nobody any more; the call is there to say why.
    pub(super) fn gone(why: impl Into<DispatchError>) -> Self {
        Self::by(Who::Nobody(why.into()), None)
    }

    /// Not in the blocks before an epoch, whoever calls.
    pub(super) const fn frozen_before_epochs(mut self) -> Self {
        self.frozen_before_epochs = true;
        self
    }

    /// The setter itself says that there is no such subnet, with an error of its own.
    pub(super) const fn leaving_existence(mut self) -> Self {
        self.existence_unchecked = true;
        self
    }

    /// A bound that does not bind root.
    pub(super) fn owner_must(mut self, within_bound: bool, otherwise: impl Into<DispatchError>) -> Self {
        self.owners_refusal = if within_bound { None } else { Some(otherwise.into()) };
        self
    }

    /// Checks everything but the setter's own bounds.
    pub(super) fn admit<T: Config>(self, origin: OriginFor<T>) -> Result<Change, DispatchError> {
        let netuid = self.netuid.unwrap_or_default();
        let (owner, limit) = match self.who {
            Who::Nobody(why) => return Err(why),
            Who::Root => {
                frame_system::ensure_root(origin)?;
                (None, None)
            }
            Who::OwnerOrRoot(limit) => (owner_unless_root::<T>(origin, netuid)?, limit),
        };
        let change = owner.clone().zip(limit).map(|(owner, limit)| (owner, netuid, limit));
        if let Some((owner, netuid, limit)) = &change {
            ensure!(limit.has_passed::<T>(owner, *netuid), subtensor::Error::<T>::TxRateLimitExceeded);
        }
        ensure!(
            !(self.frozen_before_epochs && subtensor::Pallet::<T>::is_in_freeze_window(netuid)),
            subtensor::Error::<T>::AdminActionProhibitedDuringWeightsWindow
        );
        let exists = self.existence_unchecked || self.netuid.is_none_or(NetworksAdded::<T>::get);
        ensure!(exists, Error::<T>::SubnetDoesNotExist);
        match (owner, self.owners_refusal) {
            (Some(_), Some(refusal)) => Err(refusal),
            _ => Ok(Change(change)),
        }
    }
}

/// The subnet's owner if the call is theirs, nobody if it is root's.
fn owner_unless_root<T: Config>(
    origin: OriginFor<T>,
    netuid: NetUid,
) -> Result<Option<AccountId>, DispatchError> {
    match origin.into() {
        Ok(RawOrigin::Root) => Ok(None),
        Ok(RawOrigin::Signed(who)) if SubnetOwner::<T>::get(netuid) == who => Ok(Some(who)),
        _ => Err(DispatchError::BadOrigin),
    }
}

impl Change {
    /// Notes an owner's change for the rate limit.
    pub(super) fn record<T: Config>(self) {
        let Some((owner, netuid, limit)) = self.0 else { return };
        let now = subtensor::Pallet::<T>::now();
        match limit.stamp() {
            Stamp::Parameter(parameter) => {
                let key = RateLimitKey::OwnerHyperparamUpdate(netuid, parameter);
                LastRateLimitedBlock::<T>::insert(key, now);
            }
            Stamp::Transaction(kind) => TransactionKeyLastBlock::<T>::insert((owner, netuid, kind), now),
        }
    }
}

/// Where the block of the last change is kept.
enum Stamp {
    Parameter(Hyperparameter),
    /// The kind of transaction, in the chain's numbering.
    Transaction(u16),
}

impl Limit {
    const fn stamp(self) -> Stamp {
        match self {
            Self::Hyperparameter(parameter) => Stamp::Parameter(parameter),
            Self::WeightsVersionKey => Stamp::Transaction(4),
            Self::MechanismCount => Stamp::Transaction(7),
            Self::MechanismEmission => Stamp::Transaction(8),
            Self::Trimming => Stamp::Transaction(9),
        }
    }

    fn blocks<T: Config>(self, netuid: NetUid) -> u64 {
        let tempos = |count: u64| count.saturating_mul(u64::from(Tempo::<T>::get(netuid)));
        match self {
            Self::Hyperparameter(_) => tempos(OwnerHyperparamRateLimit::<T>::get().into()),
            Self::WeightsVersionKey => tempos(WeightsVersionKeyRateLimit::<T>::get()),
            Self::MechanismCount | Self::MechanismEmission | Self::Trimming if BuildFast::get() => 1,
            Self::MechanismCount | Self::MechanismEmission => 7_200,
            Self::Trimming => 216_000,
        }
    }

    fn has_passed<T: Config>(self, owner: &AccountId, netuid: NetUid) -> bool {
        let last = match self.stamp() {
            Stamp::Parameter(parameter) => {
                LastRateLimitedBlock::<T>::get(RateLimitKey::OwnerHyperparamUpdate(netuid, parameter))
            }
            Stamp::Transaction(kind) => TransactionKeyLastBlock::<T>::get((owner, netuid, kind)),
        };
        let waited = subtensor::Pallet::<T>::now().saturating_sub(last);
        last == 0 || waited >= self.blocks::<T>(netuid)
    }
}
