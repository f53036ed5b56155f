//! Everybody in the laboratory, one by one: hotkeys, coldkeys, machines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use subnetkit_protocol::{Coldkey, Hotkey, Synapse};

use crate::chance::{bytes, mix, of_text};
use crate::error::LabError;
use crate::lab::Lab;
use crate::miner::{Answers, Habits, Miner};
use crate::report::Party;
use crate::validator::{Conduct, Validator};

/// Most hotkeys of a laboratory, as many as a subnet of the chain could ever number.
const MOST_HOTKEYS: usize = 65_536;
/// The first of the addresses set aside for measuring networks (RFC 2544); each machine has one.
const FIRST_ADDRESS: u32 = u32::from_be_bytes([198, 18, 0, 1]);
/// Port of an operator's first axon.
const FIRST_PORT: u16 = 8091;

/// Everybody.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) owner_hotkey: Hotkey,
    pub(crate) owner_coldkey: Coldkey,
    pub(crate) identities: Vec<Identity>,
    pub(crate) validators: Vec<Member>,
    /// By strategy: the one it copies.
    pub(crate) victims: Vec<Option<usize>>,
    parties: BTreeMap<Hotkey, Place>,
}

/// Whose a hotkey is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A place in [`Cast::identities`].
    Identity(usize),
    /// A place in [`Cast::validators`].
    Validator(usize),
}

/// A miner's hotkey.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) hotkey: Hotkey,
    pub(crate) coldkey: Coldkey,
    /// The place of its strategy.
    pub(crate) strategy: usize,
    /// Number of its machine, among all.
    pub(crate) machine: usize,
    pub(crate) axon: SocketAddr,
    /// What its luck depends on.
    pub(crate) key: u64,
}

/// A validator's hotkey.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) hotkey: Hotkey,
    pub(crate) coldkey: Coldkey,
    /// The place of its kind.
    pub(crate) kind: usize,
    /// "honest 2" where there are several of the kind.
    pub(crate) name: String,
    pub(crate) key: u64,
}

impl Cast {
    /// # Errors
    /// A population that cannot be played.
    pub(crate) fn of<S: Synapse>(lab: &Lab<S>) -> Result<Self, LabError> {
        check_lengths(lab)?;
        check_names(lab)?;
        let (mut identities, mut machine) = (Vec::new(), 0);
        for (strategy, miner) in lab.miners.iter().enumerate() {
            check_miner(miner)?;
            let name = of_text(&miner.name);
            let Habits { count, identities: each, .. } = miner.habits;
            if identities.len().saturating_add(count.saturating_mul(each)) > MOST_HOTKEYS {
                return Err(unfit(
                    &miner.name,
                    format!("makes more than {MOST_HOTKEYS} hotkeys: let there be fewer"),
                ));
            }
            for operator in 0..count as u64 {
                let operator = mix(mix(0x4D69_6E65, name), operator);
                let coldkey = Coldkey::from_bytes(bytes(mix(operator, u64::MAX)));
                let address = IpAddr::V4(Ipv4Addr::from_bits(FIRST_ADDRESS + machine as u32));
                for number in 0..each as u64 {
                    let key = mix(operator, number);
                    let hotkey = Hotkey::from_bytes(bytes(key));
                    let axon = SocketAddr::new(address, FIRST_PORT.wrapping_add(number as u16));
                    identities.push(Identity { hotkey, coldkey, strategy, machine, axon, key });
                }
                machine += 1;
            }
        }
        let mut validators = Vec::new();
        for (kind, validator) in lab.validators.iter().enumerate() {
            check_validator(lab, validator)?;
            for number in 0..validator.count {
                let key = mix(mix(0x5661_6C69, of_text(&validator.name)), number as u64);
                let name = match validator.count {
                    1 => validator.name.clone(),
                    _ => format!("{} {}", validator.name, number + 1),
                };
                let (hotkey, coldkey) = (bytes(key), bytes(mix(key, u64::MAX)));
                let (hotkey, coldkey) = (Hotkey::from_bytes(hotkey), Coldkey::from_bytes(coldkey));
                validators.push(Member { hotkey, coldkey, kind, name, key });
            }
        }
        let miners = identities.iter().enumerate().map(|(at, one)| (one.hotkey, Place::Identity(at)));
        let others = validators.iter().enumerate().map(|(at, one)| (one.hotkey, Place::Validator(at)));
        let parties = miners.chain(others).collect();
        let victims = lab.miners.iter().map(|miner| victim(lab, miner)).collect::<Result<_, _>>()?;
        Ok(Self {
            owner_hotkey: Hotkey::from_bytes(bytes(0x4F77_6E65)),
            owner_coldkey: Coldkey::from_bytes(bytes(0x4F77_6E66)),
            identities,
            validators,
            victims,
            parties,
        })
    }

