//! The same subnet on the development chain and in the laboratory comes to the same results, to the last digit.

mod pair;

use std::collections::BTreeSet;

use serde_json::json;
use subnetkit_lab::chain::Rules;

use pair::{Member, Pair, member, rules};

const ALPHA: u64 = 1_000_000_000;
const EPOCHS: u64 = 20;

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A row over some of `neurons`, in any order, now and then with a zero or the validator itself in it.
    fn row(&mut self, neurons: u16) -> Vec<(u16, u16)> {
        let mut row = Vec::new();
        for uid in 0..neurons {
            if self.below(5) > 0 {
                row.push((uid, if self.below(8) == 0 { 0 } else { self.below(65_536) as u16 }));
            }
        }
        if self.below(4) == 0 {
            row.reverse();
        }
        row
    }
}

/// Stakes of the validators: alpha and, for one of them, TAO on root.
const STAKES: [(u64, u64); 4] =
    [(1_000 * ALPHA, 0), (2_500 * ALPHA, 7_000 * ALPHA), (700 * ALPHA, 0), (90 * ALPHA, 0)];

/// Plays a population through 20 epochs: validators whose weights differ and change, some of which forget to set them, miners
/// whose stake grows by what they earn, and in a full subnet newcomers that take their places.
async fn play(rules: Rules, differing: &[(&str, serde_json::Value)], seed: u64) {
    let mut pair = Pair::found(rules, differing).await;
    let validators: Vec<Member> =
        (0..STAKES.len()).map(|index| member(&format!("validator-{index}"))).collect();
    for (validator, (alpha, root)) in validators.iter().zip(STAKES) {
        pair.register(*validator).await.unwrap();
        pair.set_stake(*validator, alpha, root).await;
        pair.permit(*validator).await;
    }
    for index in 0..4 {
        pair.register(member(&format!("miner-{index}"))).await.unwrap();
    }
    // The owner is one more: the subnet is full.
    pair.set("min_allowed_uids", &json!(8)).await;
    pair.set("max_allowed_uids", &json!(9)).await;

    let mut dice = Dice(seed);
    let mut replaced = 0;
    let mut earned = BTreeSet::new();
    for epoch in 0..EPOCHS {
        for validator in &validators {
            if dice.below(6) > 0 {
                let row = dice.row(9);
                pair.set_weights(*validator, &row).await;
            }
        }
        if epoch % 6 == 5 {
            let newcomer = member(&format!("newcomer-{epoch}"));
            replaced +=
                usize::from(pair.register(newcomer).await.is_some_and(|made| made.replaced.is_some()));
        }
        let subnet = pair.advance_to_epoch().await;
        earned.extend(subnet.neurons.iter().map(|neuron| (neuron.incentive, neuron.dividends)));
    }
    // Nothing was compared if nothing happened.
    assert_eq!(replaced, 3);
    assert!(earned.len() > 50, "only {} different results", earned.len());
}

fn small() -> Rules {
    Rules { max_allowed_uids: 9, min_non_immune_uids: 2, immunity_period: 40, ..rules() }
}

/// What the chain must be told so that it goes by [`small`] rules; how many fit is set when they are there.
fn differing(more: &[(&'static str, serde_json::Value)]) -> Vec<(&'static str, serde_json::Value)> {
    let mut differing = vec![("min_non_immune_uids", json!(2)), ("immunity_period", json!(40))];
    differing.extend_from_slice(more);
    differing
}

#[tokio::test]
async fn weights_in_the_open() {
    let rules = Rules { commit_reveal_weights_enabled: false, ..small() };
    play(rules, &differing(&[]), 1).await;
}

#[tokio::test]
async fn commit_and_reveal() {
    play(small(), &differing(&[]), 2).await;
}

#[tokio::test]
async fn the_second_yuma_and_few_permits() {
    let rules = Rules {
        commit_reveal_weights_enabled: false,
        yuma3_on: false,
        max_allowed_validators: 3,
        bonds_penalty: 30_000,
        kappa: 40_000,
        ..small()
    };
    let told = [
        ("yuma3_enabled", json!(false)),
        ("max_allowed_validators", json!(3)),
        ("bonds_penalty", json!(30_000)),
        ("kappa", json!(40_000)),
    ];
    play(rules, &differing(&told), 3).await;
}

#[tokio::test]
async fn liquid_alpha_and_a_longer_way_to_the_reveal() {
    let rules = Rules { liquid_alpha_on: true, commit_reveal_period: 2, ..small() };
    let told = [("liquid_alpha_enabled", json!(true)), ("commit_reveal_weights_interval", json!(2))];
    play(rules, &differing(&told), 4).await;
}

#[tokio::test]
async fn the_price_of_registrations_and_the_pool() {
    let mut pair = Pair::found(rules(), &[]).await;
    let mut spent = Vec::new();
    for index in 0..6 {
        spent.push(pair.register(member(&format!("miner-{index}"))).await.unwrap().burn);
        if index % 3 == 2 {
            pair.mine(90).await;
        }
        pair.compare().await;
    }
    // Up by each registration, and down by the blocks between: 1.26 times the third would be the fourth's otherwise.
    assert!(spent[2] > spent[1] && spent[1] > spent[0], "{spent:?}");
    assert!(spent[3] < spent[2] * 11 / 10, "{spent:?}");
}

#[tokio::test]
async fn what_the_chain_buys_moves_the_price() {
    let mut pair = Pair::found(rules(), &[]).await;
    // Until the chain knows a price, the subnet gets no TAO.
    pair.mine(30).await;
    pair.let_tao_in().await;
    for _ in 0..5 {
        pair.mine(20).await;
        let now = pair.compare().await;
        assert!(now.tao_in > 1_015 * ALPHA, "{}", now.tao_in);
    }
    // With stake on root alpha goes in beside the TAO, the pool's weights leave one half, and its amounts are computed in
    // doubles here.
    let staker = member("staker");
    pair.register(staker).await.unwrap();
    pair.set_stake(staker, ALPHA, 20_000 * ALPHA).await;
    pair.mine(100).await;
    let (theirs, mine) = pair.both().await;
    let close = |mine: u64, theirs: u64| mine.abs_diff(theirs) <= 2;
    assert!(close(mine.tao_in, theirs.tao_in), "{} and {}", mine.tao_in, theirs.tao_in);
    assert!(close(mine.alpha_in, theirs.alpha_in), "{} and {}", mine.alpha_in, theirs.alpha_in);
    assert!(close(mine.alpha_out, theirs.alpha_out), "{} and {}", mine.alpha_out, theirs.alpha_out);
    assert_eq!(mine.neurons.last().unwrap().alpha_stake, theirs.neurons.last().unwrap().alpha_stake);
}
