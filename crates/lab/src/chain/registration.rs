//! Registering hotkeys, and who makes room for them.

use serde::Serialize;
use subnetkit_protocol::{Coldkey, Hotkey};

use super::Subnet;

/// A registration that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Registered {
    /// The neuron's number.
    pub uid: u16,
    /// What it cost, rao of TAO.
    pub burn: u64,
    /// What that was worth at the price of the moment, rao of alpha.
    pub burn_alpha: u64,
    /// Who had the number before and made room.
    pub replaced: Option<Hotkey>,
}

/// Why a registration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationRefused {
    /// The owner lets nobody register.
    #[error("the subnet takes no registrations (`network_registration_allowed`)")]
    NotAllowed,
    /// The hotkey is a neuron already.
    #[error("{hotkey} is registered already, as uid {uid}")]
    AlreadyRegistered {
        /// The hotkey.
        hotkey: Hotkey,
        /// Its neuron.
        uid: u16,
    },
    /// The hotkey belongs to another coldkey.
    #[error("{hotkey} belongs to another coldkey")]
    NotYours {
        /// The hotkey.
        hotkey: Hotkey,
    },
    /// The subnet is full of neurons that may not be replaced.
    #[error("the subnet is full (`max_allowed_uids`), and none of its neurons may be replaced")]
    NoRoom,
    /// Only a subnet that was founded in this very block has first neurons.
    #[error(
        "first neurons join in the block in which the subnet is founded, which is over; register instead"
    )]
    Founded,
}

impl Subnet {
    /// Registers a hotkey at the present price: the TAO buys alpha that nobody gets. In a full subnet it takes the place of
    /// the neuron that earned least in the last epoch, by the chain's rule.
    ///
    /// # Errors
    /// See [`RegistrationRefused`]; nothing has changed then.
    pub fn register(&mut self, hotkey: Hotkey, coldkey: Coldkey) -> Result<Registered, RegistrationRefused> {
        self.check_registration(&hotkey, &coldkey)?;
        let full = self.neurons.len() >= usize::from(self.rules.max_allowed_uids);
        let pruned =
            if full { Some(self.neuron_to_prune().ok_or(RegistrationRefused::NoRoom)?) } else { None };

        let burn = self.burn.price;
        let burn_alpha = self.pool.alpha_worth(burn);
        self.pool.buy(burn, true);
        let account = self.accounts.own(hotkey, coldkey);
        let (uid, replaced) = match pruned {
            Some(uid) => {
                let left = self.accounts.get_mut(self.neurons.accounts[usize::from(uid)]);
                left.uid = None;
                let replaced = left.hotkey;
                self.neurons.replace(uid, account, self.block);
                (uid, Some(replaced))
            }
            None => (self.neurons.append(account, self.block), None),
        };
        self.accounts.get_mut(account).uid = Some(uid);
        self.burn.raise();
        Ok(Registered { uid, burn, burn_alpha, replaced })
    }

    /// Registers a hotkey among the subnet's first neurons: in the block of its founding, at a price that does not rise and
    /// without moving the pool, as if the first came one by one over a long time.
    ///
    /// # Errors
    /// See [`RegistrationRefused`]; nothing has changed then.
    pub fn enroll(&mut self, hotkey: Hotkey, coldkey: Coldkey) -> Result<Registered, RegistrationRefused> {
        if self.block != self.founded_at {
            return Err(RegistrationRefused::Founded);
        }
        self.check_registration(&hotkey, &coldkey)?;
        if self.neurons.len() >= usize::from(self.rules.max_allowed_uids) {
            return Err(RegistrationRefused::NoRoom);
        }
        let account = self.accounts.own(hotkey, coldkey);
        let uid = self.neurons.append(account, self.block);
        self.accounts.get_mut(account).uid = Some(uid);
        let burn = self.burn.price;
        Ok(Registered { uid, burn, burn_alpha: self.pool.alpha_worth(burn), replaced: None })
    }

    fn check_registration(&self, hotkey: &Hotkey, coldkey: &Coldkey) -> Result<(), RegistrationRefused> {
        if !self.rules.network_registration_allowed {
            return Err(RegistrationRefused::NotAllowed);
        }
        let Some(account) = self.accounts.find(hotkey) else { return Ok(()) };
        match account.uid {
            Some(uid) => Err(RegistrationRefused::AlreadyRegistered { hotkey: *hotkey, uid }),
            None if account.coldkey != *coldkey => Err(RegistrationRefused::NotYours { hotkey: *hotkey }),
            None => Ok(()),
        }
    }

    /// The uid that a newcomer to a full subnet takes: the lowest emission of the last epoch, then the oldest registration,
    /// then the lowest uid; among neurons past their immunity if enough of those remain, else among immune ones. The owner's
    /// own neurons, up to the limit, are never replaced.
    pub fn neuron_to_prune(&self) -> Option<u16> {
        let immortal = self.immortal();
        let candidates = || {
            (0..self.neurons.len() as u16).filter(|uid| !immortal.contains(uid)).map(|uid| {
                let slot = usize::from(uid);
                let registered = self.neurons.registered_at[slot];
                let immune = self.block.saturating_sub(registered) < u64::from(self.rules.immunity_period);
                (immune, (self.neurons.emission[slot], registered, uid))
            })
        };
        let worst = |immune: bool| {
            candidates().filter(|candidate| candidate.0 == immune).map(|candidate| candidate.1).min()
        };
        let mortal = candidates().filter(|candidate| !candidate.0).count();
        worst(mortal <= usize::from(self.rules.min_non_immune_uids)).map(|(_, _, uid)| uid)
    }

    /// The owner's hotkey first, then the owner coldkey's other neurons by age, up to the limit.
    fn immortal(&self) -> Vec<u16> {
        let main = self.owner_uid();
        let mut others: Vec<(u64, u16)> = (0..self.neurons.len() as u16)
            .filter(|uid| Some(*uid) != main)
            .filter(|uid| self.account_at(*uid).coldkey == self.owner_coldkey)
            .map(|uid| (self.neurons.registered_at[usize::from(uid)], uid))
            .collect();
        others.sort_unstable();
        main.into_iter()
            .chain(others.into_iter().map(|(_, uid)| uid))
            .take(usize::from(self.rules.immune_owner_uids_limit))
            .collect()
    }
}
