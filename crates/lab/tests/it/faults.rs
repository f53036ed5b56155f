//! Hooks that break, and laboratories that cannot be: each ends in an error that names what is at fault.

use std::time::Duration;

use async_trait::async_trait;
use subnetkit_chain::Metagraph;
use subnetkit_lab::{Hook, Lab, LabError, Miner, Rules, Validator};
use subnetkit_miner::{Call, Forward, Refusal};
use subnetkit_validator::{Answer, Ledger, Reward, Round, Score, Scores, Task, Weights};

use crate::support::{Judge, Square, Squarer, lab};

/// What a broken hook does.
#[derive(Clone, Copy)]
enum Fault {
    Panics,
    WaitsForEver,
    YieldsForEver,
    Computes,
}

impl Fault {
    async fn strike(self) {
        match self {
            Self::Panics => panic!("no luck"),
            Self::WaitsForEver => std::future::pending().await,
            Self::YieldsForEver => loop {
                tokio::task::yield_now().await;
            },
            Self::Computes => std::thread::sleep(Duration::from_secs(5)),
        }
    }
}

/// A judge that breaks in one of its hooks in the third round.
#[derive(Clone, Copy)]
struct Broken {
    hook: Hook,
    fault: Fault,
}

#[async_trait]
impl Score<Square> for Broken {
    async fn task(&self, round: &Round) -> Task<Square> {
        if self.hook == Hook::Task && round.id == 3 {
            self.fault.strike().await;
        }
        let task = Judge::default().task(round).await;
        task.with_notes(serde_json::json!(round.id))
    }

    async fn score(&self, task: &Task<Square>, answers: &[Answer<Square>]) -> Scores {
        if self.hook == Hook::Score && task.notes() == 3 {
            self.fault.strike().await;
        }
        match self.hook {
            Hook::Settle => Scores::later(),
            _ => Judge::default().score(task, answers).await,
        }
    }

    async fn settle(&self, now: &Round, _: &Task<Square>, _: &[Answer<Square>]) -> Scores {
        if now.id == 3 {
            self.fault.strike().await;
        }
        Scores::later()
    }
}

fn broken(hook: Hook, fault: Fault) -> Lab<Square> {
    lab([Miner::honest(Squarer)]).score(Broken { hook, fault }).epochs(4)
}

#[test]
fn a_hook_that_panics_is_named_with_its_round() {
    for hook in [Hook::Task, Hook::Score, Hook::Settle] {
        let error = broken(hook, Fault::Panics).run().unwrap_err();
        let LabError::HookPanicked { hook: named, at, message } = &error else { panic!("{error}") };
        assert_eq!((*named, at.round, at.epoch, message.as_str()), (hook, 3, 3, "no luck"));
        let said = error.to_string();
        assert!(
            said.contains(&format!("the {hook} hook of validator \"honest 1\" panicked in round 3")),
            "{said}"
        );
    }
}

#[test]
fn a_hook_that_waits_for_ever_is_named_at_once() {
    for hook in [Hook::Task, Hook::Score, Hook::Settle] {
        let error = broken(hook, Fault::WaitsForEver).run().unwrap_err();
        let LabError::HookTimedOut { hook: named, at, .. } = &error else { panic!("{error}") };
        assert_eq!((*named, at.round), (hook, 3));
    }
}

#[test]
fn a_hook_that_comes_nowhere_is_named() {
    let error = broken(Hook::Score, Fault::YieldsForEver).run().unwrap_err();
    assert!(
        matches!(&error, LabError::HookRestless { hook: Hook::Score, at, .. } if at.round == 3),
        "{error}"
    );
    let error = broken(Hook::Task, Fault::Computes).patience(Duration::from_millis(500)).run().unwrap_err();
    let LabError::HookStuck { hook, at, .. } = &error else { panic!("{error}") };
    assert_eq!((*hook, at.round, at.epoch), (Hook::Task, 3, 3));
    assert!(error.to_string().contains("patience"), "{error}");
}

