//! Claims about a report, to be made in tests. What does not hold panics with the numbers.
#![expect(clippy::panic, reason = "an assertion that does not hold is a panic")]

use crate::report::{Report, Strategy};

/// Each panics where its claim does not hold, and where a name is not one of the report's.
impl Report {
    /// Each hotkey of `more` earns more than each of `less`, on average over all epochs.
    #[track_caller]
    pub fn assert_earns_more(&self, more: &str, less: &str) {
        let (richer, poorer) = (self.expect_strategy(more), self.expect_strategy(less));
        let (one, other) = (richer.earned_per_identity(), poorer.earned_per_identity());
        if one <= other {
            let claim = format!("{more:?} does not earn more than {less:?}");
            self.fail(&claim, &format!("{} α and {} α per hotkey", alpha(one), alpha(other)));
        }
    }

    /// The strategy is left with more than nothing after its registrations, its work and its bribes.
    #[track_caller]
    pub fn assert_profitable(&self, name: &str) {
        let strategy = self.expect_strategy(name);
        if strategy.net() <= 0 {
            self.fail(&format!("{name:?} does not pay"), &sum_of(strategy));
        }
    }

    /// The strategy is left with nothing, or with a loss, after its registrations, its work and its bribes.
    #[track_caller]
    pub fn assert_unprofitable(&self, name: &str) {
        let strategy = self.expect_strategy(name);
        if strategy.net() > 0 {
            self.fail(&format!("{name:?} pays"), &sum_of(strategy));
        }
    }

    /// All identities of the strategy together earn less than `limit` times what its operator earns with one of them in
    /// the same subnet: with 1.0 they are worth nothing.
    #[track_caller]
    pub fn assert_sybil_gain_below(&self, limit: f64, name: &str) {
        let strategy = self.expect_strategy(name);
        let Some((gain, alone)) = strategy.sybil_gain().zip(strategy.alone) else {
            panic!(
                "{name:?} has one identity on each machine, so several are nothing to gain from: give it more with \
                 `Miner::sybil` or `Miner::identities`"
            );
        };
        if gain >= limit {
            let numbers = format!(
                "{} hotkeys earn {} α, {gain:.3} times the {} α of one alone",
                strategy.identities,
                alpha(strategy.earned as f64),
                alpha(alone.earned as f64),
            );
            self.fail(&format!("the sybil gain of {name:?} is not below {limit}"), &numbers);
        }
    }

    /// The strategy has more than this part, 0 to 1, of what all miners earn.
    #[track_caller]
    pub fn assert_share_above(&self, name: &str, share: f64) {
        let strategy = self.expect_strategy(name);
        if strategy.share <= share {
            self.fail(
                &format!("{name:?} has no share above {share}"),
                &format!("it is {:.4}", strategy.share),
            );
        }
    }

    /// The strategy has less than this part, 0 to 1, of what all miners earn.
    #[track_caller]
    pub fn assert_share_below(&self, name: &str, share: f64) {
        let strategy = self.expect_strategy(name);
        if strategy.share >= share {
            self.fail(
                &format!("{name:?} has no share below {share}"),
                &format!("it is {:.4}", strategy.share),
            );
        }
    }

    #[track_caller]
    fn expect_strategy(&self, name: &str) -> &Strategy {
        let Some(strategy) = self.strategy(name) else {
            let names: Vec<_> =
                self.strategies.iter().map(|strategy| format!("{:?}", strategy.name)).collect();
            panic!("no miner is named {name:?}: there are {}", names.join(", "));
        };
        strategy
    }

    #[track_caller]
    fn fail(&self, claim: &str, numbers: &str) -> ! {
        panic!("{claim}: {numbers}\n\n{}", self.to_table());
    }
}

fn sum_of(strategy: &Strategy) -> String {
    format!(
        "it earned {} α, and paid {} α for {} registrations, {} α for its work and {} α in bribes, which leaves {} α",
        alpha(strategy.earned as f64),
        alpha(strategy.registration_cost as f64),
        strategy.registrations,
        alpha(strategy.work_cost as f64),
        alpha(strategy.bribes_paid as f64),
        alpha(strategy.net() as f64),
    )
}

fn alpha(rao: f64) -> String {
    format!("{:.4}", rao / 1e9)
}
