//! The play itself: epoch after epoch, from the founding of the subnet to the report.
//!
//! An epoch is what it is on the chain: newcomers register, validators ask and judge, set weights shortly before the
//! epoch's end, and the chain pays. Validators are independent of each other and are played on all cores.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::weights::PrepareError;
use subnetkit_validator::{Weights, WhenAllZero};

use crate::asking::Tally;
use crate::books::{Books, rao};
use crate::cast::{Cast, Place};
use crate::chain::{Founding, Subnet};
use crate::desk::{Desk, House};
use crate::error::LabError;
use crate::lab::Lab;
use crate::report::{Epoch, Report, WeightsRow};
use crate::scene::Scene;
use crate::validator::Conduct;
use crate::watch::{Pulse, Watch};
use crate::weighing::{self, Row};

/// Blocks before an epoch at which weights are sent, as the validator's setting `submit_margin_blocks`; in a short epoch
/// a quarter of it.
const SUBMIT_MARGIN: u64 = 20;

/// Plays the laboratory, and nothing else: no counterfactuals and no what-ifs.
///
/// # Errors
/// See [`LabError`].
pub(crate) fn play<S: Synapse>(lab: &Lab<S>, watch: &Watch) -> Result<Report, LabError> {
    let mut play = Play::new(lab, watch)?;
    let mut epoch = |number| play.epoch(number).inspect(|_| watch.epoch_played());
    let epochs = (1..=lab.epochs).map(&mut epoch).collect::<Result<_, _>>()?;
    Ok(play.end(epochs))
}

struct Play<'a, S: Synapse> {
    lab: &'a Lab<S>,
    cast: Cast,
    subnet: Subnet,
    books: Books,
    /// By miner: the epoch in which it joined, whether or not it is still there.
    joined: Vec<Option<u32>>,
    /// By validator.
    seats: Vec<Seat<S>>,
}

/// A validator, and what it needs for its conduct.
struct Seat<S: Synapse> {
    place: usize,
    conduct: Conduct,
    /// For those that run the hooks.
    desk: Option<Desk<S>>,
    /// What it set last, by hotkey, where it may be to hold that.
    held: Option<BTreeMap<Hotkey, u16>>,
    /// The same as it was sent.
    row: Option<Row>,
}

impl<S: Synapse> Seat<S> {
    /// Whether it asks miners in this epoch.
    fn asks(&self) -> bool {
        match self.conduct {
            Conduct::Honest => true,
            Conduct::Lazy => self.row.is_none(),
            Conduct::CopiesWeights | Conduct::ColludesWith(_) => false,
        }
    }
}

impl<'a, S: Synapse> Play<'a, S> {
    fn new(lab: &'a Lab<S>, watch: &Watch) -> Result<Self, LabError> {
        let cast = Cast::of(lab)?;
        let founding = Founding { seed: lab.seed, ..Founding::new(cast.owner_hotkey, cast.owner_coldkey) };
        let founded = Subnet::new(lab.rules.clone(), founding);
        let subnet = founded.map_err(|error| LabError::Setting {
            setting: "rules".to_owned(),
            problem: format!("cannot be: {error}"),
        })?;
        let names = cast.identities.iter().map(|identity| {
            let strategy = lab.miners.get(identity.strategy).map_or("", |miner| &miner.name);
            format!("miner {strategy:?} ({})", identity.hotkey)
        });
        let names: Arc<[String]> = names.collect();
        let seat = |(place, member): (usize, &crate::cast::Member)| {
            let conduct =
                lab.validators.get(member.kind).map_or(Conduct::Honest, |kind| kind.conduct.clone());
            let desk = match conduct {
                Conduct::Honest | Conduct::Lazy => {
                    let pulse = Pulse::new(format!("validator {:?}", member.name), Arc::clone(&names));
                    watch.add(&pulse);
                    Some(Desk::new(lab, &cast, member, pulse)?)
                }
                Conduct::CopiesWeights | Conduct::ColludesWith(_) => None,
            };
            Ok(Seat { place, conduct, desk, held: None, row: None })
        };
        let seats = cast.validators.iter().enumerate().map(seat).collect::<Result<_, LabError>>()?;
        let joined = vec![None; cast.identities.len()];
        let mut play = Self { lab, subnet, books: Books::new(lab), joined, seats, cast };
        play.found();
        Ok(play)
    }

