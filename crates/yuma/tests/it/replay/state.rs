//! The chain state around an epoch: what a runtime keeps in storage.

use serde::Deserialize;
use serde_json::{Map, Value};
use subnetkit_yuma::{
    CommitBlocks, LiquidAlpha, Mechanism, Outcome, Params, Row, Subnet, epoch, inherited_stake,
};

use super::scenario::{MechanismState, Op, Scenario, Settings};

/// A hotkey and its own stake. Replaced hotkeys stay: their children go on inheriting.
struct Hotkey {
    alpha: u64,
    root: u64,
}

pub(crate) struct State {
    params: Map<String, Value>,
    hotkeys: Vec<Hotkey>,
    /// The index of the hotkey at each uid.
    keys: Vec<usize>,
    /// Parent and child hotkey, and proportion.
    children: Vec<(usize, usize, u64)>,
    registered: Vec<u64>,
    permits: Vec<bool>,
    owner_uid: Option<u16>,
    last_step: u64,
    epoch_index: u64,
    mechanisms: Vec<MechanismState>,
}

impl State {
    pub(crate) fn new(scenario: &Scenario) -> Result<Self, String> {
        let (n, state) = (scenario.n, &scenario.state);
        let rows = state.mechanisms.iter().flat_map(|mechanism| {
            [mechanism.last_update.len(), mechanism.weights.len(), mechanism.bonds.len()]
        });
        let lengths = [
            state.alpha_stake.len(),
            state.root_stake.len(),
            state.block_at_registration.len(),
            state.validator_permit.len(),
        ];
        if lengths.into_iter().chain(rows).any(|length| length != n)
            || state.children.iter().any(|&(parent, child, _)| parent >= n || child >= n)
        {
            return Err(format!("the state does not fit n = {n}"));
        }
        let stakes = state.alpha_stake.iter().zip(&state.root_stake);
        Ok(Self {
            params: scenario.params.clone(),
            hotkeys: stakes.map(|(&alpha, &root)| Hotkey { alpha, root }).collect(),
            keys: (0..n).collect(),
            children: state.children.clone(),
            registered: state.block_at_registration.clone(),
            permits: state.validator_permit.clone(),
            owner_uid: state.owner_uid,
            last_step: state.last_mechanism_step_block,
            epoch_index: state.subnet_epoch_index,
            mechanisms: state.mechanisms.clone(),
        })
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Result<(), String> {
        match *op {
            Op::Weights { mech, uid, ref row, block } => {
                self.check_uid(uid)?;
                let mechanism =
                    self.mechanisms.get_mut(mech).ok_or_else(|| format!("there is no mechanism {mech}"))?;
                mechanism.weights[uid].clone_from(row);
                mechanism.last_update[uid] = block;
            }
            Op::Stake { uid, alpha, root } => {
                self.check_uid(uid)?;
                self.hotkeys[self.keys[uid]] = Hotkey { alpha, root };
            }
            Op::Replace { uid, block } => {
                self.check_uid(uid)?;
                self.replace(uid, block);
            }
            Op::Param { ref key, ref value } => {
                self.params.insert(key.clone(), value.clone());
            }
        }
        Ok(())
    }

    fn check_uid(&self, uid: usize) -> Result<(), String> {
        if uid < self.keys.len() { Ok(()) } else { Err(format!("there is no uid {uid}")) }
    }

    fn replace(&mut self, uid: usize, block: u64) {
        if self.owner_uid.is_some_and(|owner| usize::from(owner) == uid) {
            return;
        }
        self.keys[uid] = self.hotkeys.len();
        self.hotkeys.push(Hotkey { alpha: 0, root: 0 });
        self.registered[uid] = block;
        self.permits[uid] = false;
        for mechanism in &mut self.mechanisms {
            mechanism.last_update[uid] = block;
            mechanism.weights[uid].clear();
            mechanism.bonds[uid].clear();
            for entry in mechanism.weights.iter_mut().flatten() {
                if usize::from(entry.0) == uid {
                    entry.1 = 0;
                }
            }
            // Commits belong to the hotkey that left.
            mechanism.weight_commits.retain(|commit| usize::from(commit.0) != uid);
            mechanism.timelocked_commits.retain(|commit| usize::from(commit.0) != uid);
        }
    }

    /// The stake at each uid after inheritance, of the kind that `own` picks.
    fn inherited(&self, own: impl Fn(&Hotkey) -> u64) -> Vec<u64> {
        let stake_at = |&key: &usize| {
            let given = self.children.iter().filter(|link| link.0 == key).map(|link| link.2);
            let received = self.children.iter().filter(|link| link.1 == key);
            let parents = received.map(|&(parent, _, proportion)| (own(&self.hotkeys[parent]), proportion));
            inherited_stake(own(&self.hotkeys[key]), given, parents)
        };
        self.keys.iter().map(stake_at).collect()
    }

    fn commit_blocks(&self, mechanism: &MechanismState, settings: &Settings) -> CommitBlocks {
        let current_epoch = self.epoch_index + u64::from(settings.tempo != 0);
        let mut commits = CommitBlocks::new(self.keys.len(), current_epoch, settings.reveal_period_epochs);
        for uid in 0..self.keys.len() as u16 {
            let queue = mechanism.weight_commits.iter().filter(|commit| commit.0 == uid);
            commits.add_hashed(uid, queue.map(|&(_, epoch, block)| (epoch, block)));
        }
        for &(uid, epoch, block) in &mechanism.timelocked_commits {
            commits.add_timelocked(uid, epoch, block);
        }
        commits
    }

    pub(crate) fn run(&self, block: u64, emission: u64) -> Result<Outcome, String> {
        let settings = Settings::deserialize(Value::Object(self.params.clone()))
            .map_err(|error| format!("the parameters are not readable: {error}"))?;
        if settings.mechanism_count > self.mechanisms.len() {
            return Err(format!("there are fewer than {} mechanisms", settings.mechanism_count));
        }
        let states = &self.mechanisms[..settings.mechanism_count];
        let commits: Vec<CommitBlocks> =
            states.iter().map(|mechanism| self.commit_blocks(mechanism, &settings)).collect();
        let mechanisms: Vec<Mechanism<'_>> = states
            .iter()
            .zip(&commits)
            .map(|(mechanism, commits)| Mechanism {
                last_update: &mechanism.last_update,
                weights: &mechanism.weights,
                bonds: &mechanism.bonds,
                commit_blocks: settings.commit_reveal_weights_enabled.then(|| commits.as_slice()),
            })
            .collect();
        let subnet = Subnet {
            params: params(&settings),
            block,
            last_mechanism_step_block: self.last_step,
            owner_uid: self.owner_uid,
            alpha_stake: &self.inherited(|hotkey| hotkey.alpha),
            root_stake: &self.inherited(|hotkey| hotkey.root),
            block_at_registration: &self.registered,
            validator_permit: &self.permits,
            mechanisms: &mechanisms,
            emission_split: settings.mechanism_emission_split.as_deref(),
        };
        Ok(epoch(&subnet, emission))
    }

    /// Keeps what the next epoch reads.
    pub(crate) fn store(&mut self, block: u64, outcome: Outcome) {
        self.permits = outcome.validator_permit;
        for (mechanism, outcome) in self.mechanisms.iter_mut().zip(outcome.mechanisms) {
            let bonds: Vec<Row> = outcome.bonds;
            mechanism.bonds = bonds;
        }
        self.last_step = block;
        self.epoch_index += 1;
    }
}

fn params(settings: &Settings) -> Params {
    Params {
        tempo: settings.tempo,
        kappa: settings.kappa,
        bonds_moving_average: settings.bonds_moving_average,
        bonds_penalty: settings.bonds_penalty,
        yuma3_on: settings.yuma3_on,
        liquid_alpha: settings.liquid_alpha_on.then_some(LiquidAlpha {
            low: settings.alpha_low,
            high: settings.alpha_high,
            steepness: settings.alpha_sigmoid_steepness,
        }),
        max_allowed_validators: settings.max_allowed_validators,
        stake_threshold: settings.stake_threshold,
        tao_weight: settings.tao_weight,
        activity_cutoff_factor_milli: settings.activity_cutoff_factor_milli,
    }
}
