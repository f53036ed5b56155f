//! Rounds that ask for streams, of miners that speak, fall silent, break off and never end.

use subnetkit_miner::{Chunks, ForwardStream, produce};

use super::*;
use crate::answer::Piece;
use crate::ema::Ema;
use crate::ledger::RoundRange;
use crate::replay::{Verdict, replay_scores};

/// How a miner speaks.
#[derive(Clone, Copy)]
enum Manner {
    /// Three words, with a breath between them.
    Whole,
    /// Nothing, and that is all.
    Silent,
    /// Two words, and then it fails.
    Breaks,
    /// One word, and then nothing more comes.
    Stalls,
    /// Word after word.
    Endless,
}

#[async_trait]
impl ForwardStream<Echo> for Manner {
    async fn stream(&self, _: Call<Value>) -> Result<Chunks<Value>, Refusal> {
        let manner = *self;
        Ok(produce(async move |out| {
            let words = match manner {
                Self::Whole => 3,
                Self::Silent => 0,
                Self::Breaks => 2,
                Self::Stalls => 1,
                Self::Endless => u32::MAX,
            };
            for word in 0..words {
                if word > 0 && matches!(manner, Self::Whole) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                out.send(json!({ "word": word })).await?;
            }
            match manner {
                Self::Breaks => Err(Refusal::internal("it lost the thread")),
                Self::Stalls => std::future::pending().await,
                _ => Ok(()),
            }
        }))
    }
}

async fn speaker(hotkey: &Keypair, manner: Manner) -> (SocketAddr, DropGuard) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = MinerConfig { listen, ..MinerConfig::default() };
    let axon = Axon::new(hotkey.clone(), config).serve_stream::<Echo>(manner).bind().await.unwrap();
    let standing = Standing { uid: 0, validator_permit: true, stake_rao: 1, owner: false };
    axon.roster().publish(Roster { block: 1, members: [(me().account(), standing)].into() });
    let (address, stop) = (axon.local_addr(), CancellationToken::new());
    tokio::spawn(axon.run(stop.clone()));
    (address, stop.drop_guard())
}

/// Asks everyone to speak, and judges by everything there is of what they said.
#[derive(Clone, Copy)]
struct Listener;

#[async_trait]
impl Score<Echo> for Listener {
    async fn task(&self, round: &Round) -> Task<Echo> {
        let task = Task::same(json!("speak"), round.sample.iter().copied());
        task.streamed().with_timeout(Duration::from_secs(2))
    }

    async fn score(&self, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        assert!(task.is_streamed());
        answers.iter().map(|answer| (answer.hotkey, worth(answer))).collect()
    }
}

fn worth(answer: &Answer<Echo>) -> f64 {
    let times = |pieces: &[Piece<Value>]| -> f64 {
        for (n, piece) in pieces.iter().enumerate() {
            assert_eq!(piece.value, json!({ "word": n }));
        }
        pieces.iter().map(|piece| piece.at.as_secs_f64()).sum()
    };
    match answer.pieces() {
        Some(pieces) => {
            assert!(answer.partial.is_empty());
            assert!(answer.evidence.as_ref().is_some_and(|evidence| evidence.verify().is_ok()));
            100.0 + pieces.len() as f64 + times(pieces)
        }
        None => answer.partial.len() as f64 + times(&answer.partial),
    }
}

fn key(name: &str) -> Keypair {
    Keypair::from_uri(&format!("//{name}"), Scheme::Sr25519).unwrap()
}

/// A miner whose stream no signature follows.
async fn forger() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/echo", post(|| async { "{\"word\":0}\n{\"word\":1}\n" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn a_stream_is_judged_by_its_pieces_and_one_that_broke_off_by_how_it_ended() {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.max_response_pieces = 50;
    let bench = bench_with(Listener, config).await;
    let manners = [
        ("whole", Manner::Whole, OutcomeKind::Streamed),
        ("silent", Manner::Silent, OutcomeKind::Streamed),
        ("breaks", Manner::Breaks, OutcomeKind::Unreachable),
        ("stalls", Manner::Stalls, OutcomeKind::TimedOut),
        ("endless", Manner::Endless, OutcomeKind::TooManyPieces),
    ];
    let (mut axons, mut expected, mut guards) = (Vec::new(), Vec::new(), Vec::new());
    for (name, manner, kind) in manners {
        let (address, guard) = speaker(&key(name), manner).await;
        axons.push((key(name).account(), Some(address)));
        expected.push((key(name).account(), kind));
        guards.push(guard);
    }
    axons.push((hotkey(1), Some(forger().await)));
    expected.push((hotkey(1), OutcomeKind::Forged));
    // One that knows this synapse, but answers it in one piece.
    let (address, _guard) = axon(&key("old")).await;
    axons.push((key("old").account(), Some(address)));
    expected.push((key("old").account(), OutcomeKind::Malformed));
    expected.sort_by_key(|(hotkey, _)| *hotkey);

    let report = bench.rounds.run(metagraph(&axons)).await.unwrap();
    assert_eq!(report.failure, None);
    let kinds: Vec<_> = report.entries.iter().map(|entry| (entry.hotkey, entry.outcome)).collect();
    assert_eq!(kinds, expected);
    let entry = |hotkey| *report.entries.iter().find(|entry| entry.hotkey == hotkey).unwrap();
    let whole = entry(key("whole").account());
    // The third word comes two breaths after the first, and the end after it.
    let score = whole.score.unwrap();
    assert!(score > 103.015 && score < 110.0, "{whole:?}");
    assert!(whole.elapsed.unwrap() >= Duration::from_millis(10), "{whole:?}");
    assert_eq!(entry(key("silent").account()).score, Some(100.0));
    for (name, words) in [("stalls", 1.0), ("endless", 50.0)] {
        let entry = entry(key(name).account());
        assert!(entry.score.unwrap() >= words && entry.score.unwrap() < words + 100.0, "{name}: {entry:?}");
        assert_eq!(entry.elapsed, None, "{name}");
    }
    assert_eq!(entry(hotkey(1)).score.unwrap().floor(), 2.0, "what came is seen, and forged all the same");
    assert_eq!(bench.ledger.view().unwrap().outcomes(1)[&hotkey(1)], [(OutcomeKind::Forged, 1)].into());

    // The ledger has all of it, to the nanosecond.
    let range = RoundRange::Newest(1);
    let replayed = replay_scores::<Echo>(&bench.config, 1, range, Listener, Ema::default()).await.unwrap();
    assert_eq!(replayed.rounds[0].verdict, Verdict::Judged);
    for score in &replayed.rounds[0].scores {
        assert_eq!(score.recorded, score.today);
    }
}

#[tokio::test]
async fn a_stream_whose_bodies_are_not_kept_is_named() {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.ledger_body_bytes = 20;
    let bench = bench_with(Listener, config).await;
    let (address, _guard) = speaker(&key("whole"), Manner::Whole).await;
    let subnet = metagraph(&[(key("whole").account(), Some(address))]);
    assert_eq!(bench.rounds.run(subnet).await.unwrap().failure, None);
    let range = RoundRange::Newest(1);
    let replayed = replay_scores::<Echo>(&bench.config, 1, range, Listener, Ema::default()).await.unwrap();
    let Verdict::NotKept { reason } = &replayed.rounds[0].verdict else { panic!("{replayed:?}") };
    assert!(reason.contains("ledger_body_bytes"), "{reason}");
}
