//! What every block does before its extrinsics: prices decay, TAO and alpha are emitted, due epochs run.

use std::collections::BTreeSet;

use frame_support::ensure;
use frame_support::storage::with_storage_layer;
use frame_support::traits::fungible::Mutate;
use sp_runtime::DispatchError;
use substrate_fixed::types::{I96F32, U64F64, U96F32};

use super::pallet::*;
use super::types::{NetUid, ROOT};
use crate::pallets::swap;

/// All the TAO, or all the alpha of one subnet, there will ever be, in rao.
const SUPPLY: u64 = 21_000_000_000_000_000;
/// What a block emits before the first halving, in rao.
const FIRST_EMISSION: u64 = 1_000_000_000;

/// What a subnet has gathered since its last epoch and has not paid out yet, alpha in rao.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) server: u64,
    pub(super) validator: u64,
    pub(super) root: u64,
    pub(super) owner: u64,
}

impl<T: Config> Pallet<T> {
    pub(super) fn block_step() {
        Self::step_burn();
        let emission = block_emission(TotalIssuance::<T>::get());
        BlockEmission::<T>::put(emission);
        Self::reveal_timelocked_weights();
        let emitting = Self::emitting_subnets();
        Self::run_coinbase(emission, &emitting);
        for &netuid in &emitting {
            Self::step_moving_price(netuid);
            RootProp::<T>::insert(netuid, Self::root_proportion(netuid));
        }
        Self::step_children();
        Self::claim_in_turn();
        Self::index_root_stakers();
    }

    /// Every subnet but root, in storage order.
    pub(super) fn subnets() -> Vec<NetUid> {
        NetworksAdded::<T>::iter()
            .filter(|&(netuid, added)| added && netuid != ROOT)
            .map(|(n, _)| n)
            .collect()
    }

    fn emitting_subnets() -> Vec<NetUid> {
        Self::subnets()
            .into_iter()
            .filter(|netuid| {
                FirstEmissionBlockNumber::<T>::contains_key(netuid)
                    && SubtokenEnabled::<T>::get(netuid)
                    && NetworkRegistrationAllowed::<T>::get(netuid)
            })
            .collect()
    }

    fn run_coinbase(emission: u64, emitting: &[NetUid]) {
        drop(SubnetRootSellTao::<T>::clear(u32::MAX, None));
        let shares = Self::emission_shares(emitting);
        let moving = emitting
            .iter()
            .map(|&netuid| Self::moving_price(netuid))
            .fold(U64F64::default(), U64F64::saturating_add);
        let root_sells = moving > U64F64::from_num(1);
        for (&netuid, share) in emitting.iter().zip(shares) {
            let tao = U64F64::from_num(emission).saturating_mul(share);
            Self::emit(netuid, U96F32::saturating_from_num(tao), root_sells);
        }
        let due = Self::drain_due_epochs();
        for (netuid, pending) in due {
            Self::distribute_epoch(netuid, pending);
            LastMechansimStepBlock::<T>::insert(netuid, Self::now());
        }
    }

    /// Each emitting subnet's share of the block's TAO: by moving price, less what its miners burn, and nothing
    /// where emission is off.
    fn emission_shares(emitting: &[NetUid]) -> Vec<U64F64> {
        let zero = U64F64::default();
        let one = U64F64::from_num(1);
        let prices: Vec<_> = emitting.iter().map(|&netuid| Self::moving_price(netuid)).collect();
        let by_price = normalized(&prices);
        let unburned: Vec<_> = emitting
            .iter()
            .zip(&by_price)
            .map(|(netuid, share)| {
                let burned = U64F64::saturating_from_num(MinerBurned::<T>::get(netuid));
                share.saturating_mul(one.saturating_sub(burned.min(one)))
            })
            .collect();
        let burned_all = unburned.iter().all(|&share| share == zero);
        let shares = if burned_all { by_price } else { normalized(&unburned) };
        if emitting.iter().all(SubnetEmissionEnabled::<T>::get) {
            return shares;
        }
        let enabled: Vec<_> = emitting
            .iter()
            .zip(shares)
            .map(|(netuid, share)| if SubnetEmissionEnabled::<T>::get(netuid) { share } else { zero })
            .collect();
        normalized(&enabled)
    }

