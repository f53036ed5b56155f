//! Who is in the laboratory: miners that know something, miners that pretend to, and validators.

use std::time::Duration;

use subnetkit::lab::{Lab, Miner, Validator};
use subnetkit::prelude::*;

use crate::forward::Forecaster;
use crate::price::typical_move;
use crate::reward::Payout;
use crate::score::{CUT_OFF, Judge};
use crate::{AlphaPrice, Forecast, Question};

/// The laboratory of this subnet. `cargo run --bin lab` plays it, and `tests/incentive.rs` holds it to its claims.
///
/// On its market, trading pushes the price away and others bring it back, half of the way within an hour. Where nothing
/// does, the price cannot be known, and nobody should be paid for it: try `market_half_life` at 0.
pub fn lab() -> Lab<AlphaPrice> {
    Lab::new(Judge::default(), Payout::default())
        .title("forecast")
        .miners([
            Miner::honest(Forecaster).count(6),
            Miner::lazy(Forecaster, 0.5),
            Miner::slow(Forecaster, CUT_OFF + Duration::from_secs(1)),
            Miner::intermittent(Forecaster, 20, 20),
            Miner::new("echo", Echo).cheats(),
            Miner::new("gambler", Gambler).cheats(),
            Miner::new("bull", Bet(1.0)).cheats(),
            Miner::new("bear", Bet(-1.0)).cheats(),
        ])
        .validators([Validator::honest(10_000.0).count(3), Validator::weight_copying(5_000.0)])
        .with_rules(|rules| rules.market_half_life = 60)
        .rounds_per_epoch(4)
        .epochs(100)
}

/// Repeats the last price.
#[derive(Debug, Clone, Copy)]
pub struct Echo;

#[async_trait]
impl Forward<AlphaPrice> for Echo {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        Bet(0.0).forward(call).await
    }
}

/// Says that the price moves by so many typical moves, whatever happens: up above 0, down below. Somebody who has one
/// hotkey that says up and one that says down is right with one of them each time.
#[derive(Debug, Clone, Copy)]
pub struct Bet(pub f64);

#[async_trait]
impl Forward<AlphaPrice> for Bet {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        let Question { past, due } = call.request;
        let last = past.last().ok_or_else(|| Refusal::invalid("there are no prices"))?;
        let unit = typical_move(&past, due.saturating_sub(last.block)).unwrap_or_default();
        Ok(Forecast { tao: last.tao + self.0 * unit })
    }
}

/// Bets up or down as a coin falls.
#[derive(Debug, Clone, Copy)]
pub struct Gambler;

#[async_trait]
impl Forward<AlphaPrice> for Gambler {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        // The last digits of a price are a coin, and one that falls the same way in every run.
        let coin = call.request.past.last().map_or(0, |price| price.tao.to_bits().count_ones());
        Bet(if coin.is_multiple_of(2) { 1.0 } else { -1.0 }).forward(call).await
    }
}
