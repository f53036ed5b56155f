//! A subnet's part of the chain in virtual time: registration, stake, weights, epochs, emission.
//!
//! Nothing here waits, asks a network or runs a hook: [`Subnet`] is a value that is told what happens in the present block and
//! advanced block by block. What it does is the chain's to the rao (runtime `spec_version` 425): the burn price, pruning, what
//! is refused, commit-reveal by timelock, Yuma Consensus, the split of the emission. A test plays the same subnet on the
//! development chain and compares.
//!
//! Where it departs from the chain:
//!
//! - It is one subnet with one mechanism. What depends on others is a rule: the TAO it gets (`tao_emission`), and whether root's
//!   part of the dividends is paid (`root_dividends`).
//! - Everybody can pay: there are no balances, and a registration says what it cost.
//! - Each hotkey has one staker, its coldkey, and neither children nor parents.
//! - Root's dividends are counted as claimable and stay so.
//! - Alpha is emitted at one rate, which on the chain first halves after 10.5 million alpha.
//! - Somebody trades (`market_volatility`, `market_half_life`), and while the pool's weights are not one half its amounts are computed in doubles.
//! - The pulse that opens a commit is always there in time.
//!
//! ```
//! use subnetkit_lab::chain::{Founding, Rules, Subnet, WeightsTaken};
//! use subnetkit_protocol::AccountId;
//!
//! let key = |byte: u8| AccountId::from_bytes([byte; 32]);
//! let rules = Rules { commit_reveal_weights_enabled: false, weights_rate_limit: 0, ..Rules::default() };
//! let mut subnet = Subnet::new(rules, Founding::new(key(1), key(2)))?;
//! let validator = subnet.enroll(key(3), key(4))?;
//! let miner = subnet.enroll(key(5), key(6))?;
//! subnet.set_stake(&key(3), 10_000_000_000_000);
//! subnet.set_permit(&key(3), true);
//! subnet.advance_blocks(1);
//! assert_eq!(subnet.set_weights(&key(3), &[(miner.uid, 1)])?, WeightsTaken::Set);
//! let epoch = subnet.advance_to_epoch();
//! assert_eq!(epoch.incentive[usize::from(miner.uid)], u16::MAX);
//! assert_eq!(epoch.dividends[usize::from(validator.uid)], u16::MAX);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod burn;
mod emission;
mod epoch;
mod fixed;
mod market;
mod neurons;
mod noise;
mod pool;
mod registration;
mod rules;
mod view;
mod weights;

pub use epoch::EpochOutcome;
pub use registration::{Registered, RegistrationRefused};
pub use rules::{RecycleOrBurn, Rules, RulesError};
pub use weights::{WeightsRefused, WeightsTaken};

use subnetkit_protocol::{Coldkey, Hotkey};

use burn::Burn;
use emission::Pending;
use fixed::Fixed;
use market::Market;
use neurons::{Account, Accounts, Neurons};
use pool::Pool;
use weights::Commits;

/// After this many blocks without an epoch one is due, whatever the tempo.
const LONGEST_WAIT: u64 = 50_400;

/// How a subnet comes into being.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The owner's hotkey, which becomes uid 0.
    pub owner_hotkey: Hotkey,
    /// The owner.
    pub owner_coldkey: Coldkey,
    /// Number of the subnet.
    pub netuid: u16,
    /// Its name.
    pub name: String,
    /// The block it is founded in. It emits from the next one on, and its first epoch is a tempo later.
    pub block: u64,
    /// What trading and block hashes follow from.
    pub seed: u64,
}

impl Founding {
    /// Subnet 1, founded in block 1, seed 0.
    pub fn new(owner_hotkey: Hotkey, owner_coldkey: Coldkey) -> Self {
        Self { owner_hotkey, owner_coldkey, netuid: 1, name: "lab".to_owned(), block: 1, seed: 0 }
    }
}

/// A subnet after a block; see the [module](self).
#[derive(Clone, Debug)]
pub struct Subnet {
    rules: Rules,
    netuid: u16,
    name: String,
    owner_hotkey: Hotkey,
    owner_coldkey: Coldkey,
    seed: u64,
    founded_at: u64,

    block: u64,
    /// The block the present epoch is counted from.
    last_epoch_block: u64,
    /// The block of the last epoch, or 0.
    last_mechanism_step: u64,
    epoch_index: u64,

    accounts: Accounts,
    neurons: Neurons,
    burn: Burn,
    pool: Pool,
    market: Market,
    /// Alpha outside of the pool, rao.
    alpha_out: u64,
    /// TAO staked on root, rao.
    root_tao: u64,
    tao_weight: Fixed,
    pending: Pending,
    commits: Commits,
    unrevealed: Vec<(Hotkey, WeightsRefused)>,
    last_epoch: EpochOutcome,
}