    /// Enrolls those who are there from the beginning: validators first, with permits by stake as the chain would give them.
    fn found(&mut self) {
        let mut by_stake = Vec::new();
        for member in &self.cast.validators {
            let stake = self.lab.validators.get(member.kind).map_or(0, |kind| rao(kind.stake));
            // A subnet that is too small has no place for all of them; then they try again every epoch.
            if self.subnet.enroll(member.hotkey, member.coldkey).is_ok() {
                by_stake.push((stake, member.hotkey));
            }
            self.subnet.set_stake(&member.hotkey, stake);
        }
        by_stake.sort_by(|one, other| other.cmp(one));
        let enough =
            by_stake.iter().filter(|(stake, _)| *stake > 0 && *stake >= self.lab.rules.stake_threshold);
        for (_, hotkey) in enough.take(usize::from(self.lab.rules.max_allowed_validators)) {
            self.subnet.set_permit(hotkey, true);
        }
        for (identity, joined) in self.cast.identities.iter().zip(&mut self.joined) {
            let from_the_start =
                self.lab.miners.get(identity.strategy).is_some_and(|miner| miner.habits.joins_at <= 1);
            if from_the_start && let Ok(registered) = self.subnet.enroll(identity.hotkey, identity.coldkey) {
                *joined = Some(1);
                self.books.registered(identity.strategy, &registered);
            }
        }
    }

    /// Lets those register who want to be there and are not.
    fn admit(&mut self, epoch: u32) {
        for place in 0..self.cast.identities.len() + self.seats.len() {
            let (hotkey, coldkey, miner) = match place.checked_sub(self.cast.identities.len()) {
                None => {
                    let Some(identity) = self.cast.identities.get(place) else { continue };
                    let Some(miner) = self.lab.miners.get(identity.strategy) else { continue };
                    let joined = self.joined.get(place).copied().flatten();
                    let wants =
                        if joined.is_some() { miner.habits.rejoins } else { miner.habits.joins_at <= epoch };
                    if !wants {
                        continue;
                    }
                    (identity.hotkey, identity.coldkey, Some((place, identity.strategy)))
                }
                Some(place) => {
                    let Some(member) = self.cast.validators.get(place) else { continue };
                    (member.hotkey, member.coldkey, None)
                }
            };
            if self.subnet.uid(&hotkey).is_some() {
                continue;
            }
            // Refused for want of room or by the rules: it tries again in the next epoch.
            let Ok(registered) = self.subnet.register(hotkey, coldkey) else { continue };
            if let Some((place, strategy)) = miner {
                self.books.registered(strategy, &registered);
                if let Some(joined) = self.joined.get_mut(place) {
                    joined.get_or_insert(epoch);
                }
            }
            let replaced = registered.replaced.and_then(|gone| self.cast.place(&gone));
            if let Some(Place::Identity(gone)) = replaced
                && let Some(identity) = self.cast.identities.get(gone)
            {
                self.books.pruned(identity.strategy);
            }
        }
    }

    /// By miner: whether it cannot be reached in this epoch.
    fn away(&self, epoch: u32) -> Vec<bool> {
        let away = |(identity, joined): (&crate::cast::Identity, &Option<u32>)| {
            let rhythm = self.lab.miners.get(identity.strategy)?.habits.rhythm?;
            let since = u64::from(epoch - (*joined)?);
            Some(since % (u64::from(rhythm.on) + u64::from(rhythm.off)) >= u64::from(rhythm.on))
        };
        self.cast.identities.iter().zip(&self.joined).map(|pair| away(pair).unwrap_or(false)).collect()
    }