    /// Whose a hotkey is; `None` for the owner's.
    pub(crate) fn place(&self, hotkey: &Hotkey) -> Option<Place> {
        self.parties.get(hotkey).copied()
    }

    /// The same for the report.
    pub(crate) fn party(&self, hotkey: &Hotkey) -> Party {
        let of_place = |place| match place {
            Place::Identity(at) => Some(Party::Miner(self.identities.get(at)?.strategy)),
            Place::Validator(at) => Some(Party::Validator(self.validators.get(at)?.kind)),
        };
        self.place(hotkey).and_then(of_place).unwrap_or(Party::Owner)
    }
}

fn unfit(setting: &str, problem: impl Into<String>) -> LabError {
    LabError::Setting { setting: setting.to_owned(), problem: problem.into() }
}

fn check_lengths<S: Synapse>(lab: &Lab<S>) -> Result<(), LabError> {
    for (setting, number) in [("epochs", lab.epochs), ("rounds_per_epoch", lab.rounds_per_epoch)] {
        if number == 0 {
            return Err(unfit(setting, "is 0: let there be 1 or more"));
        }
    }
    if lab.sample_size == 0 {
        return Err(unfit("sample_size", "is 0, so nobody would be asked: let it be 1 or more"));
    }
    Ok(())
}

fn check_names<S: Synapse>(lab: &Lab<S>) -> Result<(), LabError> {
    if lab.miners.is_empty() {
        return Err(unfit("miners", "are none: give the laboratory some with `Lab::miners`"));
    }
    if lab.validators.is_empty() {
        return Err(unfit("validators", "are none: give the laboratory some with `Lab::validators`"));
    }
    let mut seen = BTreeSet::new();
    if let Some(again) = lab.miners.iter().find(|miner| !seen.insert(&miner.name)) {
        return Err(unfit(
            &again.name,
            "names two kinds of miners: give one another name with `Miner::named`",
        ));
    }
    seen.clear();
    if let Some(again) = lab.validators.iter().find(|validator| !seen.insert(&validator.name)) {
        let problem = "names two kinds of validators: give one another name with `Validator::named`";
        return Err(unfit(&again.name, problem));
    }
    Ok(())
}

fn check_miner<S: Synapse>(miner: &Miner<S>) -> Result<(), LabError> {
    let habits = &miner.habits;
    if habits.count == 0 || habits.identities == 0 {
        return Err(unfit(&miner.name, "is nobody: `count` and `identities` have to be 1 or more"));
    }
    for (what, share) in [("skill", habits.skill), ("share", habits.diligence), ("bribe", habits.bribe)] {
        if !(0.0..=1.0).contains(&share) {
            return Err(unfit(&miner.name, format!("has a {what} of {share}: it has to be from 0 to 1")));
        }
    }
    if !(habits.cost.is_finite() && (0.0..=1e9).contains(&habits.cost)) {
        return Err(unfit(&miner.name, "has a `cost` that is no amount of alpha from 0 to 1,000,000,000"));
    }
    if habits.rhythm.is_some_and(|rhythm| rhythm.on == 0) {
        return Err(unfit(&miner.name, "is never there: it has to be on for 1 epoch or more"));
    }
    Ok(())
}

fn check_validator<S: Synapse>(lab: &Lab<S>, validator: &Validator) -> Result<(), LabError> {
    if validator.count == 0 {
        return Err(unfit(&validator.name, "is nobody: `count` has to be 1 or more"));
    }
    if !(validator.stake.is_finite() && (0.0..=1e9).contains(&validator.stake)) {
        return Err(unfit(&validator.name, "has a stake that is no amount of alpha from 0 to 1,000,000,000"));
    }
    if let Conduct::ColludesWith(strategy) = &validator.conduct
        && !lab.miners.iter().any(|miner| miner.name == *strategy)
    {
        return Err(unfit(&validator.name, format!("colludes with {strategy:?}, which no miner is named")));
    }
    Ok(())
}

/// The strategy that a copycat copies.
fn victim<S: Synapse>(lab: &Lab<S>, copycat: &Miner<S>) -> Result<Option<usize>, LabError> {
    let Answers::CopiedFrom(name) = &copycat.answers else { return Ok(None) };
    let Some(victim) = lab.miners.iter().position(|miner| miner.name == *name) else {
        return Err(unfit(&copycat.name, format!("copies {name:?}, which no miner is named")));
    };
    match lab.miners.get(victim).map(|miner| &miner.answers) {
        Some(Answers::CopiedFrom(_)) => Err(unfit(
            &copycat.name,
            format!("copies {name:?}, which copies itself: let it copy the original"),
        )),
        _ => Ok(Some(victim)),
    }
}
