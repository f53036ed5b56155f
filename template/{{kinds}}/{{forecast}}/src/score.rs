//! The validator's first hook: what to ask, and, once the price is there, what an answer was worth.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use subnetkit::prelude::*;
use subnetkit::serde_json::json;

use crate::price::typical_move;
use crate::record::Record;
use crate::{AlphaPrice, Forecast, Price, Question};

/// The price to forecast is this part of an epoch ahead: 72 blocks, a quarter of an hour, where an epoch has 360 blocks.
pub const PART_OF_EPOCH: u16 = 5;
/// What comes later is no forecast. Who waits knows more, and may have seen what others say.
pub const CUT_OFF: Duration = Duration::from_secs(2);
/// How many typical moves of the price a single forecast can win or lose.
pub const REACH: f64 = 2.0;
/// Prices that a request carries, at most.
const PAST: usize = 64;
/// Prices that a request carries, at least.
const ENOUGH: usize = 3;
/// A price that moves less than this part of itself does not move.
const STILL: f64 = 1e-7;

/// Rewards whoever forecasts better than "the price stays", again and again.
///
/// A forecast wins by how much it was nearer to the price than the last price was, and loses by how much it was further
/// away, in typical moves. The score is what a miner's forecasts win on average ([`Record::skill`]), so that the newest
/// one moves it a little. On average nothing wins more than saying what one thinks: what can be won or lost is a straight
/// line in the error, and its unit is known before the answers are.
#[derive(Debug, Default)]
pub struct Judge {
    memory: Mutex<Memory>,
}

/// What a validator has seen since it was started.
#[derive(Debug, Clone, Default)]
struct Memory {
    /// The newest prices, oldest first.
    past: Vec<Price>,
    records: BTreeMap<Hotkey, Record>,
}

impl Clone for Judge {
    /// Another judge with the same memory: from now on each sees for itself.
    fn clone(&self) -> Self {
        Self { memory: Mutex::new(self.memory().clone()) }
    }
}

#[async_trait]
impl Score<AlphaPrice> for Judge {
    /// Asks nobody until it has seen enough of the price to say what a typical move is.
    async fn task(&self, round: &Round) -> Task<AlphaPrice> {
        let past = self.memory().see(Price::of(&round.subnet));
        let ahead = u64::from((round.subnet.tempo / PART_OF_EPOCH).max(1));
        let (Some(last), Some(unit)) = (past.last(), typical_move(&past, ahead)) else {
            return Task::nobody();
        };
        if past.len() < ENOUGH {
            return Task::nobody();
        }
        let notes = json!({ "unit": unit.max(last.tao * STILL) });
        let question = Question { due: last.block + ahead, past };
        Task::same(question, round.sample.iter().copied()).with_timeout(CUT_OFF).with_notes(notes)
    }

    /// Nobody can say yet: [`Judge::settle`] does.
    async fn score(&self, _: &Task<AlphaPrice>, answers: &[Answer<AlphaPrice>]) -> Scores {
        if answers.is_empty() { Scores::new() } else { Scores::later() }
    }

    async fn settle(&self, now: &Round, task: &Task<AlphaPrice>, answers: &[Answer<AlphaPrice>]) -> Scores {
        let asked = task.hotkeys().find_map(|miner| task.request(&miner));
        let (Some(Question { past, due }), Some(unit)) = (asked, task.notes()["unit"].as_f64()) else {
            return Scores::new();
        };
        let mut memory = self.memory();
        // After a restart, this is what is left of what was seen.
        memory.see(past.iter().copied());
        let (Some(last), Some(price)) = (past.last(), Price::of(&now.subnet)) else { return Scores::later() };
        if price.block < *due {
            return Scores::later();
        }
        // The validator was away, and nobody was asked for the price of today.
        if price.block > due + (due - last.block) {
            return Scores::new();
        }
        memory.records.retain(|miner, _| now.subnet.neuron(miner).is_some());
        let score = |answer: &Answer<AlphaPrice>| {
            // Silence counts as "the price stays", which anybody can say who would rather say nothing.
            let won = match answer.response() {
                Some((forecast, elapsed)) if elapsed <= CUT_OFF => won(*forecast, last.tao, price.tao, unit),
                _ => 0.0,
            };
            let record = memory.records.entry(answer.hotkey).or_default();
            record.add(won);
            (answer.hotkey, record.skill())
        };
        answers.iter().map(score).collect()
    }
}

impl Judge {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic elsewhere leaves nothing half done that matters here.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// All prices that are remembered, these included.
    fn see(&mut self, prices: impl IntoIterator<Item = Price>) -> Vec<Price> {
        self.past.extend(prices);
        self.past.sort_by_key(|price| price.block);
        self.past.dedup_by_key(|price| price.block);
        let old = self.past.len().saturating_sub(PAST);
        self.past.drain(..old);
        self.past.clone()
    }
}

/// What a forecast won, in typical moves, when the price was `last` and became `price`; `unit` is a typical move.
///
/// A forecast further than `REACH` from the last price counts as one at that distance. So nobody can win a year's pay
/// with one wild guess, nor lose it. To cut off losses instead, or errors, would make wild guesses pay.
pub fn won(forecast: Forecast, last: f64, price: f64, unit: f64) -> f64 {
    let said = if forecast.tao.is_nan() { last } else { forecast.tao };
    let said = said.clamp(last - REACH * unit, last + REACH * unit);
    ((price - last).abs() - (price - said).abs()) / unit
}
