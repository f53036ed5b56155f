//! What an epoch reads: a subnet's parameters and state, borrowed from wherever the caller keeps them.

/// A stored row of weights or bonds: `(uid, value)` pairs, as the chain keeps them.
///
/// The order is kept, zeros are allowed, and uids that do not exist are ignored.
pub type Row = Vec<(u16, u16)>;

/// The hyperparameters an epoch reads, in the units in which the chain stores them.
#[derive(Clone, Copy, Debug)]
pub struct Params {
    /// Blocks between two epochs.
    pub tempo: u16,
    /// The share of active stake that must support a weight before it counts; 65535 is all of it.
    pub kappa: u16,
    /// What remains of a bond from one epoch to the next, in millionths.
    pub bonds_moving_average: u64,
    /// How far weights above consensus are cut when bonds are formed; 65535 cuts them fully.
    pub bonds_penalty: u16,
    /// Whether bonds follow the third version of Yuma Consensus (the default of new subnets) or the second.
    pub yuma3_on: bool,
    /// Rates that depend on how far a validator is from consensus; `None` is the fixed rate of
    /// `bonds_moving_average`. Acts only with `yuma3_on`.
    pub liquid_alpha: Option<LiquidAlpha>,
    /// How many neurons may hold a validator permit.
    pub max_allowed_validators: u16,
    /// The least total stake, in rao, that counts.
    pub stake_threshold: u64,
    /// What a rao of root stake weighs against a rao of alpha; `u64::MAX` is as much.
    pub tao_weight: u64,
    /// After how many blocks without weights a validator is inactive, in thousandths of the tempo.
    pub activity_cutoff_factor_milli: u32,
}

impl Params {
    /// After how many blocks without weights a validator is inactive; at least one.
    pub fn activity_cutoff(&self) -> u64 {
        activity_cutoff(self.activity_cutoff_factor_milli, self.tempo)
    }
}

/// The bounds and the slope of liquid alpha.
#[derive(Clone, Copy, Debug)]
pub struct LiquidAlpha {
    /// The lowest rate; 65535 is 1.
    pub low: u16,
    /// The highest rate; 65535 is 1.
    pub high: u16,
    /// The slope of the sigmoid between them, in hundredths. A negative one turns it round.
    pub steepness: i16,
}

/// A subnet before an epoch.
///
/// It has as many neurons as `alpha_stake` has entries, and a neuron's uid is its index. Where another slice is
/// shorter, the missing entries read as zero, false or empty. Uids are 16 bits wide, so more than 65536 neurons
/// cannot be told apart.
#[derive(Clone, Copy, Debug)]
pub struct Subnet<'a> {
    /// The hyperparameters.
    pub params: Params,
    /// The block in which the epoch runs.
    pub block: u64,
    /// The block of the last epoch, or 0 if there was none.
    pub last_mechanism_step_block: u64,
    /// The uid of the subnet owner's hotkey, if it is registered.
    pub owner_uid: Option<u16>,
    /// Alpha of each neuron in rao, after inheritance (see [`inherited_stake`](crate::inherited_stake)).
    pub alpha_stake: &'a [u64],
    /// Root stake of each neuron in rao, after inheritance.
    pub root_stake: &'a [u64],
    /// The block in which each neuron was registered.
    pub block_at_registration: &'a [u64],
    /// The validator permits that the last epoch gave.
    pub validator_permit: &'a [bool],
    /// The mechanisms, the first at index 0.
    pub mechanisms: &'a [Mechanism<'a>],
    /// How emission is split over the mechanisms, in parts of 65535; `None` is evenly. Mechanisms past its end
    /// get nothing, and the first one also gets what is left over.
    pub emission_split: Option<&'a [u16]>,
}

impl Subnet<'_> {
    /// The number of neurons.
    pub fn neurons(&self) -> usize {
        self.alpha_stake.len()
    }

    pub(crate) fn is_owner(&self, uid: usize) -> bool {
        self.owner_uid.is_some_and(|owner| usize::from(owner) == uid)
    }

    pub(crate) fn registered_at(&self, uid: usize) -> u64 {
        self.block_at_registration.get(uid).copied().unwrap_or(0)
    }

    /// Whether the neuron may validate in this epoch; the owner always may.
    pub(crate) fn has_permit(&self, uid: usize) -> bool {
        self.is_owner(uid) || self.validator_permit.get(uid).copied().unwrap_or(false)
    }
}

/// The state of one mechanism before an epoch; rows are indexed by uid.
#[derive(Clone, Copy, Debug)]
pub struct Mechanism<'a> {
    /// The block of each neuron's last weights or, with commit-reveal, of its last commit.
    pub last_update: &'a [u64],
    /// The weights as stored (0 to 65535).
    pub weights: &'a [Row],
    /// The bonds as stored (0 to 65535).
    pub bonds: &'a [Row],
    /// With commit-reveal on, the block of each neuron's oldest commit that still counts (see
    /// [`CommitBlocks`](crate::CommitBlocks)); `None` with commit-reveal off.
    pub commit_blocks: Option<&'a [Option<u64>]>,
}

impl Mechanism<'_> {
    pub(crate) fn updated_at(&self, uid: usize) -> u64 {
        self.last_update.get(uid).copied().unwrap_or(0)
    }

    pub(crate) fn commit_block(&self, uid: usize) -> Option<u64> {
        self.commit_blocks.and_then(|blocks| blocks.get(uid).copied().flatten())
    }

    /// Whether the neuron set weights recently enough for its stake to count.
    pub(crate) fn is_active(&self, uid: usize, subnet: &Subnet<'_>) -> bool {
        self.updated_at(uid).saturating_add(subnet.params.activity_cutoff()) >= subnet.block
    }
}

/// After how many blocks without weights a validator is inactive: `factor_milli` thousandths of the tempo, at
/// least one block.
pub fn activity_cutoff(factor_milli: u32, tempo: u16) -> u64 {
    (u64::from(factor_milli) * u64::from(tempo) / 1000).max(1)
}
