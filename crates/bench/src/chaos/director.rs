//! Lets go wrong what the plan says, when it says so, and keeps the validator running as a process supervisor does.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use subnetkit_devnet::Answers;
use tokio::{sync::mpsc, task::spawn_blocking, time::sleep_until};

use super::{
    plan::{Disturbance, Kill, Plan, Trouble},
    timeline::Span,
};
use crate::{
    report::progress,
    stage::{
        Stage,
        ledger::{Contents, Watch},
        proxy::Passage,
        validator::Validator,
    },
};

/// How often the ledger's file is looked at.
const LEDGER_POLL: Duration = Duration::from_millis(2);
/// News that may wait while a process is being killed.
const NEWS_BUFFER: usize = 256;
/// Pause before a process that ended by itself is started again, as supervisors have it.
const RESTART_PAUSE: Duration = Duration::from_millis(200);
/// The method whose answers are refused when submissions are.
const SUBMIT: &str = "author_submitExtrinsic";

/// What was seen while everything went wrong.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) disturbances: Vec<Span>,
    pub(crate) kills: u64,
    pub(crate) upgrades: u64,
    /// Kills by what the ledger had just been told, or none.
    pub(crate) aimed: BTreeMap<String, u64>,
    /// Submissions that a kill found in each state, other than final ones.
    pub(crate) caught: BTreeMap<String, u64>,
    /// Rounds that a kill cut short.
    pub(crate) rounds_cut: u64,
    /// Ends that nobody asked for.
    pub(crate) ended: u64,
    pub(crate) violations: Vec<String>,
}

/// Runs the plan from the current block on, for so many blocks.
pub(crate) struct Director<'a> {
    stage: &'a mut Stage,
    validator: &'a mut Validator,
    plan: Plan,
    begin: u64,
    random: StdRng,
    seen: Seen,
    /// The ledger as it was left by the last kill.
    before: Contents,
    /// What is in the way now, since when and until which block.
    now: Option<(Disturbance, Instant, u64)>,
    kill: Option<Pending>,
    restart: Option<Restart>,
}

/// A kill that is next.
struct Pending {
    kill: Kill,
    /// When, if nothing else has to happen first.
    due: Option<Instant>,
    news: Option<String>,
}

enum Restart {
    AtBlock(u64),
    At(Instant),
}

impl<'a> Director<'a> {
    pub(crate) fn new(stage: &'a mut Stage, validator: &'a mut Validator, plan: Plan, seed: u64) -> Self {
        let begin = stage.pace.head();
        Self {
            stage,
            validator,
            plan,
            begin,
            random: StdRng::seed_from_u64(seed),
            seen: Seen::default(),
            before: Contents::default(),
            now: None,
            kill: None,
            restart: None,
        }
    }

    /// To the end of the plan, at least for `blocks`. Afterwards nothing is disturbed and the validator runs.
    pub(crate) async fn run(mut self, blocks: u64) -> anyhow::Result<Seen> {
        let mut heads = self.stage.pace.heads();
        let (_watching, mut news) = watch_ledger(self.stage.ledger());
        let mut told = Instant::now();
        loop {
            let due = self.kill.as_ref().and_then(|pending| pending.due);
            let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            tokio::select! {
                changed = heads.changed() => {
                    changed.context("no blocks are made any more")?;
                    let block = u64::from(*heads.borrow_and_update());
                    self.on_block(block).await?;
                    if block >= self.begin + blocks && self.is_done() {
                        break;
                    }
                    if told.elapsed() > Duration::from_secs(30) {
                        told = Instant::now();
                        let Seen { kills, ended, violations, .. } = &self.seen;
                        progress(format!(
                            "block {} of {blocks}, {kills} kills, {} ends by itself, {} violations so far",
                            block - self.begin, ended, violations.len(),
                        ));
                    }
                }
                Some((table, state)) = news.recv() => self.on_news(table, &state),
                () = sleep_until(due.into()) => self.kill_now().await?,
            }
        }
        self.end_disturbance();
        Ok(self.seen)
    }

