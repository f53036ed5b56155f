//! An epoch: Yuma Consensus over the subnet as it stands, and paying what came of it.

use serde::Serialize;
use subnetkit_protocol::Hotkey;
use subnetkit_yuma as yuma;

use super::{Subnet, emission::Pending, fixed::Fixed, rules::RecycleOrBurn, weights::WeightsRefused};

/// What the last epoch found and paid. Lists are by uid as it was then; amounts are rao of alpha, shares of 65535.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct EpochOutcome {
    /// How many epochs the subnet has had with this one.
    pub number: u64,
    /// The block it was in.
    pub block: u64,
    /// Who had which uid.
    pub hotkeys: Vec<Hotkey>,
    /// Share of the miners' emission.
    pub incentive: Vec<u16>,
    /// Share of the validators' emission.
    pub dividends: Vec<u16>,
    /// The weight validators agree on.
    pub consensus: Vec<u16>,
    /// How much of a validator's weights is within consensus.
    pub validator_trust: Vec<u16>,
    /// Emission as the chain records it, by which it prunes.
    pub emission: Vec<u64>,
    /// Who may validate from now on.
    pub validator_permit: Vec<bool>,
    /// What was staked on each as a miner; nothing for the owner's hotkeys.
    pub paid_to_miners: Vec<u64>,
    /// What was staked on each as a validator, takes and stakers' part together, root's part aside.
    pub paid_to_validators: Vec<u64>,
    /// What the owner's hotkey got as the owner's cut.
    pub owner_cut: u64,
    /// Incentive of the owner's hotkeys, which nobody gets.
    pub withheld: u64,
    /// Weights that were committed and refused when they were opened.
    #[serde(skip)]
    pub unrevealed: Vec<(Hotkey, WeightsRefused)>,
}

/// What a hotkey's dividends are by what earned them: proportions at first, then rao of alpha.
#[derive(Clone, Copy)]
struct Dividend {
    local: Fixed,
    root: Fixed,
}

impl Subnet {
    /// Runs the epoch of this block, which pays out what is pending.
    pub(super) fn run_epoch(&mut self, pending: Pending) {
        let total = pending.server.saturating_add(pending.validator).saturating_add(pending.root);
        let outcome = self.consensus(total);
        let incentive = outcome.server_emission.iter().fold(0_u64, |sum, paid| sum.saturating_add(*paid));
        // Where no miner earned anything, validators get the miners' part too.
        let pot = match incentive {
            0 => pending.validator.saturating_add(pending.server),
            _ => pending.validator,
        };
        let dividends = self.share_dividends(&outcome.validator_emission, pot, pending.root);
        let owner_cut = self.pay_owner(pending.owner);
        let (paid_to_miners, withheld) = self.pay_incentive(&outcome.server_emission);
        let paid_to_validators = self.pay_dividends(&dividends);

        self.neurons.store(outcome);
        self.last_mechanism_step = self.block;
        self.last_epoch = EpochOutcome {
            number: self.epoch_index,
            block: self.block,
            hotkeys: self.neurons.accounts.iter().map(|account| self.accounts.get(*account).hotkey).collect(),
            incentive: self.neurons.incentive.clone(),
            dividends: self.neurons.dividends.clone(),
            consensus: self.neurons.consensus.clone(),
            validator_trust: self.neurons.validator_trust.clone(),
            emission: self.neurons.emission.clone(),
            validator_permit: self.neurons.permits.clone(),
            paid_to_miners,
            paid_to_validators,
            owner_cut,
            withheld,
            unrevealed: std::mem::take(&mut self.unrevealed),
        };
    }

    fn consensus(&self, emission: u64) -> yuma::Outcome {
        let stakes = |of: fn(&super::neurons::Account) -> u64| -> Vec<u64> {
            self.neurons.accounts.iter().map(|account| of(self.accounts.get(*account))).collect()
        };
        let commits = self.rules.commit_reveal_weights_enabled.then(|| self.commit_blocks());
        let mechanism = yuma::Mechanism {
            last_update: &self.neurons.last_update,
            weights: &self.neurons.weights,
            bonds: &self.neurons.bonds,
            commit_blocks: commits.as_ref().map(yuma::CommitBlocks::as_slice),
        };
        let subnet = yuma::Subnet {
            params: self.rules.epoch_params(),
            block: self.block,
            last_mechanism_step_block: self.last_mechanism_step,
            owner_uid: self.owner_uid(),
            alpha_stake: &stakes(|account| account.alpha),
            root_stake: &stakes(|account| account.root),
            block_at_registration: &self.neurons.registered_at,
            validator_permit: &self.neurons.permits,
            mechanisms: &[mechanism],
            emission_split: None,
        };
        yuma::epoch(&subnet, emission)
    }