/// A miner that breaks.
struct BrokenMiner(Fault);

#[async_trait]
impl Forward<Square> for BrokenMiner {
    async fn forward(&self, _: Call<u64>) -> Result<u64, Refusal> {
        self.0.strike().await;
        Err(Refusal::invalid("unused"))
    }
}

#[test]
fn a_miner_that_panics_is_named_and_one_that_never_answers_times_out() {
    let error =
        lab([Miner::honest(Squarer), Miner::new("broken", BrokenMiner(Fault::Panics))]).run().unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("the forward hook of miner \"broken\"")
            && said.contains("panicked when asked by validator"),
        "{said}"
    );

    let silent = Miner::new("silent", BrokenMiner(Fault::WaitsForEver));
    let report = lab([Miner::honest(Squarer), silent]).run().unwrap();
    let silent = report.strategy("silent").unwrap();
    assert_eq!((silent.answers, silent.unanswered, silent.earned), (0, 60, 0));
}

#[derive(Clone, Copy)]
struct BadReward(f64);

impl Reward for BadReward {
    fn reward(&self, _: &Ledger, subnet: &Metagraph) -> Weights {
        assert!(self.0 < 1.0, "too much");
        subnet.neurons.iter().map(|neuron| (neuron.hotkey, self.0)).collect()
    }
}

#[test]
fn a_reward_that_is_none_is_named() {
    let error = lab([Miner::honest(Squarer)]).reward(BadReward(f64::NEG_INFINITY)).run().unwrap_err();
    assert!(error.to_string().contains("honest 1 in epoch 1"), "{error}");
    let error = lab([Miner::honest(Squarer)]).reward(BadReward(2.0)).run().unwrap_err();
    assert!(error.to_string().starts_with("the reward hook of validator \"honest 1\" panicked"), "{error}");
    // Nothing for anybody is no fault, and sets nothing.
    let report = lab([Miner::honest(Squarer)]).reward(BadReward(0.0)).run().unwrap();
    let honest = report.validator("honest").unwrap();
    assert_eq!((honest.withheld.times, report.strategy("honest").unwrap().earned), (60, 0));
    assert!(honest.withheld.last_reason.as_ref().unwrap().contains("when_all_zero"), "{honest:?}");
}

#[test]
fn what_cannot_be_played_is_named() {
    let refused = |lab: Lab<Square>, words: &str| {
        let error = lab.run().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let honest = || Miner::honest(Squarer);
    refused(lab([]), "`miners` are none");
    refused(lab([honest()]).validators([]), "`validators` are none");
    refused(lab([honest(), honest()]), "`honest` names two kinds of miners");
    refused(
        lab([honest()]).validators([Validator::honest(1.0), Validator::honest(2.0)]),
        "two kinds of validators",
    );
    refused(lab([honest(), Miner::copycat("nobody")]), "`copycat` copies \"nobody\"");
    refused(
        lab([honest(), Miner::copycat("honest"), Miner::copycat("copycat").named("third")]),
        "let it copy the original",
    );
    refused(lab([honest().count(0)]), "is nobody");
    refused(lab([honest().count(70_000)]), "more than 65536 hotkeys");
    refused(lab([honest().skill(1.5)]), "skill of 1.5");
    refused(lab([honest().cost(-1.0)]), "`cost`");
    refused(lab([Miner::intermittent(Squarer, 0, 1)]), "is never there");
    refused(lab([honest()]).validators([Validator::colluding(1.0, "nobody")]), "colludes with \"nobody\"");
    refused(lab([honest()]).validators([Validator::honest(f64::NAN)]), "stake");
    refused(lab([honest()]).rules(Rules { tempo: 0, ..Rules::default() }), "`tempo` must be at least 1");
    refused(lab([honest()]).epochs(0), "`epochs`");
    refused(lab([honest()]).rounds_per_epoch(0), "`rounds_per_epoch`");
}