    fn epoch(&mut self, number: u32) -> Result<Epoch, LabError> {
        self.admit(number);
        let (begins, ends) = (self.subnet.block(), self.subnet.next_epoch_block());
        let margin = SUBMIT_MARGIN.min((ends - begins) / 4);
        let send_at = ends - margin;
        for seat in &mut self.seats {
            if let Some(desk) = &mut seat.desk {
                desk.begin_epoch(number);
            }
        }
        let away = self.away(number);
        let rounds = u64::from(self.lab.rounds_per_epoch);
        for round in 0..rounds {
            let at = begins + 1 + (send_at - begins).saturating_sub(1) * round / rounds;
            self.advance_to(at);
            let scene = Scene::new(number, &self.subnet, &self.cast, away.clone());
            self.play_round(&scene)?;
        }
        self.advance_to(send_at);
        let scene = Scene::new(number, &self.subnet, &self.cast, away);
        self.set_weights(&scene)?;
        self.subnet.advance_to_epoch();
        for (hotkey, refused) in self.subnet.last_epoch().unrevealed.clone() {
            if let Some(Place::Validator(at)) = self.cast.place(&hotkey)
                && let Some(member) = self.cast.validators.get(at)
            {
                self.books.withheld(member.kind, refused.to_string());
            }
        }
        let scores = self.mean_scores();
        Ok(self.books.epoch(self.lab, &self.cast, number, &scores, &mut self.subnet))
    }

    fn advance_to(&mut self, block: u64) {
        self.subnet.advance_blocks(block.saturating_sub(self.subnet.block()));
    }

    fn play_round(&mut self, scene: &Scene) -> Result<(), LabError> {
        let house = House {
            miners: &self.lab.miners,
            cast: &self.cast,
            sample_size: self.lab.sample_size,
            ask_timeout: self.lab.ask_timeout,
        };
        let asking = self.seats.par_iter_mut().filter(|seat| seat.asks());
        let played: Vec<_> =
            asking.filter_map(|seat| Some(seat.desk.as_mut()?.play_round(&house, scene))).collect();
        // The first fault in the order of the validators, whoever met it first.
        played.into_iter().collect()
    }

    /// Everybody sets weights; those that copy come last, as they would.
    fn set_weights(&mut self, scene: &Scene) -> Result<(), LabError> {
        let (lab, cast) = (self.lab, &self.cast);
        let rows = self.seats.par_iter_mut().map(|seat| seat.weights(lab, cast, scene)).collect::<Vec<_>>();
        let mut rows = rows.into_iter().collect::<Result<Vec<_>, LabError>>()?;
        let copies = |seat: &Seat<S>| seat.conduct == Conduct::CopiesWeights;
        for turn in [false, true] {
            for (seat, row) in self.seats.iter_mut().zip(&mut rows).filter(|(seat, _)| copies(seat) == turn) {
                let Some(member) = self.cast.validators.get(seat.place) else { continue };
                if turn {
                    let seen = weighing::copied(&self.subnet, scene, &member.hotkey);
                    *row = seat.conform(lab, &self.cast, scene, seen)?;
                }
                let row = std::mem::replace(row, Ok(Vec::new()));
                let set = row.and_then(|row| match self.subnet.set_weights(&member.hotkey, &row) {
                    Ok(_) => Ok(row),
                    Err(refused) => Err(refused.to_string()),
                });
                match set {
                    Ok(row) => seat.keep(row, scene, lab.when_all_zero),
                    Err(reason) => self.books.withheld(member.kind, reason),
                }
            }
        }
        Ok(())
    }