    fn is_done(&self) -> bool {
        let Plan { kills, .. } = &self.plan;
        kills.is_empty() && self.kill.is_none() && self.restart.is_none() && self.now.is_none()
    }

    async fn on_block(&mut self, block: u64) -> anyhow::Result<()> {
        ensure!(
            self.stage.proxy.is_running() && self.stage.pace.is_running(),
            "the harness itself has failed"
        );
        self.stage.miners.check()?;
        let at = block.saturating_sub(self.begin);
        self.tend(block)?;
        if self.now.is_some_and(|(_, _, until)| block >= until) {
            self.end_disturbance();
        }
        while let Some((_, miner, whim)) = take_due(&mut self.plan.moods, |(when, ..)| *when <= at) {
            if let Some(mood) = self.stage.miners.moods.get(miner) {
                mood.set(whim);
            }
        }
        while let Some((_, variant)) = take_due(&mut self.plan.upgrades, |(when, _)| *when <= at) {
            self.stage.devnet.upgrade_runtime(variant).await?;
            self.seen.upgrades += 1;
        }
        if self.now.is_none()
            && let Some(next) = take_due(&mut self.plan.disturbances, |next| next.at <= at)
        {
            self.begin_disturbance(next, block)?;
        }
        if self.kill.is_none()
            && self.validator.is_running()
            && let Some(kill) = take_due(&mut self.plan.kills, |kill| kill.at <= at)
        {
            let due = kill.after_news_of.is_none().then(|| Instant::now() + kill.delay);
            self.kill = Some(Pending { kill, due, news: None });
        }
        // What is waited for may not come while there is an outage.
        if let Some(Pending { kill, due: due @ None, .. }) = &mut self.kill
            && at > kill.at + u64::from(self.stage.terms.tempo)
        {
            *due = Some(Instant::now() + kill.delay);
        }
        Ok(())
    }

    /// Starts the validator when it is time to, and notes when it has ended by itself.
    fn tend(&mut self, block: u64) -> anyhow::Result<()> {
        if let Some(reason) = self.validator.ended_by_itself()? {
            progress(format!("the validator ended by itself at block {block}: {reason}"));
            self.seen.ended += 1;
            self.restart = Some(Restart::At(Instant::now() + RESTART_PAUSE));
        }
        let is_due = match self.restart {
            None => false,
            Some(Restart::AtBlock(when)) => block >= when,
            Some(Restart::At(when)) => Instant::now() >= when,
        };
        if is_due {
            self.restart = None;
            self.validator.start()?;
        }
        Ok(())
    }

    fn on_news(&mut self, table: &'static str, state: &str) {
        if let Some(Pending { kill, due: due @ None, news }) = &mut self.kill
            && kill.after_news_of == Some(table)
        {
            *due = Some(Instant::now() + kill.delay);
            *news = Some(format!("{table} {state}"));
        }
    }

    async fn kill_now(&mut self) -> anyhow::Result<()> {
        let Some(Pending { kill, news, .. }) = self.kill.take() else { return Ok(()) };
        if !self.validator.kill().await? {
            // It had ended already, so that this one is still to come.
            self.plan.kills.push_front(kill);
            self.restart.get_or_insert(Restart::At(Instant::now() + RESTART_PAUSE));
            return Ok(());
        }
        self.seen.kills += 1;
        *self.seen.aimed.entry(news.unwrap_or_else(|| "at random".to_owned())).or_default() += 1;
        self.inspect().await?;
        let block = self.stage.pace.head();
        if kill.down == 0 {
            self.validator.start()?;
        } else {
            self.restart = Some(Restart::AtBlock(block + kill.down));
        }
        Ok(())
    }