impl Subnet {
    /// A subnet with its owner as its only neuron, in the block of its founding.
    ///
    /// # Errors
    /// If no subnet can be run by the rules.
    pub fn new(rules: Rules, founding: Founding) -> Result<Self, RulesError> {
        rules.check()?;
        let Founding { owner_hotkey, owner_coldkey, netuid, name, block, seed } = founding;
        let mut subnet = Self {
            netuid,
            name,
            owner_hotkey,
            owner_coldkey,
            seed,
            founded_at: block,
            block,
            last_epoch_block: block,
            last_mechanism_step: 0,
            epoch_index: 0,
            accounts: Accounts::default(),
            neurons: Neurons::default(),
            burn: Burn::new(&rules),
            pool: Pool::new(rules.pool_tao, rules.alpha_price),
            market: Market::new(seed),
            alpha_out: 0,
            root_tao: 0,
            tao_weight: Fixed::ratio(rules.tao_weight, u64::MAX),
            pending: Pending::default(),
            commits: Commits::default(),
            unrevealed: Vec::new(),
            last_epoch: EpochOutcome::default(),
            rules,
        };
        let owner = subnet.accounts.own(owner_hotkey, owner_coldkey);
        subnet.accounts.get_mut(owner).uid = Some(subnet.neurons.append(owner, block));
        Ok(subnet)
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Goes on by other rules from the next block on, as when an owner sets hyperparameters. As on the chain, a new tempo
    /// starts its period anew. What only a founding reads (`burn`, `pool_tao`, `alpha_price`) changes nothing.
    ///
    /// # Errors
    /// If no subnet can be run by the rules; the old ones stay.
    pub fn change_rules(&mut self, rules: Rules) -> Result<(), RulesError> {
        rules.check()?;
        if rules.tempo != self.rules.tempo {
            self.last_epoch_block = self.block;
        }
        self.burn = self.burn.with_rules(&rules);
        self.tao_weight = Fixed::ratio(rules.tao_weight, u64::MAX);
        self.rules = rules;
        Ok(())
    }

    /// Number of the present block.
    pub fn block(&self) -> u64 {
        self.block
    }

    /// How many epochs there have been.
    pub fn epoch_index(&self) -> u64 {
        self.epoch_index
    }

    /// The block of the next epoch.
    pub fn next_epoch_block(&self) -> u64 {
        self.last_epoch_block.saturating_add(u64::from(self.rules.tempo).min(LONGEST_WAIT + 1))
    }

    /// The last epoch; before the first one all its lists are empty.
    pub fn last_epoch(&self) -> &EpochOutcome {
        &self.last_epoch
    }

    /// Lets blocks pass, with the epochs that are due in them.
    pub fn advance_blocks(&mut self, blocks: u64) {
        for _ in 0..blocks {
            self.step();
        }
    }

    /// Lets blocks pass up to that of the next epoch, and returns what the epoch came to.
    pub fn advance_to_epoch(&mut self) -> &EpochOutcome {
        self.advance_blocks(self.next_epoch_block() - self.block);
        &self.last_epoch
    }

    /// One block, up to its transactions, in the chain's order.
    fn step(&mut self) {
        self.block += 1;
        self.burn.step();
        let due = self.block >= self.next_epoch_block();
        self.reveal_weights(self.epoch_index + u64::from(due));
        self.emit();
        let traded = self.pool.trade(self.market.step(&self.rules));
        self.alpha_out = self.alpha_out.saturating_add_signed(traded.saturating_neg());
        if due {
            self.last_epoch_block = self.block;
            self.epoch_index += 1;
            let pending = std::mem::take(&mut self.pending);
            self.run_epoch(pending);
        }
    }

    /// Makes the alpha staked on a hotkey exactly `alpha` rao, out of nothing or into nothing. A hotkey that the subnet has
    /// never seen has none.
    pub fn set_stake(&mut self, hotkey: &Hotkey, alpha: u64) {
        let Some(number) = self.accounts.number(hotkey) else { return };
        let account = self.accounts.get_mut(number);
        self.alpha_out = self.alpha_out.saturating_sub(account.alpha).saturating_add(alpha);
        account.alpha = alpha;
    }

    /// Makes the TAO staked on a hotkey on root exactly `tao` rao. A hotkey that the subnet has never seen has none.
    pub fn set_root_stake(&mut self, hotkey: &Hotkey, tao: u64) {
        let Some(number) = self.accounts.number(hotkey) else { return };
        let account = self.accounts.get_mut(number);
        self.root_tao = self.root_tao.saturating_sub(account.root).saturating_add(tao);
        account.root = tao;
    }

    /// Sells alpha that is staked on a hotkey, at most what there is. Returns what it brought, rao of TAO.
    pub fn sell(&mut self, hotkey: &Hotkey, alpha: u64) -> u64 {
        let Some(number) = self.accounts.number(hotkey) else { return 0 };
        let account = self.accounts.get_mut(number);
        let alpha = alpha.min(account.alpha);
        let brought = self.pool.sell(alpha);
        if brought > 0 {
            account.alpha -= alpha;
            self.alpha_out = self.alpha_out.saturating_sub(alpha);
        }
        brought
    }

    /// Gives a neuron the validator permit or takes it away, until the next epoch decides by stake.
    pub fn set_permit(&mut self, hotkey: &Hotkey, permit: bool) {
        if let Some(uid) = self.uid(hotkey) {
            self.neurons.permits[usize::from(uid)] = permit;
        }
    }

    fn account_at(&self, uid: u16) -> &Account {
        self.accounts.get(self.neurons.accounts[usize::from(uid)])
    }

    /// The uid of the owner's hotkey, if it is registered.
    fn owner_uid(&self) -> Option<u16> {
        self.uid(&self.owner_hotkey)
    }

    /// The alpha and the weighted root stake that count for an account, in rao.
    fn stake_weight(&self, number: usize) -> u64 {
        let account = self.accounts.get(number);
        account.alpha.saturating_add(Fixed::whole(account.root).mul(self.tao_weight).floor())
    }
}
