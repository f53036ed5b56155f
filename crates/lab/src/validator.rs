//! Who validates in the laboratory: how it comes to its weights, and what stake stands behind them.

/// A kind of validator. Stake is in alpha, of each one.
///
/// Honest ones run the builder's own [`Score`](subnetkit_validator::Score) and
/// [`Reward`](subnetkit_validator::Reward), each a clone of its own with a ledger of its own. The others save
/// themselves that work. Kinds are told apart by name.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a validator does nothing until a `Lab` has it"]
pub struct Validator {
    pub(crate) name: String,
    pub(crate) conduct: Conduct,
    pub(crate) stake: f64,
    pub(crate) count: usize,
}

/// How a validator comes to its weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// By the hooks.
    Honest,
    /// From what the chain shows of the others.
    CopiesWeights,
    /// By the hooks, once.
    Lazy,
    /// All for one strategy.
    ColludesWith(String),
}

impl Validator {
    /// "honest": asks, scores and rewards by the hooks, every epoch.
    pub fn honest(stake: f64) -> Self {
        Self::of("honest", Conduct::Honest, stake)
    }

    /// "weight copier": asks nobody, and sets the mean of all other validators' weights that the chain shows, by their
    /// stake. With commit-reveal these are the weights of earlier epochs.
    pub fn weight_copying(stake: f64) -> Self {
        Self::of("weight copier", Conduct::CopiesWeights, stake)
    }

    /// "lazy": asks and scores in its first epoch and sets the same weights ever after.
    pub fn lazy(stake: f64) -> Self {
        Self::of("lazy", Conduct::Lazy, stake)
    }

    /// "colluder": gives all its weight to one strategy's miners.
    pub fn colluding(stake: f64, strategy: impl Into<String>) -> Self {
        Self::of("colluder", Conduct::ColludesWith(strategy.into()), stake)
    }

    fn of(name: &str, conduct: Conduct, stake: f64) -> Self {
        Self { name: name.to_owned(), conduct, stake, count: 1 }
    }

    /// Another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// So many of this kind, each with this stake. Default 1.
    pub const fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }
}
