//! What a subnet's owner may change, and when.

use crate::{
    Call, CodecError, EpochClock, Hyperparameters, Parameter, ReadError, Runtime, Value,
    pinned::Pinned,
    surface::{self, SETTERS},
};
use serde::{Deserialize, Serialize};

/// When an owner may change a parameter, as of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeWindow {
    /// Blocks between two changes of one parameter by the owner; `None` if this one is counted otherwise: the tempo may
    /// change once in 360 blocks, weights_version once in 5 tempos, mechanism_count once in 7200 blocks.
    pub limit_blocks: Option<u64>,
    /// Blocks until the owner may change this parameter again.
    pub wait_blocks: u64,
    /// Blocks before each epoch in which nothing may be changed (`AdminFreezeWindow`).
    pub freeze_blocks: u64,
    /// Whether the next block is among those.
    pub is_frozen: bool,
    /// The first block that is not, if it is; `None` if all are, since epochs are as close as the window is long.
    pub open_from_block: Option<u64>,
}

impl Runtime {
    /// The call by which a parameter is set: by the owner, or inside of [`Call::sudo`] by root. The value is as the chain has
    /// it; `now` are the subnet's parameters, since some are set together.
    ///
    /// # Errors
    /// [`CodecError::Missing`] if nobody can set it in this runtime, [`CodecError::Encode`] if the value is of another type.
    pub fn setting_call(
        &self,
        netuid: u16,
        name: &str,
        value: Value,
        now: &Hyperparameters,
    ) -> Result<Call, CodecError> {
        let other = |name: &str| match now.all.get(name) {
            Some(Parameter::Number(number)) => Ok(Value::from(*number)),
            _ => Err(self.no_setter(name)),
        };
        let values = match name {
            "alpha_low" => vec![value, other("alpha_high")?],
            "alpha_high" => vec![other("alpha_low")?, value],
            "yuma_version" => vec![Value::Bool(value.number() == Some(3))],
            _ => vec![value],
        };
        let (_, setter, _) = setter(name).ok_or_else(|| self.no_setter(name))?;
        self.parameter_call(setter, Some(netuid), values)
    }

    /// The same for those that the owner sets by a call apart from root's.
    ///
    /// # Errors
    /// As [`Self::setting_call`].
    pub fn owners_call(
        &self,
        netuid: u16,
        name: &str,
        value: Value,
        now: &Hyperparameters,
    ) -> Result<Call, CodecError> {
        match name {
            "tempo" => Ok(surface::SET_TEMPO.call([netuid.into(), value])),
            "activity_cutoff_factor" => Ok(surface::SET_CUTOFF_FACTOR.call([netuid.into(), value])),
            _ => self.setting_call(netuid, name, value, now),
        }
    }

    fn no_setter(&self, name: &str) -> CodecError {
        CodecError::Missing {
            item: format!("call that sets the parameter {name}"),
            spec_version: self.spec_version(),
        }
    }
}

impl Pinned {
    /// When the owner of a subnet may change a parameter.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn change_window(&self, netuid: u16, name: &str) -> Result<ChangeWindow, ReadError> {
        let clock = self.epoch_clock(netuid).await?;
        let freeze_blocks = self.number(surface::ADMIN_FREEZE_WINDOW.at([])).await?;
        let (is_frozen, open_from_block) = frozen(&clock, freeze_blocks);
        let mut window =
            ChangeWindow { limit_blocks: None, wait_blocks: 0, freeze_blocks, is_frozen, open_from_block };
        let Some((_, _, Some(counted))) = setter(name) else { return Ok(window) };
        let tempos: Option<u64> =
            self.read(surface::OWNERS_RATE_LIMIT.at([])).await?.and_then(|tempos| tempos.number_as());
        let kind = surface::owners_change_of(netuid, counted);
        let last: Option<u64> = match self.read(surface::OWNERS_LAST_CHANGE.at([kind])).await {
            Ok(last) => last.and_then(|last| last.number_as()),
            // A newer runtime may count otherwise; it will say itself what it refuses.
            Err(ReadError::Codec(_)) => None,
            Err(error) => return Err(error),
        };
        if let (Some(tempos), Some(last)) = (tempos, last) {
            let limit = tempos.saturating_mul(clock.tempo.into());
            window.limit_blocks = Some(limit);
            if last > 0 {
                window.wait_blocks = last.saturating_add(limit).saturating_sub(clock.block + 1);
            }
        }
        Ok(window)
    }
}

fn setter(name: &str) -> Option<&'static (&'static str, &'static str, Option<&'static str>)> {
    SETTERS.iter().find(|(known, ..)| *known == name)
}

/// Whether the next block is in the window, and which block is the next one that is not.
fn frozen(clock: &EpochClock, freeze_blocks: u64) -> (bool, Option<u64>) {
    let Some(epoch) = clock.next_epoch_block() else { return (false, None) };
    let next = clock.block + 1;
    // An epoch happens before the transactions of its block, and the blocks until the following one count from there.
    let tempo = u64::from(clock.tempo);
    let left = if epoch == next { tempo } else { epoch - next };
    let is_frozen = left < freeze_blocks || clock.pending_epoch_at > next;
    (is_frozen, (is_frozen && tempo >= freeze_blocks).then_some(epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(block: u64, tempo: u16) -> EpochClock {
        EpochClock {
            block,
            tempo,
            last_epoch_block: 100,
            pending_epoch_at: 0,
            epoch_index: 1,
            blocks_since_last_step: block - 100,
        }
    }

    #[test]
    fn the_blocks_before_an_epoch_are_frozen_and_the_epochs_own_is_not() {
        assert_eq!(frozen(&clock(108, 20), 10), (false, None));
        assert_eq!(frozen(&clock(109, 20), 10), (false, None));
        assert_eq!(frozen(&clock(110, 20), 10), (true, Some(120)));
        assert_eq!(frozen(&clock(118, 20), 10), (true, Some(120)));
        assert_eq!(frozen(&clock(119, 20), 10), (false, None));
        // With a tempo as long as the window there is one block; with a shorter one there is none.
        assert_eq!(frozen(&clock(105, 10), 10), (true, Some(110)));
        assert_eq!(frozen(&clock(105, 9), 10), (true, None));
        assert_eq!(frozen(&clock(105, 0), 10), (false, None));
    }
}
