//! What will go wrong and when, drawn from a seed before anything runs.

use std::{collections::VecDeque, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use subnetkit_devnet::Variant;

use crate::stage::{miners::Whim, proxy::Passage};

/// How much goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    pub(crate) epochs: u64,
    pub(crate) kills: u64,
    pub(crate) tempo: u64,
    pub(crate) miners: usize,
}

/// Everything that will go wrong, by blocks from the beginning of the run, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kills: VecDeque<Kill>,
    pub(crate) disturbances: VecDeque<Disturbance>,
    pub(crate) upgrades: VecDeque<(u64, Variant)>,
    pub(crate) moods: VecDeque<(u64, usize, Whim)>,
}

/// One SIGKILL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kill {
    pub(crate) at: u64,
    /// What has to be written to the ledger first, from that block on.
    pub(crate) after_news_of: Option<&'static str>,
    /// And then this long.
    pub(crate) delay: Duration,
    /// Blocks until it is started again.
    pub(crate) down: u64,
}

/// Something between validator and chain, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disturbance {
    pub(crate) at: u64,
    pub(crate) blocks: u64,
    pub(crate) what: Trouble,
}

/// What can be wrong between validator and chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The proxy breaks every connection once.
    Cut,
    /// The proxy behaves like this for a while.
    Passage(Passage),
    /// The node answers this much later.
    SlowNode(Duration),
    /// The node refuses every request with this code.
    BusyNode(i32),
    /// The node refuses the next so many submissions with this code.
    SubmissionsRefused(i32, u32),
    /// The node breaks every connection once.
    NodeCut,
    /// The node breaks every connection and takes none.
    NodeRefuses,
    /// The node answers nothing; what it was asked meanwhile it does afterwards.
    NodeHangs,
}

/// Codes of nodes that are overloaded, of limits, and of an internal error.
const BUSY_CODES: [i32; 4] = [-32005, -32004, 429, -32603];
/// What a kill waits for: tables of the ledger.
const NEWS: [&str; 3] = ["round", "submission", "extrinsic"];
/// Runtimes that the chain is upgraded to in turn.
const UPGRADES: [Variant; 2] = [Variant::Newtyped, Variant::Reordered];

impl Trouble {
    /// Whether the validator's end of a connection is told: it is broken or an answer says so. If not, only time shows.
    pub(crate) const fn shows(self) -> bool {
        !matches!(
            self,
            Self::NodeHangs | Self::Passage(Passage::Silent | Passage::RequestsLost | Passage::AnswersLost)
        )
    }

    /// Whether the chain can be used while this lasts.
    pub(crate) const fn leaves_the_chain_usable(self) -> bool {
        match self {
            Self::SubmissionsRefused(..) => true,
            Self::SlowNode(delay) | Self::Passage(Passage::Late(delay)) => delay.as_millis() < 20,
            _ => false,
        }
    }

    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Cut => "connections cut",
            Self::Passage(Passage::Open) => "nothing",
            Self::Passage(Passage::Refused) => "nobody listening",
            Self::Passage(Passage::Silent) => "connections silent",
            Self::Passage(Passage::Late(_)) => "everything late",
            Self::Passage(Passage::RequestsLost) => "requests lost",
            Self::Passage(Passage::AnswersLost) => "answers lost",
            Self::SlowNode(_) => "answers late",
            Self::BusyNode(_) => "all requests refused",
            Self::SubmissionsRefused(..) => "submissions refused",
            Self::NodeCut => "connections cut by the node",
            Self::NodeRefuses => "the node taking no connections",
            Self::NodeHangs => "the node hanging",
        }
    }

    fn draw(random: &mut StdRng) -> Self {
        let code = *BUSY_CODES.choose(random).unwrap_or(&BUSY_CODES[0]);
        match random.random_range(0..14) {
            0 => Self::Cut,
            1 => Self::NodeCut,
            2 | 3 => Self::Passage(Passage::Refused),
            4 => Self::Passage(Passage::Silent),
            5 => Self::Passage(Passage::RequestsLost),
            6 => Self::Passage(Passage::AnswersLost),
            7 => Self::Passage(Passage::Late(Duration::from_millis(random.random_range(1..80)))),
            8 => Self::SlowNode(Duration::from_millis(random.random_range(1..80))),
            9 => Self::BusyNode(code),
            10 => Self::NodeRefuses,
            11 => Self::NodeHangs,
            _ => Self::SubmissionsRefused(code, random.random_range(1..4)),
        }
    }
}

impl Plan {
    pub(crate) fn draw(seed: u64, amount: Amount) -> Self {
        let random = &mut StdRng::seed_from_u64(seed);
        let end = amount.epochs * amount.tempo;
        let mut kills: Vec<_> = (0..amount.kills).map(|_| kill(random, end)).collect();
        kills.sort_by_key(|kill| kill.at);
        let disturbances = (0..amount.epochs).filter_map(|epoch| disturbance(random, epoch, amount.tempo));
        let disturbances = disturbances.collect();
        let upgrades = UPGRADES.iter().zip(1..).map(|(variant, turn)| (end * turn / 3, *variant)).collect();
        let changes = amount.epochs * 2;
        let mut moods: Vec<_> = (0..changes)
            .filter(|_| amount.miners > 0)
            .map(|_| {
                let whim = *Whim::ALL.choose(random).unwrap_or(&Whim::Honest);
                (random.random_range(0..end.max(1)), random.random_range(0..amount.miners), whim)
            })
            .collect();
        moods.sort_by_key(|(at, ..)| *at);
        Self { kills: kills.into(), disturbances, upgrades, moods: moods.into() }
    }
}

fn kill(random: &mut StdRng, end: u64) -> Kill {
    let after_news_of = random.random_bool(0.5).then(|| NEWS.choose(random).copied()).flatten();
    // What is aimed at happens within milliseconds of the news; what is not, at any time within a block.
    let delay = if after_news_of.is_some() { 0..40 } else { 0..250 };
    let down = match random.random_range(0..10) {
        0 => random.random_range(10..30),
        1 | 2 => random.random_range(1..6),
        _ => 0,
    };
    Kill {
        at: random.random_range(0..end.max(1)),
        after_news_of,
        delay: Duration::from_millis(random.random_range(delay)),
        down,
    }
}

/// At most one per epoch, in about a third of them, most of them short.
fn disturbance(random: &mut StdRng, epoch: u64, tempo: u64) -> Option<Disturbance> {
    if !random.random_bool(0.35) {
        return None;
    }
    let blocks = if random.random_bool(0.1) {
        random.random_range(tempo..tempo * 2)
    } else {
        random.random_range(1..9)
    };
    let at = epoch * tempo + random.random_range(0..tempo.max(1));
    Some(Disturbance { at, blocks, what: Trouble::draw(random) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_another_seed_another_one() {
        let amount = Amount { epochs: 100, kills: 200, tempo: 40, miners: 4 };
        let drawn = |seed| Plan::draw(seed, amount);
        let (one, same, other) = (drawn(1), drawn(1), drawn(2));
        assert_eq!(one.kills, same.kills);
        assert_eq!(one.disturbances, same.disturbances);
        assert_ne!(one.kills, other.kills);
        assert_eq!(one.kills.len(), 200);
        assert!(one.kills.iter().all(|kill| kill.at < 4_000));
        assert!(one.kills.iter().filter(|kill| kill.after_news_of.is_some()).count() > 50);
        assert!((20..60).contains(&one.disturbances.len()));
    }
}
