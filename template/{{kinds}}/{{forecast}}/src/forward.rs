//! The miner's hook: what it does for one request.

use subnetkit::prelude::*;

use crate::price::is_sound;
use crate::trend::continued;
use crate::{AlphaPrice, Forecast, Question};

/// The most prices this miner looks at.
const LONGEST: usize = 4096;

/// Forecasts from nothing but the prices in the request. A miner that knows more earns more: start here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forecaster;

#[async_trait]
impl Forward<AlphaPrice> for Forecaster {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        let Question { past, due } = call.request;
        if !is_sound(&past) || !(2..=LONGEST).contains(&past.len()) {
            return Err(Refusal::invalid(format!(
                "a past needs 2 to {LONGEST} prices above 0, in order of blocks"
            )));
        }
        if past.iter().any(|price| price.block >= due) {
            return Err(Refusal::invalid("the block to forecast has to come after all others"));
        }
        Ok(Forecast { tao: continued(&past, due) })
    }
}