    /// Shares the pots by dividends. Stakes count as they are before anything of the epoch is paid.
    fn share_dividends(&self, earned: &[u64], pot: u64, root_pot: u64) -> Vec<Dividend> {
        let mut dividends: Vec<Dividend> = (0..)
            .zip(earned)
            .map(|(uid, &earned)| {
                let account = self.account_at(uid);
                let root = Fixed::whole(account.root).mul(self.tao_weight);
                let earned = Fixed::whole(earned);
                if root.is_zero() {
                    return Dividend { local: earned, root: Fixed::default() };
                }
                let root = earned.mul(root.div(Fixed::whole(account.alpha).add(root)));
                Dividend { local: earned.sub(root), root }
            })
            .collect();
        let sum =
            |part: fn(&Dividend) -> Fixed| dividends.iter().map(part).fold(Fixed::default(), Fixed::add);
        let (local, root) = (sum(|dividend| dividend.local), sum(|dividend| dividend.root));
        for dividend in &mut dividends {
            dividend.local = share_of(pot, dividend.local, local);
            dividend.root = share_of(root_pot, dividend.root, root);
        }
        dividends
    }

    fn pay_owner(&mut self, cut: u64) -> u64 {
        let owner = self.accounts.own(self.owner_hotkey, self.owner_coldkey);
        self.stake_on(owner, cut);
        cut
    }

    /// Pays miners; what the owner's own hotkeys would get is burned or recycled.
    fn pay_incentive(&mut self, earned: &[u64]) -> (Vec<u64>, u64) {
        let mut withheld = 0_u64;
        let mut paid = earned.to_vec();
        for (slot, incentive) in paid.iter_mut().enumerate().filter(|(_, incentive)| **incentive > 0) {
            let number = self.neurons.accounts[slot];
            if self.accounts.get(number).coldkey == self.owner_coldkey {
                withheld = withheld.saturating_add(*incentive);
                if self.rules.recycle_or_burn == RecycleOrBurn::Recycle {
                    self.alpha_out = self.alpha_out.saturating_sub(*incentive);
                }
                *incentive = 0;
            } else {
                self.stake_on(number, *incentive);
            }
        }
        (paid, withheld)
    }

    /// The take goes to the hotkey's owner and the rest to its stakers, who are the same here; root's stakers claim theirs.
    fn pay_dividends(&mut self, dividends: &[Dividend]) -> Vec<u64> {
        let take_rate = Fixed::ratio(u64::from(self.rules.delegate_take), u64::from(u16::MAX));
        let split = |alpha: Fixed| {
            let take = take_rate.mul(alpha);
            (take.floor(), alpha.sub(take).floor())
        };
        let mut paid = Vec::with_capacity(dividends.len());
        for (slot, dividend) in dividends.iter().enumerate() {
            let number = self.neurons.accounts[slot];
            let (take, rest) = split(dividend.local);
            let mut alpha = take.saturating_add(rest);
            let (root_take, claimable) = split(dividend.root);
            alpha = alpha.saturating_add(root_take);
            if claimable > self.accounts.get(number).root {
                // More than one alpha per TAO of root stake is the hotkey owner's.
                alpha = alpha.saturating_add(claimable);
            } else {
                let account = self.accounts.get_mut(number);
                account.claimable = account.claimable.saturating_add(claimable);
            }
            self.stake_on(number, alpha);
            paid.push(alpha);
        }
        paid
    }

    /// Adds to what is staked on a hotkey. The alpha is counted as issued since its block emitted it.
    fn stake_on(&mut self, number: usize, alpha: u64) {
        let account = self.accounts.get_mut(number);
        account.alpha = account.alpha.saturating_add(alpha);
    }
}

fn share_of(pot: u64, part: Fixed, total: Fixed) -> Fixed {
    if part.is_zero() { Fixed::default() } else { Fixed::whole(pot).mul(part.div(total)) }
}