    /// By miner: the mean of what honest validators scored it last in this epoch.
    fn mean_scores(&self) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0_u32); self.cast.identities.len()];
        let honest = self.seats.iter().filter(|seat| seat.conduct == Conduct::Honest);
        for desk in honest.filter_map(|seat| seat.desk.as_ref()) {
            for ((sum, count), score) in sums.iter_mut().zip(&desk.newest) {
                if let Some(score) = score {
                    *sum += score;
                    *count += 1;
                }
            }
        }
        sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
    }

    fn end(self, epochs: Vec<Epoch>) -> Report {
        let mut tallies = vec![Tally::default(); self.lab.miners.len()];
        for desk in self.seats.iter().filter_map(|seat| seat.desk.as_ref()) {
            for (all, one) in tallies.iter_mut().zip(&desk.tallies) {
                *all += *one;
            }
        }
        let weights = self.last_weights();
        let (strategies, validators) = self.books.close(self.lab, &self.cast, &tallies, &self.subnet);
        Report {
            title: self.lab.title.clone(),
            seed: self.lab.seed,
            rules: self.lab.rules.clone(),
            rounds_per_epoch: self.lab.rounds_per_epoch,
            epochs,
            strategies,
            validators,
            weights,
            what_ifs: Vec::new(),
        }
    }

    fn last_weights(&self) -> Vec<WeightsRow> {
        let row = |(member, uid): (&crate::cast::Member, u16)| {
            let weights = self.subnet.visible_weights().get(usize::from(uid))?.clone();
            let name = self.lab.validators.get(member.kind)?.name.clone();
            (!weights.is_empty()).then_some(WeightsRow { validator: uid, name, weights })
        };
        let seated = self.cast.validators.iter();
        let mut rows: Vec<_> =
            seated.filter_map(|member| row((member, self.subnet.uid(&member.hotkey)?))).collect();
        rows.sort_by_key(|row| row.validator);
        rows
    }
}

impl<S: Synapse> Seat<S> {
    /// What it would set, or why nothing. Those that copy look later.
    fn weights(&self, lab: &Lab<S>, cast: &Cast, scene: &Scene) -> Result<Result<Row, String>, LabError> {
        let rewards = match &self.conduct {
            Conduct::CopiesWeights => return Ok(Ok(Vec::new())),
            Conduct::Honest | Conduct::Lazy => match (&self.row, &self.desk) {
                (Some(row), _) if !self.asks() => return Ok(Ok(row.clone())),
                (_, Some(desk)) => desk.rewards(scene)?,
                (_, None) => Weights::new(),
            },
            Conduct::ColludesWith(strategy) => {
                let is_its =
                    |miner: usize| lab.miners.get(miner).is_some_and(|miner| miner.name == *strategy);
                let favoured = cast.identities.iter().filter(|identity| is_its(identity.strategy));
                weighing::alike(favoured.map(|identity| identity.hotkey))
            }
        };
        self.conform(lab, cast, scene, rewards)
    }

    fn conform(
        &self,
        lab: &Lab<S>,
        cast: &Cast,
        scene: &Scene,
        rewards: Weights,
    ) -> Result<Result<Row, String>, LabError> {
        let Some(member) = cast.validators.get(self.place) else { return Ok(Ok(Vec::new())) };
        let fitted = weighing::conform(
            rewards,
            member.hotkey,
            scene,
            &lab.rules,
            lab.when_all_zero,
            self.held.as_ref(),
        );
        match fitted {
            Ok(row) => Ok(Ok(row)),
            Err(PrepareError::NotAReward(fault)) => Err(LabError::Reward {
                validator: member.name.clone(),
                epoch: scene.epoch,
                reason: fault.to_string(),
            }),
            Err(reason) => Ok(Err(reason.to_string())),
        }
    }

    /// Remembers what it set.
    fn keep(&mut self, row: Row, scene: &Scene, policy: WhenAllZero) {
        if policy == WhenAllZero::HoldLast {
            let of_hotkeys =
                row.iter().filter_map(|(uid, weight)| Some((scene.subnet.uid(*uid)?.hotkey, *weight)));
            self.held = Some(of_hotkeys.collect());
        }
        self.row = Some(row);
    }
}