    /// Looks at what the killed process left: whole, and nothing missing that was there before.
    async fn inspect(&mut self) -> anyhow::Result<()> {
        let path = self.stage.ledger();
        if !path.exists() {
            return Ok(());
        }
        let now = spawn_blocking(move || Contents::read_copy(&path)).await??;
        let kills = self.seen.kills;
        self.seen
            .violations
            .extend(now.faults.iter().map(|fault| format!("after kill {kills}: the ledger: {fault}")));
        self.seen
            .violations
            .extend(lost(&self.before, &now).map(|what| format!("after kill {kills}: {what}")));
        self.seen.rounds_cut += now.rounds.get("open").copied().unwrap_or(0);
        for submission in now.submissions.iter().filter(|submission| !submission.is_final()) {
            *self.seen.caught.entry(submission.state.clone()).or_default() += 1;
        }
        self.before = now;
        Ok(())
    }

    fn begin_disturbance(&mut self, next: Disturbance, block: u64) -> anyhow::Result<()> {
        let (proxy, node) = (&self.stage.proxy, &self.stage.devnet);
        let all = Answers::default();
        match next.what {
            Trouble::Cut => proxy.cut(),
            Trouble::Passage(passage) => proxy.set(passage),
            Trouble::SlowNode(delay) => node.delay_answers(delay, all)?,
            Trouble::BusyNode(code) => node.refuse_answers(code, "the node is busy", all)?,
            Trouble::SubmissionsRefused(code, count) => {
                let answers = Answers { method: Some(SUBMIT.to_owned()), count: Some(count) };
                node.refuse_answers(code, "the node is busy", answers)?;
            }
            Trouble::NodeCut => node.drop_connections(),
            Trouble::NodeRefuses => {
                node.refuse_connections(None);
                node.drop_connections();
            }
            Trouble::NodeHangs => node.hang(None),
        }
        // Lengths differ a little from what was drawn, so that ends do not fall on the same part of an epoch.
        let until = block + next.blocks + self.random.random_range(0..2);
        self.now = Some((next, Instant::now(), until));
        Ok(())
    }

    fn end_disturbance(&mut self) {
        let Some((Disturbance { what, .. }, from, _)) = self.now.take() else { return };
        self.stage.proxy.set(Passage::Open);
        self.stage.devnet.clear_faults();
        self.seen.disturbances.push(Span { from, until: Instant::now(), what });
    }
}

fn take_due<T>(queue: &mut VecDeque<T>, is_due: impl FnOnce(&T) -> bool) -> Option<T> {
    queue.front().is_some_and(is_due).then(|| queue.pop_front()).flatten()
}

/// Scored rounds and submissions that were there before and are not any more, or not as they were.
fn lost(before: &Contents, now: &Contents) -> impl Iterator<Item = String> {
    let rounds = before.scored.iter().filter(|(round, answers)| now.scored.get(round) != Some(*answers));
    let rounds = rounds.map(|(round, _)| format!("the scores of round {round} are lost or changed"));
    let submissions = before.submissions.iter().filter(|submission| {
        let kept = now.submissions.iter().find(|kept| kept.id == submission.id);
        kept.is_none_or(|kept| kept.weights != submission.weights)
    });
    let submissions = submissions
        .map(|submission| format!("submission {} is lost or its weights have changed", submission.id));
    rounds.chain(submissions).collect::<Vec<_>>().into_iter()
}

/// A thread that tells what is written to the ledger; it ends with the receiver.
fn watch_ledger(path: PathBuf) -> (thread::JoinHandle<()>, mpsc::Receiver<(&'static str, String)>) {
    let (tell, news) = mpsc::channel(NEWS_BUFFER);
    let watching = thread::spawn(move || {
        let mut watch = Watch::new(path);
        while !tell.is_closed() {
            for heard in watch.news() {
                // When nobody has time for it, it is no news any more.
                drop(tell.try_send(heard));
            }
            thread::sleep(LEDGER_POLL);
        }
    });
    (watching, news)
}
