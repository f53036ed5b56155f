//! The stage: a local subnet, and everybody running on it as tasks of this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use subnetkit_miner::{Miner, MinerConfig};
use subnetkit_protocol::Synapse;
use subnetkit_validator::{Report, RoundInterval, Validator, ValidatorConfig, WhenAllZero};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::cast::{Cast, Member};
use super::epochs::{ScoreBoard, Verdict};
use super::subnet::{ChainOptions, LocalSubnet};
use super::{Local, LocalError, LocalFlags, output};

/// Rounds that fit into an epoch, so that weights rest on more than one.
const ROUNDS_PER_EPOCH: u64 = 4;
/// Reports that may wait while an epoch is being read.
const REPORT_BUFFER: usize = 1024;

/// How long a part may take to end once it was told to.
const STOP_GRACE: std::time::Duration = std::time::Duration::from_secs(25);

type Ending = (String, Result<(), LocalError>);

/// A subnet that is running.
pub(super) struct Stage {
    subnet: LocalSubnet,
    parts: JoinSet<Ending>,
    stop: CancellationToken,
    reports: mpsc::Receiver<Report>,
    /// Where the ledgers are; deleted with the stage.
    ledgers: TempDir,
}

impl Stage {
    pub(super) async fn start<S: Synapse>(
        local: Local<S>,
        cast: Cast,
        flags: &LocalFlags,
    ) -> Result<Self, LocalError> {
        let LocalFlags { port, block_time, tempo, .. } = *flags;
        let subnet = LocalSubnet::start(cast, &ChainOptions { port, block_time, tempo, state: None }).await?;
        output::endpoint(flags, &subnet.ws_url());

        let ledgers = tempfile::tempdir().map_err(LocalError::Ledgers)?;
        let (report, reports) = mpsc::channel(REPORT_BUFFER);
        let mut stage =
            Self { subnet, parts: JoinSet::new(), stop: CancellationToken::new(), reports, ledgers };
        for member in stage.subnet.cast().miners.clone() {
            stage.start_miner(&local, member, flags).await?;
        }
        for member in stage.subnet.cast().validators.clone() {
            stage.start_validator(&local, member, flags, report.clone())?;
        }
        Ok(stage)
    }

