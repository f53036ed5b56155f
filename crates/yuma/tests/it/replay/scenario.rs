//! The recorded file as it is written.

use serde::Deserialize;
use serde_json::{Map, Value};
use subnetkit_yuma::Row;

#[derive(Deserialize)]
pub(crate) struct Recording {
    pub(crate) format: String,
    pub(crate) scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) n: usize,
    pub(crate) params: Map<String, Value>,
    pub(crate) state: InitialState,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) outputs: Vec<Output>,
}

#[derive(Deserialize)]
pub(crate) struct Settings {
    pub(crate) tempo: u16,
    pub(crate) kappa: u16,
    pub(crate) bonds_moving_average: u64,
    pub(crate) bonds_penalty: u16,
    pub yuma3_on: bool,
    pub(crate) liquid_alpha_on: bool,
    pub(crate) alpha_low: u16,
    pub(crate) alpha_high: u16,
    pub(crate) alpha_sigmoid_steepness: i16,
    pub(crate) max_allowed_validators: u16,
    pub(crate) stake_threshold: u64,
    pub(crate) tao_weight: u64,
    pub(crate) activity_cutoff_factor_milli: u32,
    pub(crate) commit_reveal_weights_enabled: bool,
    pub(crate) reveal_period_epochs: u64,
    pub(crate) mechanism_count: usize,
    pub(crate) mechanism_emission_split: Option<Vec<u16>>,
}

#[derive(Deserialize)]
pub(crate) struct InitialState {
    pub(crate) alpha_stake: Vec<u64>,
    pub(crate) root_stake: Vec<u64>,
    pub(crate) block_at_registration: Vec<u64>,
    pub(crate) validator_permit: Vec<bool>,
    pub(crate) owner_uid: Option<u16>,
    pub(crate) last_mechanism_step_block: u64,
    pub(crate) subnet_epoch_index: u64,
    /// Parent, child and proportion.
    pub(crate) children: Vec<(usize, usize, u64)>,
    pub(crate) mechanisms: Vec<MechanismState>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct MechanismState {
    pub(crate) last_update: Vec<u64>,
    pub(crate) weights: Vec<Row>,
    pub(crate) bonds: Vec<Row>,
    /// Uid, epoch and block of each commit.
    pub(crate) weight_commits: Vec<(u16, u64, u64)>,
    pub(crate) timelocked_commits: Vec<(u16, u64, u64)>,
}

#[derive(Deserialize)]
pub(crate) struct Epoch {
    pub(crate) block: u64,
    pub(crate) emission: u64,
    #[serde(default)]
    pub(crate) ops: Vec<Op>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Op {
    Weights { mech: usize, uid: usize, row: Row, block: u64 },
    Stake { uid: usize, alpha: u64, root: u64 },
    Replace { uid: usize, block: u64 },
    Param { key: String, value: Value },
}

#[derive(Deserialize)]
pub(crate) struct Output {
    pub(crate) server_emission: Vec<u64>,
    pub(crate) validator_emission: Vec<u64>,
    pub(crate) active: Vec<bool>,
    pub(crate) emission: Vec<u64>,
    pub(crate) consensus: Vec<u16>,
    pub(crate) dividends: Vec<u16>,
    pub(crate) validator_trust: Vec<u16>,
    pub(crate) stake_weight: Vec<u16>,
    pub(crate) validator_permit: Vec<bool>,
    pub(crate) mechanisms: Vec<MechanismOutput>,
}

#[derive(Deserialize)]
pub(crate) struct MechanismOutput {
    pub(crate) incentive: Vec<u16>,
    pub(crate) bonds: Vec<Row>,
}
