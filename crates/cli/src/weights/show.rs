//! `subnetkit weights show`.

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use subnetkit::{
    chain::{EpochClock, Mechanism, Metagraph, Neuron, Pinned, ReadError},
    keys::Keys,
    protocol::Hotkey,
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    output,
};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Every hotkey with a validator permit instead of the wallet's
    #[arg(long)]
    all: bool,
    /// This mechanism only [default: all that the subnet has]
    #[arg(long, value_name = "NUMBER")]
    mechanism: Option<u8>,
}

#[derive(Debug, Serialize)]
struct Shown {
    netuid: u16,
    block: u64,
    /// The block of the next epoch; none if the subnet runs no epochs.
    next_epoch_block: Option<u64>,
    commit_reveal: bool,
    validators: Vec<Validator>,
}

#[derive(Debug, Serialize)]
struct Validator {
    hotkey: Hotkey,
    uid: u16,
    validator_permit: bool,
    mechanisms: Vec<Row>,
}

/// What the chain holds of one validator for one mechanism.
#[derive(Debug, Serialize)]
struct Row {
    mecid: u8,
    /// Block of the last weights or commit, or of the registration.
    last_update: u64,
    age_blocks: u64,
    weights: Vec<Weight>,
    commits: Vec<Commit>,
}

#[derive(Debug, Serialize)]
struct Weight {
    uid: u16,
    /// Who has the uid now; none if nobody has.
    hotkey: Option<Hotkey>,
    /// Of 65535 for the largest.
    value: u16,
    /// Of the row's sum.
    share: f64,
}

/// Weights that wait to be revealed.
#[derive(Debug, Serialize)]
struct Commit {
    #[serde(flatten)]
    kind: Kind,
    block: u64,
    epoch: u64,
    /// The epoch in which it is revealed.
    opens_in_epoch: u64,
    /// Its first block; none once it began.
    opens_at_block: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Hash { hash: String },
    Timelocked { round: u64 },
}

pub(crate) async fn run(args: ShowArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let mine = if args.all { None } else { Some(Keys::named_by(&settings)?.hotkey_account()?) };
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let shown = console.during("reading the weights", read(&at, netuid, mine, args.mechanism)).await?;
    console.result(&shown, Shown::text)
}

async fn read(at: &Pinned, netuid: u16, mine: Option<Hotkey>, mecid: Option<u8>) -> anyhow::Result<Shown> {
    let subnet = at.metagraph(netuid).await?;
    let count = at.mechanism_count(netuid).await?;
    let mecids = match mecid {
        Some(mecid) if mecid >= count => {
            anyhow::bail!(
                "subnet {netuid} has {count} mechanisms, numbered from 0: check --mechanism {mecid}"
            )
        }
        Some(mecid) => mecid..mecid + 1,
        None => 0..count,
    };
    let neurons: Vec<&Neuron> = match mine {
        Some(hotkey) => vec![subnet.neuron(&hotkey).with_context(|| {
            format!(
                "the hotkey {hotkey} is not registered on subnet {netuid}: check --wallet and --wallet-hotkey, or pass --all"
            )
        })?],
        None => subnet.validators().collect(),
    };
    let clock = at.epoch_clock(netuid).await?;
    let rules = at.hyperparameters(netuid).await?;
    let reader = Reader { at, subnet: &subnet, clock, period: rules.commit_reveal_period };
    let mut validators = Vec::with_capacity(neurons.len());
    for neuron in neurons {
        let mut mechanisms = Vec::with_capacity(mecids.len());
        for mecid in mecids.clone() {
            mechanisms.push(reader.row(neuron, Mechanism { netuid, mecid }).await?);
        }
        let Neuron { hotkey, uid, validator_permit, .. } = *neuron;
        validators.push(Validator { hotkey, uid, validator_permit, mechanisms });
    }
    Ok(Shown {
        netuid,
        block: at.head().number,
        next_epoch_block: clock.next_epoch_block(),
        commit_reveal: rules.commit_reveal_weights_enabled,
        validators,
    })
}

struct Reader<'a> {
    at: &'a Pinned,
    subnet: &'a Metagraph,
    clock: EpochClock,
    period: u64,
}

