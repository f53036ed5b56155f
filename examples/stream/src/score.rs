//! The validator's first hook: what to ask, and what an answer is worth.

use std::time::Duration;

use subnetkit::prelude::*;
use subnetkit::rand::rngs::StdRng;
use subnetkit::rand::seq::index;
use subnetkit::rand::{Rng, SeedableRng};

use crate::model::MODEL;
use crate::{Beginning, Tale};

/// Words asked for.
pub const LENGTH: usize = 48;
/// The time a reader takes for a word. A word is late if it is not there when the reader comes to it.
pub const PACE: Duration = Duration::from_millis(10);
/// A word that is later than this is worth nothing.
pub const PATIENCE: Duration = Duration::from_millis(250);
/// Words that are looked at, beside the first. A tale of which a part is wrong passes with a chance of what is left of 1,
/// to this power.
const CHECKS: usize = 8;

/// Rewards right words that are there when a reader wants them.
///
/// The score is the mean over all words asked for. The first one is wanted at once, each other one [`PACE`] after the one
/// before; a word in time is worth 1, one that is late less, down to 0 at the end of the [`PATIENCE`]. So the time to the
/// first word, a steady pace and the end of the tale count, each for as much as a reader would mind. One wrong word found,
/// and nothing counts.
///
/// One machine must not be paid for many hotkeys. So model and patience belong together: before the subnet goes live, make
/// the model so large that an ordinary machine keeps up with one reader, and loses the patience of two.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judge;

#[async_trait]
impl Score<Tale> for Judge {
    /// Every miner tells a tale of its own, so that nobody can copy a word.
    async fn task(&self, round: &Round) -> Task<Tale> {
        let mut rng = StdRng::seed_from_u64(round.seed);
        let asks = round.sample.iter().map(|miner| {
            let word = MODEL.word(rng.random()).to_owned();
            (*miner, Beginning { word, length: LENGTH, seed: rng.random() })
        });
        Task::each(asks).streamed()
    }

    async fn score(&self, task: &Task<Tale>, answers: &[Answer<Tale>]) -> Scores {
        let score = |answer: &Answer<Tale>| match (task.request(&answer.hotkey), answer.pieces()) {
            (Some(beginning), Some(words)) if is_right(beginning, words) => punctuality(beginning, words),
            _ => 0.0,
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
    }
}

/// Spot checks: whether the first word and some others are what the model says after the words before them. If all words
/// pass, the whole tale is right, because the first does.
///
/// The places are drawn after the answers are in, and not from the round's seed: a miner that knew them could tell those
/// words alone.
fn is_right(beginning: &Beginning, words: &[Piece<String>]) -> bool {
    if words.is_empty() || words.len() > beginning.length {
        return false;
    }
    let right = |place: usize| {
        let before = place.checked_sub(1).map_or(&beginning.word, |before| &words[before].value);
        words[place].value == MODEL.next(before, beginning.seed, place)
    };
    let mut places =
        index::sample(&mut subnetkit::rand::rng(), words.len(), CHECKS.min(words.len())).into_iter();
    right(0) && places.all(right)
}

/// What all words asked for are worth by their times, 0 to 1. Those that never came are worth nothing.
fn punctuality(beginning: &Beginning, words: &[Piece<String>]) -> f64 {
    let worth = |(word, wanted): (&Piece<String>, Duration)| {
        let late = word.at.saturating_sub(wanted);
        (1.0 - late.as_secs_f64() / PATIENCE.as_secs_f64()).max(0.0)
    };
    let wanted = (0..).map(|place| PACE * place);
    words.iter().zip(wanted).map(worth).sum::<f64>() / beginning.length as f64
}
