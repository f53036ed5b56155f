//! What miners and validators do, in words, for whoever reads a report.

use std::time::Duration;

use subnetkit_protocol::Synapse;

use crate::miner::{Answers, Miner};
use crate::number::{percent, plain};
use crate::validator::{Conduct, Validator};

impl<S: Synapse> Miner<S> {
    /// What it does, in words.
    pub(crate) fn about(&self) -> String {
        let habits = &self.habits;
        let mut words = vec![match &self.answers {
            Answers::Whole(_) => "answers by its own hook".to_owned(),
            Answers::Streamed(_) => "streams by its own hook".to_owned(),
            Answers::CopiedFrom(victim) => format!("copies “{victim}”"),
        }];
        words.push(format!("{} away", milliseconds(habits.latency)));
        if habits.work > Duration::ZERO {
            words.push(format!("{} of work per answer", milliseconds(habits.work)));
        }
        if habits.cost != 0.0 {
            words.push(format!("{} α per answer", plain(habits.cost)));
        }
        if habits.identities > 1 {
            words.push(format!("{} hotkeys on one machine", habits.identities));
        }
        if habits.diligence < 1.0 {
            words.push(format!("refuses {} of its requests", percent(1.0 - habits.diligence)));
        }
        if habits.skill < 1.0 {
            words.push(format!("right in {} of its answers", percent(habits.skill)));
        }
        if habits.bribe > 0.0 {
            words.push(format!("hands {} of its earnings to colluding validators", percent(habits.bribe)));
        }
        if habits.joins_at > 1 {
            words.push(format!("joins in epoch {}", habits.joins_at));
        }
        if let Some(rhythm) = habits.rhythm {
            words.push(format!("there for {} epochs, gone for {}", rhythm.on, rhythm.off));
        }
        if habits.rejoins {
            words.push("registers again when it loses its place".to_owned());
        }
        words.join(", ")
    }
}

impl Validator {
    /// What it does, in words.
    pub(crate) fn about(&self) -> String {
        let what = match &self.conduct {
            Conduct::Honest => "asks, scores and rewards by the hooks".to_owned(),
            Conduct::CopiesWeights => "sets the mean of the weights that the chain shows".to_owned(),
            Conduct::Lazy => "scores once, then repeats its weights".to_owned(),
            Conduct::ColludesWith(strategy) => format!("gives all its weight to “{strategy}”"),
        };
        format!("{what}, {} α of stake each", plain(self.stake))
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", plain(duration.as_secs_f64() * 1_000.0))
}
