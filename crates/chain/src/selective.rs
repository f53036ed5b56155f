//! A few columns of a metagraph, without the rest: what the runtime computes anew at each block.

use crate::{
    CodecError, Rao, ReadError, Value,
    pinned::Pinned,
    surface::{ApiUse, METAGRAPH, SELECTIVE_METAGRAPH},
};

/// The numbers that choose the fields below (chain-storage.md, fields of the metagraph). A runtime that numbers them
/// otherwise answers without them, and is then asked for everything.
const FIELDS: [u16; 3] = [28, 66, 69];

/// What weights are judged by and no storage item holds as it is.
pub(crate) struct Columns {
    /// By uid: alpha and weighted TAO, of its own and inherited, as the chain compares it with `StakeThreshold`.
    pub(crate) stake_weights: Vec<Rao>,
    /// By uid: the block it was registered in.
    pub(crate) registered_at: Vec<u64>,
    /// Blocks without weights after which a validator no longer counts.
    pub(crate) activity_cutoff: u64,
}

impl Columns {
    fn decode<const N: usize>(api: &ApiUse<N>, answer: &Value) -> Result<Option<Self>, CodecError> {
        let unusable = |field: &str| api.unusable(field);
        let Some(found) = answer.option().ok_or_else(|| unusable("Option"))? else { return Ok(None) };
        // In a selective metagraph each field is an option, in a whole one it is there.
        let field = |name: &str| {
            let field = found.field(name).ok_or_else(|| unusable(name))?;
            field.option().unwrap_or(Some(field)).ok_or_else(|| unusable(name))
        };
        let numbers = |name: &str| {
            let numbers = field(name)?.items().and_then(|items| items.iter().map(Value::number_as).collect());
            numbers.ok_or_else(|| unusable(name))
        };
        let stake_weights: Vec<u64> = numbers("total_stake")?;
        Ok(Some(Self {
            stake_weights: stake_weights.into_iter().map(Rao).collect(),
            registered_at: numbers("block_at_registration")?,
            activity_cutoff: field("activity_cutoff")?
                .number_as()
                .ok_or_else(|| unusable("activity_cutoff"))?,
        }))
    }
}

impl Pinned {
    /// The columns of a subnet, in one round trip.
    pub(crate) async fn columns(&self, netuid: u16) -> Result<Columns, ReadError> {
        if SELECTIVE_METAGRAPH.is_in(&self.runtime) {
            let answer = self.ask(&SELECTIVE_METAGRAPH, [netuid.into(), FIELDS.to_vec().into()]).await?;
            if let Ok(columns) = Columns::decode(&SELECTIVE_METAGRAPH, &answer) {
                return columns.ok_or(ReadError::NoSuchSubnet { netuid });
            }
        }
        let answer = self.ask(&METAGRAPH, [netuid.into()]).await?;
        Columns::decode(&METAGRAPH, &answer)?.ok_or(ReadError::NoSuchSubnet { netuid })
    }
}
