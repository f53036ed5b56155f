//! The ledger in memory: whatever it is asked, it says what the file says.

use std::time::{Duration, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subnetkit_protocol::Hotkey;
use subnetkit_validator::ledger::{
    MemoryLedger, PlayedRound, Retention, RoundRecord, RoundState, SettledRecord, SettledRound, Told,
};
use subnetkit_validator::{Ledger, OutcomeKind, Scores};

use crate::ledger::{KEEP, answer, answered, asked, open, refused, round, timed_out};
use crate::support::{hotkey, metagraph};

/// Rounds that both keep.
const KEPT: u64 = 40;

/// One hotkey of a round: who, how it ended, and its score.
type Asked = (u8, OutcomeKind, Option<f64>);

fn random_round(rng: &mut StdRng, hotkeys: std::ops::Range<u8>) -> Vec<Asked> {
    let asked = hotkeys.filter(|_| rng.random_bool(0.8)).collect::<Vec<_>>();
    let one = |n| {
        let score = rng.random_bool(0.9).then(|| match n % 4 {
            0 => 0.0,
            1 => 1.0,
            _ => rng.random_range(0.0..3.0),
        });
        (n, [OutcomeKind::Answered, OutcomeKind::TimedOut, OutcomeKind::Refused][usize::from(n % 3)], score)
    };
    asked.into_iter().map(one).collect()
}

fn told(asked: &[Asked]) -> impl Iterator<Item = Told> {
    asked.iter().map(|&(n, outcome, score)| {
        let elapsed = (outcome == OutcomeKind::Answered).then_some(Duration::from_micros(1500));
        Told { hotkey: hotkey(n), outcome, elapsed, score }
    })
}

fn played(asked: &[Asked]) -> PlayedRound {
    let (state, asked) = (RoundState::Scored, told(asked).collect());
    PlayedRound { at: UNIX_EPOCH, state, asked, settled: Vec::new() }
}

/// Compared in everything but the time of day.
fn assert_alike(memory: &Ledger, file: &Ledger, rounds: u32) {
    assert_eq!(memory.last_round(), file.last_round());
    assert_eq!(memory.outcomes(rounds), file.outcomes(rounds), "outcomes of {rounds}");
    let (remembered, written) = (memory.scores(rounds), file.scores(rounds));
    assert_eq!(
        remembered.keys().collect::<Vec<_>>(),
        written.keys().collect::<Vec<_>>(),
        "of {rounds} rounds"
    );
    for (hotkey, written) in &written {
        let plain = |scored: &subnetkit_validator::ledger::Scored| {
            (scored.round, scored.settled_in, scored.outcome, scored.elapsed, scored.score)
        };
        let remembered: Vec<_> = remembered[hotkey].iter().map(plain).collect();
        assert_eq!(remembered, written.iter().map(plain).collect::<Vec<_>>());
        let newest: Vec<_> = memory.history(hotkey, 5).iter().map(plain).collect();
        assert_eq!(newest, file.history(hotkey, 5).iter().map(plain).collect::<Vec<_>>());
    }
}

fn assert_same_averages(memory: &Ledger, file: &Ledger, most: u32) {
    for (alpha, rounds) in [(0.2, 7), (0.9, most), (0.01, 25), (1.0, 3), (0.0, 10), (0.5, 0)] {
        let (remembered, told) = (memory.ema(alpha, rounds), file.ema(alpha, rounds));
        assert_eq!(remembered.keys().collect::<Vec<_>>(), told.keys().collect::<Vec<_>>());
        for (hotkey, told) in told {
            let remembered = remembered[&hotkey];
            // Averages whose beginning is worth less than the last bit need not be told anew.
            let close = (remembered - told).abs() <= told * 4.0 * f64::EPSILON;
            assert!(close, "alpha {alpha} over {rounds}: {remembered} and not {told}");
        }
    }
}

#[tokio::test]
async fn a_ledger_in_memory_says_what_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Retention { rounds: KEPT, ..KEEP };
    let store = open(&folder.path().join("ledger.sqlite"), keep).await;
    let file = store.view().unwrap();
    let mut memory = MemoryLedger::new(KEPT);
    let mut rng = StdRng::seed_from_u64(11);
    for number in 1..=150_u8 {
        // Hotkeys come and go: every one that leaves is forgotten some day, and its place is another's.
        let asked = random_round(&mut rng, number / 2..number / 2 + 12);
        let outcome = |kind| match kind {
            OutcomeKind::Answered => answered(),
            OutcomeKind::TimedOut => timed_out(),
            _ => refused(),
        };
        let recorded = asked.iter().map(|&(n, kind, score)| answer(n, outcome(kind), score));
        let id = round(&store, recorded.collect()).await;
        assert_eq!(memory.next_round(), id);
        memory.record(played(&asked));
        if number % 3 == 0 {
            assert_same_averages(memory.view(), &file, 1000);
        }
        if number % 20 == 0 {
            for rounds in [1, 10, 1000] {
                assert_alike(memory.view(), &file, rounds);
            }
        }
    }
}