impl Reader<'_> {
    async fn row(&self, neuron: &Neuron, of: Mechanism) -> Result<Row, ReadError> {
        let last_update = self.at.last_update(of, neuron.uid).await?;
        let pairs = self.at.weights_of(of, neuron.uid).await?;
        let sum: f64 = pairs.iter().map(|(_, value)| f64::from(*value)).sum();
        let weights = pairs.into_iter().map(|(uid, value)| Weight {
            uid,
            hotkey: self.subnet.uid(uid).map(|neuron| neuron.hotkey),
            value,
            share: f64::from(value) / sum.max(1.0),
        });
        Ok(Row {
            mecid: of.mecid,
            last_update,
            age_blocks: self.at.head().number.saturating_sub(last_update),
            weights: weights.collect(),
            commits: self.commits(&neuron.hotkey, of).await?,
        })
    }

    async fn commits(&self, hotkey: &Hotkey, of: Mechanism) -> Result<Vec<Commit>, ReadError> {
        let hashes = self.at.hash_commits(of, hotkey).await?;
        let mut commits: Vec<_> = hashes
            .into_iter()
            .map(|commit| {
                let hash = commit.hash.iter().map(|byte| format!("{byte:02x}")).collect();
                self.commit(Kind::Hash { hash }, commit.block, commit.epoch)
            })
            .collect();
        // Older ones the chain has dropped.
        let newest = self.clock.index_next_block();
        for epoch in newest.saturating_sub(self.period)..=newest {
            for commit in self.at.timelocked_commits(of, epoch, hotkey).await? {
                commits.push(self.commit(Kind::Timelocked { round: commit.round }, commit.block, epoch));
            }
        }
        Ok(commits)
    }

    fn commit(&self, kind: Kind, block: u64, epoch: u64) -> Commit {
        let opens_in_epoch = epoch.saturating_add(self.period);
        let waits = opens_in_epoch > self.clock.index_next_block();
        let opens_at_block = waits.then(|| self.clock.block_of_index(opens_in_epoch)).flatten();
        Commit { kind, block, epoch, opens_in_epoch, opens_at_block }
    }
}

impl Shown {
    fn text(&self) -> String {
        let epoch = match self.next_epoch_block {
            Some(block) => format!("the next epoch is in block {block}"),
            None => "it runs no epochs".to_owned(),
        };
        let how = if self.commit_reveal { "committed, then revealed" } else { "set in the open" };
        let mut parts =
            vec![format!("Subnet {} at block {}: {epoch}; weights are {how}", self.netuid, self.block)];
        if self.validators.is_empty() {
            parts.push("No hotkey holds a validator permit.".to_owned());
        }
        parts.extend(self.validators.iter().map(Validator::text));
        parts.join("\n\n")
    }
}

impl Validator {
    fn text(&self) -> String {
        let permit = if self.validator_permit { "" } else { ", no validator permit" };
        let rows: Vec<_> = self.mechanisms.iter().map(Row::text).collect();
        format!("uid {} {}{permit}\n{}", self.uid, self.hotkey, rows.join("\n"))
    }
}

impl Row {
    fn text(&self) -> String {
        let mut parts = vec![format!(
            "mechanism {}: {} weights, last update in block {}, {} blocks ago",
            self.mecid,
            self.weights.len(),
            self.last_update,
            self.age_blocks
        )];
        if !self.weights.is_empty() {
            let rows: Vec<_> = self.weights.iter().map(Weight::cells).collect();
            parts.push(output::table(&["uid", "hotkey", "value", "share"], &rows));
        }
        if !self.commits.is_empty() {
            let rows: Vec<_> = self.commits.iter().map(Commit::cells).collect();
            parts.push(output::table(&["commit", "block", "epoch", "opens", "with"], &rows));
        }
        parts.join("\n")
    }
}

impl Weight {
    fn cells(&self) -> Vec<String> {
        vec![
            self.uid.to_string(),
            self.hotkey.map_or_else(|| "-".to_owned(), |hotkey| hotkey.to_string()),
            self.value.to_string(),
            format!("{:.4}", self.share),
        ]
    }
}

impl Commit {
    fn cells(&self) -> Vec<String> {
        let (kind, with) = match &self.kind {
            Kind::Hash { hash } => ("hash", format!("the salt of 0x{hash}")),
            Kind::Timelocked { round } => ("timelocked", format!("round {round} of drand")),
        };
        let opens = match self.opens_at_block {
            Some(block) => format!("block {block}"),
            None => "now".to_owned(),
        };
        vec![kind.to_owned(), self.block.to_string(), self.epoch.to_string(), opens, with]
    }
}
