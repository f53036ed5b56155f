//! Hotkeys with what they own, and the neurons that some of them are.

use std::collections::HashMap;

use subnetkit_protocol::{Coldkey, Hotkey};
use subnetkit_yuma::{MechanismOutcome, Outcome, Row};

/// A hotkey that was ever known to the subnet, registered or not.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) hotkey: Hotkey,
    pub(super) coldkey: Coldkey,
    /// Alpha staked on it, rao.
    pub(super) alpha: u64,
    /// TAO staked on it on root, rao.
    pub(super) root: u64,
    /// Alpha that its root stakers may claim, rao.
    pub(super) claimable: u64,
    pub(super) uid: Option<u16>,
}

/// All hotkeys, found by their number or by themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    list: Vec<Account>,
    numbers: HashMap<Hotkey, usize>,
}

impl Accounts {
    pub(super) fn number(&self, hotkey: &Hotkey) -> Option<usize> {
        self.numbers.get(hotkey).copied()
    }

    pub(super) fn find(&self, hotkey: &Hotkey) -> Option<&Account> {
        self.number(hotkey).map(|number| &self.list[number])
    }

    pub(super) fn get(&self, number: usize) -> &Account {
        &self.list[number]
    }

    pub(super) fn get_mut(&mut self, number: usize) -> &mut Account {
        &mut self.list[number]
    }

    /// The number of a hotkey; if it is new, it is the coldkey's from now on.
    pub(super) fn own(&mut self, hotkey: Hotkey, coldkey: Coldkey) -> usize {
        *self.numbers.entry(hotkey).or_insert_with(|| {
            self.list.push(Account { hotkey, coldkey, alpha: 0, root: 0, claimable: 0, uid: None });
            self.list.len() - 1
        })
    }
}

/// The neurons in columns, as Yuma Consensus reads them; position is uid.
#[derive(Clone, Debug, Default)]
pub(super) struct Neurons {
    /// Numbers of the hotkeys' accounts.
    pub(super) accounts: Vec<usize>,
    pub(super) registered_at: Vec<u64>,
    pub(super) last_update: Vec<u64>,
    pub(super) weights: Vec<Row>,
    pub(super) bonds: Vec<Row>,
    pub(super) active: Vec<bool>,
    pub(super) permits: Vec<bool>,
    pub(super) emission: Vec<u64>,
    pub(super) consensus: Vec<u16>,
    pub(super) incentive: Vec<u16>,
    pub(super) dividends: Vec<u16>,
    pub(super) validator_trust: Vec<u16>,
}

impl Neurons {
    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Gives an account the next free uid.
    pub(super) fn append(&mut self, account: usize, block: u64) -> u16 {
        let uid = self.len();
        self.accounts.push(account);
        self.registered_at.push(block);
        self.last_update.push(block);
        self.weights.push(Row::new());
        self.bonds.push(Row::new());
        self.active.push(true);
        self.permits.push(false);
        self.emission.push(0);
        self.consensus.push(0);
        self.incentive.push(0);
        self.dividends.push(0);
        self.validator_trust.push(0);
        uid as u16
    }

    /// Hands a uid over to another account. Weights towards it count for nobody now, but their entries stay.
    pub(super) fn replace(&mut self, uid: u16, account: usize, block: u64) {
        let slot = usize::from(uid);
        self.accounts[slot] = account;
        self.registered_at[slot] = block;
        self.last_update[slot] = block;
        self.weights[slot].clear();
        self.bonds[slot].clear();
        for (_, weight) in self.weights.iter_mut().flatten().filter(|(to, _)| *to == uid) {
            *weight = 0;
        }
        self.active[slot] = true;
        self.permits[slot] = false;
        self.emission[slot] = 0;
        self.consensus[slot] = 0;
        self.incentive[slot] = 0;
        self.dividends[slot] = 0;
        self.validator_trust[slot] = 0;
    }

    /// Keeps what an epoch stores.
    pub(super) fn store(&mut self, outcome: Outcome) {
        self.active = outcome.active;
        self.permits = outcome.validator_permit;
        self.emission = outcome.emission;
        self.consensus = outcome.consensus;
        self.dividends = outcome.dividends;
        self.validator_trust = outcome.validator_trust;
        for MechanismOutcome { incentive, bonds, .. } in outcome.mechanisms {
            self.incentive = incentive;
            self.bonds = bonds;
        }
    }
}