#[test]
fn an_average_kept_up_to_date_is_the_one_told_from_the_beginning() {
    let mut rng = StdRng::seed_from_u64(5);
    let mut memory = MemoryLedger::new(2_000);
    let mut rounds: Vec<Scores> = Vec::new();
    for number in 0..1_200_u32 {
        let asked: Vec<Asked> = (0..6)
            .map(|n| {
                // One good until it never is again, one that never was, one that begins late.
                let score = match n {
                    0 if number > 300 => 0.0,
                    1 => 0.0,
                    2 if number < 600 => return (n, OutcomeKind::TimedOut, None),
                    _ => rng.random_range(0.0..1.0),
                };
                (n, OutcomeKind::Answered, Some(score))
            })
            .collect();
        rounds.push(asked.iter().filter_map(|(n, _, score)| Some((hotkey(*n), (*score)?))).collect());
        memory.record(played(&asked));
        let newest = memory.view().ema(0.2, 500);
        if number % 90 == 0 || number == 850 {
            let anew = Ledger::of_rounds(&rounds).unwrap();
            let fold = |scores: Vec<subnetkit_validator::ledger::Scored>| {
                scores.iter().fold(0.0, |ema, scored| ema + 0.2 * (scored.score - ema))
            };
            for (hotkey, scores) in anew.scores(500) {
                let (kept, told) = (newest[&hotkey], fold(scores));
                assert!(
                    (kept - told).abs() <= told * 4.0 * f64::EPSILON,
                    "round {number}: {kept}, not {told}"
                );
            }
        }
    }
    assert_eq!(
        memory.view().ema(0.2, 500)[&hotkey(0)],
        0.0,
        "what has left the window is worth nothing at all"
    );
}

#[tokio::test]
async fn scores_that_come_late_count_from_the_round_they_come_in_as_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), Retention { rounds: KEPT, ..KEEP }).await;
    let file = store.view().unwrap();
    let mut memory = MemoryLedger::new(KEPT);
    let mut rng = StdRng::seed_from_u64(3);
    let mut waiting: Vec<u64> = Vec::new();
    let subnet = std::sync::Arc::new(metagraph(&[]));
    for _ in 0..60 {
        // Some scores are known at once, some come later, some come twice, and some rounds wait in vain.
        let id =
            asked(&store, &(0..8).map(|n| answer(n, answered(), None)).collect::<Vec<_>>(), "\"hi\"").await;
        let mut settled = Vec::new();
        let asked_about: Vec<u64> = waiting.iter().copied().filter(|_| rng.random_bool(0.4)).collect();
        for round in asked_about {
            store.begin_settling(round, id).await.unwrap();
            let known: Vec<u8> = (0..8).filter(|_| rng.random_bool(0.5)).collect();
            let mut scores: Scores = known.iter().map(|n| (hotkey(*n), rng.random_range(0.0..2.0))).collect();
            let told: Vec<Told> = scores.iter().map(|(hotkey, score)| one(hotkey, Some(score))).collect();
            let state = match rng.random_range(0..3) {
                0 => {
                    scores = scores.and_later();
                    RoundState::Open
                }
                1 => RoundState::Failed("in vain".to_owned()),
                _ => RoundState::Scored,
            };
            if let RoundState::Failed(reason) = &state {
                store.let_lapse(round, reason.clone()).await.unwrap();
                settled.push(SettledRound { round, at: UNIX_EPOCH, state: state.clone(), told: vec![] });
            } else {
                let subnet = std::sync::Arc::clone(&subnet);
                store.settle_round(SettledRecord { round, turn: id, scores, subnet }).await.unwrap();
                settled.push(SettledRound { round, at: UNIX_EPOCH, state: state.clone(), told });
            }
            if state != RoundState::Open {
                waiting.retain(|waits| *waits != round);
            }
        }
        let known: Scores =
            (0..8).filter(|_| rng.random_bool(0.3)).map(|n| (hotkey(n), f64::from(n))).collect();
        let later = rng.random_bool(0.7);
        let state = if later { RoundState::Open } else { RoundState::Scored };
        let told = (0..8).map(|n| one(hotkey(n), known.get(&hotkey(n)))).collect();
        let scores = if later { known.and_later() } else { known };
        store.close_round(RoundRecord { id, state: state.clone(), scores }).await.unwrap();
        memory.record(PlayedRound { at: UNIX_EPOCH, state, asked: told, settled });
        if later {
            waiting.push(id);
        }
        assert_same_averages(memory.view(), &file, KEPT as u32);
        assert_alike(memory.view(), &file, 10);
    }
}

fn one(hotkey: Hotkey, score: Option<f64>) -> Told {
    let elapsed = Some(Duration::from_micros(1500));
    Told { hotkey, outcome: OutcomeKind::Answered, elapsed, score }
}