    async fn start_miner<S: Synapse>(
        &mut self,
        local: &Local<S>,
        member: Member,
        flags: &LocalFlags,
    ) -> Result<(), LocalError> {
        let config = MinerConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            external_ip: Some(Ipv4Addr::LOCALHOST.into()),
            // Validators get their permits in the first epoch, and miners should know soon.
            metagraph_refresh: flags.block_time.saturating_mul(2),
            ..MinerConfig::default()
        };
        let failed =
            |name: &str, source| LocalError::Miner { name: name.to_owned(), source: Box::new(source) };
        let behaviour = member.behaviour.unwrap_or(super::Behaviour::Honest);
        let miner = Miner::new(config, self.subnet.chain().clone(), self.subnet.netuid(), member.hotkey);
        let miner = local
            .answering(behaviour)
            .serve(miner)
            .bind()
            .await
            .map_err(|source| failed(&member.name, source))?;
        let stop = self.stop.clone();
        let name = member.name;
        self.parts.spawn(async move {
            let ended = miner.run(stop).await.map_err(|source| failed(&name, source));
            (name, ended)
        });
        Ok(())
    }

    fn start_validator<S: Synapse>(
        &mut self,
        local: &Local<S>,
        member: Member,
        flags: &LocalFlags,
        report: mpsc::Sender<Report>,
    ) -> Result<(), LocalError> {
        let mut config = ValidatorConfig::new(WhenAllZero::Skip);
        config.round_interval = RoundInterval::Blocks((u64::from(flags.tempo) / ROUNDS_PER_EPOCH).max(1));
        config.submit_margin_blocks = (u64::from(flags.tempo) / 2).max(2);
        config.allow_private_addresses = true;
        config.ledger_path = self.ledgers.path().join(format!("{}.sqlite", member.name));
        let (judge, reward) = (Arc::clone(&local.judge), Arc::clone(&local.reward));
        let name = member.name;
        let failed =
            |name: &str, source| LocalError::Validator { name: name.to_owned(), source: Box::new(source) };
        let validator = Validator::<S>::new(
            config,
            self.subnet.chain().clone(),
            self.subnet.netuid(),
            member.hotkey,
            judge,
            reward,
        )
        .map_err(|source| failed(&name, source))?;
        let mut heard = validator.subscribe();
        let stop = self.stop.clone();
        self.parts.spawn(async move {
            let running = validator.run(stop);
            tokio::pin!(running);
            loop {
                tokio::select! {
                    ended = &mut running => {
                        let ended = ended.map_err(|source| failed(&name, source));
                        return (name, ended);
                    }
                    // A missed report costs a score on the table, nothing else.
                    Ok(heard) = heard.recv() => drop(report.send(heard).await),
                }
            }
        });
        Ok(())
    }

    /// Follows the chain epoch by epoch until enough have passed or `shutdown`, then ends every part.
    pub(super) async fn play(
        mut self,
        flags: &LocalFlags,
        shutdown: CancellationToken,
    ) -> Result<(), LocalError> {
        let outcome = self.watch(flags, &shutdown).await;
        self.stop.cancel();
        let stopped = tokio::time::timeout(STOP_GRACE, async {
            let mut failure = Ok(());
            while let Some(ended) = self.parts.join_next().await {
                let ended =
                    ended.unwrap_or_else(|error| (String::new(), Err(ended_by_itself("a task", &error))));
                failure = failure.and(ended.1);
            }
            failure
        })
        .await;
        // Only now: the parts end in order while their chain still answers.
        drop(self.subnet);
        let verdict = outcome?;
        stopped.unwrap_or_else(|_| Err(ended_by_itself("the subnet", &"it did not stop in time")))?;
        match verdict {
            Some(Verdict::Fair) => Ok(()),
            Some(Verdict::Unfair(why)) => Err(LocalError::Verdict(why)),
            None => Err(LocalError::NoEpoch),
        }
    }

    async fn watch(
        &mut self,
        flags: &LocalFlags,
        shutdown: &CancellationToken,
    ) -> Result<Option<Verdict>, LocalError> {
        let mut progress = output::Progress::new(flags);
        let mut epochs = self.subnet.epochs().await?;
        let mut scores = ScoreBoard::default();
        let mut verdict = None;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(verdict),
                Some(ended) = self.parts.join_next() => {
                    let (name, result) = ended.unwrap_or_else(|error| {
                        let cause = ended_by_itself("a task", &error);
                        (String::new(), Err(cause))
                    });
                    result?;
                    return Err(ended_by_itself(&name, &"nothing told it to stop"));
                }
                Some(report) = self.reports.recv() => note(&mut scores, report),
                beat = epochs.next() => {
                    let beat = beat?;
                    progress.set(beat.epochs + 1, beat.block, &beat.clock);
                    if !beat.is_epoch {
                        continue;
                    }
                    let (report, judged) = self.subnet.report(beat.epochs, &scores).await?;
                    verdict = Some(judged);
                    progress.hidden(|| output::epoch(flags, &report));
                    if flags.epochs == Some(beat.epochs) {
                        return Ok(verdict);
                    }
                }
            }
        }
    }
}

fn note(scores: &mut ScoreBoard, report: Report) {
    if let Report::Round(round) = report {
        let settled = round.settled.into_iter().flat_map(|settled| settled.entries);
        for entry in settled.chain(round.entries) {
            if let Some(score) = entry.score {
                scores.note(round.validator, entry.hotkey, score);
            }
        }
    }
}

fn ended_by_itself(name: &str, cause: &impl ToString) -> LocalError {
    LocalError::Ended { name: name.to_owned(), cause: cause.to_string() }
}
