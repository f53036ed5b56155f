//! The price of a subnet's alpha, as everybody reads it from the chain.

use subnetkit::prelude::*;

/// The price of alpha at one block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Price {
    /// The block.
    pub block: u64,
    /// TAO per alpha: the ratio of the pool's reserves.
    pub tao: f64,
}

impl Price {
    /// The price in a metagraph; `None` if the pool is empty.
    pub fn of(subnet: &Metagraph) -> Option<Self> {
        let tao = subnet.tao_in as f64 / subnet.alpha_in as f64;
        (tao.is_finite() && tao > 0.0).then_some(Self { block: subnet.block, tao })
    }
}

/// Whether these are prices, each of a later block than the one before. What comes from the network is asked this
/// before anything else.
pub fn is_sound(past: &[Price]) -> bool {
    let ascending = past.windows(2).all(|pair| pair[0].block < pair[1].block);
    ascending && past.iter().all(|price| price.tao.is_finite() && price.tao > 0.0)
}

/// How far the price moved within so many blocks, up or down, on average; `None` if the past is shorter than that.
pub fn typical_move(past: &[Price], blocks: u64) -> Option<f64> {
    let later = |old: &Price| past.iter().find(|new| new.block >= old.block + blocks);
    let moves: Vec<f64> =
        past.iter().filter_map(|old| later(old).map(|new| (new.tao - old.tao).abs())).collect();
    (!moves.is_empty()).then(|| moves.iter().sum::<f64>() / moves.len() as f64)
}