    /// Emits one block's TAO and alpha on a subnet.
    fn emit(netuid: NetUid, tao: U96F32, root_sells: bool) {
        let alpha_in = SubnetAlphaIn::<T>::get(netuid);
        let alpha_out = SubnetAlphaOut::<T>::get(netuid);
        let alpha = block_emission(alpha_in.saturating_add(alpha_out));
        let price = U96F32::saturating_from_num(swap::Pallet::<T>::price(netuid));
        let root_part = Self::root_proportion(netuid);

        // Alpha goes into the pool beside TAO, at most the root's part of it; what TAO that leaves over buys alpha.
        let at_price = tao.checked_div(price).unwrap_or_default();
        let cap = root_part.saturating_mul(U96F32::from_num(alpha));
        let (fitting_tao, fitting_alpha) =
            if at_price > cap { (cap.saturating_mul(price), cap) } else { (tao, at_price) };
        let excess = tao.saturating_sub(fitting_tao).saturating_to_num::<u64>();
        let mut pool_tao = fitting_tao.saturating_to_num::<u64>();
        let mut pool_alpha = fitting_alpha.saturating_to_num::<u64>();
        if !swap::Pallet::<T>::reweight(netuid, pool_tao, pool_alpha) {
            (pool_tao, pool_alpha) = (0, 0);
        }

        let spent = Self::buy_for_protocol(netuid, excess);
        SubnetExcessTao::<T>::insert(netuid, spent);
        SubnetAlphaInEmission::<T>::insert(netuid, pool_alpha);
        SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(pool_alpha));
        if Self::mint(netuid, pool_tao) {
            SubnetTaoInEmission::<T>::insert(netuid, pool_tao);
            SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(pool_tao));
            TotalStake::<T>::mutate(|total| *total = total.saturating_add(pool_tao));
        } else {
            SubnetTaoInEmission::<T>::insert(netuid, 0);
        }
        SubnetAlphaOutEmission::<T>::insert(netuid, alpha);
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_add(alpha));
        // Root's part of the stakers' alpha is taken anew, now that the block's alpha counts.
        Self::share_out(netuid, alpha, Self::root_proportion(netuid), root_sells);
    }

    /// Buys alpha that nobody gets with newly minted TAO; returns what was spent.
    fn buy_for_protocol(netuid: NetUid, tao: u64) -> u64 {
        if tao == 0 {
            return 0;
        }
        let bought = with_storage_layer(|| {
            ensure!(Self::mint(netuid, tao), DispatchError::Unavailable);
            swap::Pallet::<T>::buy(netuid, tao, swap::MAX_PRICE, swap::Fee::None)
        });
        let Ok(bought) = bought else { return 0 };
        SubnetProtocolAlpha::<T>::mutate(netuid, |held| *held = held.saturating_add(bought.alpha));
        tao
    }

    /// Mints TAO for a subnet's account; TAO that finds no place is never minted.
    fn mint(netuid: NetUid, tao: u64) -> bool {
        if tao == 0 {
            return true;
        }
        let minted = T::Currency::mint_into(&Self::subnet_account(netuid), tao).is_ok();
        if minted {
            TotalIssuance::<T>::mutate(|issued| *issued = issued.saturating_add(tao));
        }
        minted
    }

    /// Splits a block's alpha among owner, miners, validators and root, to be paid at the epoch.
    fn share_out(netuid: NetUid, alpha: u64, root_part: U96F32, root_sells: bool) {
        let alpha = U96F32::from_num(alpha);
        let owner = if OwnerCutEnabled::<T>::get(netuid) {
            let cut = U96F32::from_num(SubnetOwnerCut::<T>::get()).saturating_div(U96F32::from_num(u16::MAX));
            alpha.saturating_mul(cut)
        } else {
            U96F32::default()
        };
        // Parts are rounded only when they are booked, so that what rounds off is not another's gain.
        let rest = alpha.saturating_sub(owner);
        let half = U96F32::from_num(0.5);
        let root = root_part.saturating_mul(rest).saturating_mul(half);
        let server = rest.saturating_mul(half);
        let validator = rest.saturating_sub(root).saturating_sub(server).saturating_to_num::<u64>();
        let (owner, server) = (owner.saturating_to_num::<u64>(), server.saturating_to_num::<u64>());
        let root = root.saturating_to_num::<u64>();
        PendingOwnerCut::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(owner));
        PendingServerEmission::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(server));
        PendingValidatorEmission::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(validator));
        if root_sells {
            PendingRootAlphaDivs::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(root));
        } else {
            SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(root));
        }
    }

    /// How much of a subnet's stake is root's: weighted root TAO against it and all the subnet's alpha.
    fn root_proportion(netuid: NetUid) -> U96F32 {
        let root = U96F32::from_num(SubnetTAO::<T>::get(ROOT)).saturating_mul(Self::tao_weight());
        let alpha = SubnetAlphaIn::<T>::get(netuid).saturating_add(SubnetAlphaOut::<T>::get(netuid));
        root.checked_div(root.saturating_add(U96F32::from_num(alpha))).unwrap_or_default()
    }

    /// Takes what is pending on each subnet whose epoch is due, in ascending order of netuid.
    fn drain_due_epochs() -> Vec<(NetUid, Pending)> {
        let now = Self::now();
        let mut due = Vec::new();
        for netuid in Self::subnets() {
            let waited = BlocksSinceLastStep::<T>::get(netuid).saturating_add(1);
            BlocksSinceLastStep::<T>::insert(netuid, waited);
            if !Self::is_epoch_due(netuid, waited) {
                continue;
            }
            if due.len() >= usize::from(MaxEpochsPerBlock::<T>::get()) {
                let next = now.saturating_add(1);
                PendingEpochAt::<T>::insert(netuid, next);
                Self::deposit_event(Event::EpochDeferred { netuid, from_block: now, to_block: next });
                continue;
            }
            if Self::holds_a_hotkey_twice(netuid) {
                Self::deposit_event(Event::EpochSkipped { netuid, block: now });
            } else {
                BlocksSinceLastStep::<T>::insert(netuid, 0);
                due.push((
                    netuid,
                    Pending {
                        server: PendingServerEmission::<T>::take(netuid),
                        validator: PendingValidatorEmission::<T>::take(netuid),
                        root: PendingRootAlphaDivs::<T>::take(netuid),
                        owner: PendingOwnerCut::<T>::take(netuid),
                    },
                ));
            }
            LastEpochBlock::<T>::insert(netuid, now);
            PendingEpochAt::<T>::insert(netuid, 0);
            SubnetEpochIndex::<T>::mutate(netuid, |index| *index = index.saturating_add(1));
        }
        due.sort_by_key(|(netuid, _)| *netuid);
        due
    }

    fn holds_a_hotkey_twice(netuid: NetUid) -> bool {
        let hotkeys: Vec<_> = Keys::<T>::iter_prefix_values(netuid).collect();
        hotkeys.iter().collect::<BTreeSet<_>>().len() != hotkeys.len()
    }

    /// What a subnet's price counts for in sharing out TAO.
    fn moving_price(netuid: NetUid) -> U64F64 {
        if SubnetMechanism::<T>::get(netuid) == 0 {
            return U64F64::from_num(1);
        }
        U64F64::saturating_from_num(SubnetMovingPrice::<T>::get(netuid))
    }

    /// Moves the price's average towards the price, faster the longer the subnet has been running.
    fn step_moving_price(netuid: NetUid) {
        // The subnet was started in the block before its first emission.
        let started = FirstEmissionBlockNumber::<T>::get(netuid).unwrap_or_default().saturating_sub(1);
        let age = U64F64::from_num(Self::now().saturating_sub(started));
        let halving = U64F64::from_num(EMAPriceHalvingBlocks::<T>::get(netuid));
        let rate = U64F64::saturating_from_num(SubnetMovingAlpha::<T>::get())
            .saturating_mul(age.checked_div(age.saturating_add(halving)).unwrap_or_default());
        let price = swap::Pallet::<T>::price(netuid).min(U64F64::from_num(1));
        let kept = U64F64::from_num(1)
            .saturating_sub(rate)
            .saturating_mul(U64F64::saturating_from_num(SubnetMovingPrice::<T>::get(netuid)));
        let moved = rate.saturating_mul(price).saturating_add(kept);
        SubnetMovingPrice::<T>::insert(netuid, I96F32::saturating_from_num(moved));
    }
}

/// What a block emits at an issuance: halved each time half of what remains has been issued.
fn block_emission(issued: u64) -> u64 {
    let Some(remaining) = SUPPLY.checked_sub(issued).filter(|&remaining| remaining > 0) else { return 0 };
    (SUPPLY / remaining).checked_ilog2().map_or(0, |halvings| FIRST_EMISSION >> halvings)
}

fn normalized(values: &[U64F64]) -> Vec<U64F64> {
    let total = values.iter().fold(U64F64::default(), |sum, &value| sum.saturating_add(value));
    values.iter().map(|value| value.checked_div(total).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::{FIRST_EMISSION, SUPPLY, block_emission};

    #[test]
    fn emission_halves_with_what_remains() {
        assert_eq!(block_emission(0), FIRST_EMISSION);
        assert_eq!(block_emission(SUPPLY / 2 - 1), FIRST_EMISSION);
        assert_eq!(block_emission(SUPPLY / 2), FIRST_EMISSION / 2);
        assert_eq!(block_emission(SUPPLY / 4 * 3), FIRST_EMISSION / 4);
        assert_eq!(block_emission(SUPPLY), 0);
    }
}
