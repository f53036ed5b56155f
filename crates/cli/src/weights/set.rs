//! `subnetkit weights set`: once, by hand.

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use subnetkit::{
    chain::{Call, Chain, Mechanism, Metagraph, Pinned, Runtime, Standing},
    keys::Keys,
    protocol::{Hotkey, Keypair},
    validator::{
        Moment, Sealed, seal,
        weights::conform::{Limits, conform, pairs},
    },
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    output,
    spending::{ConfirmArgs, Deed, Plan, Signer},
};

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// The uids to give weight to
    #[arg(long, value_name = "UID,...", value_delimiter = ',', required = true)]
    uids: Vec<i64>,
    /// Their weights, in any unit: the largest becomes 65535
    #[arg(long, value_name = "WEIGHT,...", value_delimiter = ',', required = true)]
    weights: Vec<f64>,
    /// The mechanism
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    mechanism: u8,
    /// The version key to send
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    version_key: u64,
    /// How weights are hidden if the subnet demands it
    #[arg(long, value_name = "WAY", default_value = "timelocked")]
    commit_with: CommitWith,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CommitWith {
    Timelocked,
    Hash,
}

/// What is sent, and what came of it.
#[derive(Debug, Serialize)]
struct Report {
    netuid: u16,
    mecid: u8,
    hotkey: Hotkey,
    uid: u16,
    version_key: u64,
    way: &'static str,
    weights: Vec<Weight>,
    #[serde(flatten)]
    fate: Fate,
    plan: Plan,
}

#[derive(Debug, Serialize)]
struct Weight {
    uid: u16,
    hotkey: Hotkey,
    value: u16,
}

#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Fate {
    NotSent,
    /// The chain holds these weights.
    Effective {
        block: u64,
    },
    /// The chain opens them later.
    Committed {
        block: u64,
        round: u64,
        opens_at_block: u64,
    },
}

pub(crate) async fn run(args: SetArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let of = Mechanism { netuid, mecid: args.mechanism };
    let at = chain.at_best().await?;
    let subnet = at.metagraph(netuid).await?;
    let standing = at.standing(of, &hotkey).await?;
    let uid = check(&standing, args.version_key)?;
    let values = values(&args.uids, &args.weights, uid, &subnet, &at).await?;
    ensure!(
        standing.commit_reveal || args.commit_with == CommitWith::Timelocked,
        "subnet {netuid} takes weights in the open: leave --commit-with out"
    );
    ensure!(
        args.commit_with == CommitWith::Timelocked,
        "weights committed by their hash are lost unless somebody keeps the salt and reveals them in the right epoch, \
         which a command that ends can't do: leave --commit-with out, or run a validator with commit_with = \"hash\""
    );
    let only_self = matches!(values.as_slice(), [(only, _)] if *only == uid);
    ensure!(
        only_self || standing.is_permitted(),
        "the hotkey {hotkey} holds no validator permit on subnet {netuid}: `subnetkit doctor --netuid {netuid}` says why"
    );

    let sender = Sender { chain, hotkey, of, values, version_key: args.version_key };
    let how = if standing.commit_reveal { "commits" } else { "sets" };
    let does = format!(
        "{how} these {} weights as uid {uid} for {of} of {}, in place of those it has",
        sender.values.len(),
        settings.network
    );
    let call = if standing.commit_reveal { sender.commit().await?.call } else { sender.plain(at.runtime()) };
    let deed = Deed::new(does, call, Signer::Hotkey);
    let mut report = Report {
        netuid,
        mecid: of.mecid,
        hotkey,
        uid,
        version_key: args.version_key,
        way: if standing.commit_reveal { "timelocked" } else { "plain" },
        weights: named(&sender.values, &subnet)?,
        fate: Fate::NotSent,
        plan: Plan::of(&at, &settings, &keys, deed).await?,
    };
    if !args.confirm.is_dry_run() {
        if !console.is_json() {
            output::note(&report.table());
        }
        report.plan.ask(args.confirm)?;
        let key = keys.hotkey()?;
        report.fate = if standing.commit_reveal {
            console.during("waiting for a block", sender.send_commit(&key)).await?
        } else {
            console.during("waiting for a block", sender.set(&key, uid, report.plan.call())).await?
        };
    }
    console.result(&report, Report::text)
}

/// What the chain would refuse, or take and then drop without a word.
fn check(standing: &Standing, version_key: u64) -> anyhow::Result<u16> {
    let (Mechanism { netuid, mecid }, hotkey) = (standing.of, standing.hotkey);
    let Some(place) = standing.place else {
        bail!(
            "the hotkey {hotkey} is not registered on subnet {netuid}: register it with `subnetkit register --netuid {netuid}`"
        )
    };
    let count = standing.mechanism_count;
    ensure!(
        mecid < count,
        "subnet {netuid} has {count} mechanisms, numbered from 0: check --mechanism {mecid}"
    );
    ensure!(
        standing.has_enough_stake(),
        "the hotkey's stake weight is {} and the chain's StakeThreshold is {}: stake more on it",
        place.stake_weight,
        standing.stake_threshold
    );
    ensure!(
        standing.takes_version_key(version_key),
        "subnet {netuid} accepts version keys from {} on: pass --version-key",
        standing.weights_version
    );
    let left = standing.rate_limit_blocks_left();
    ensure!(
        left == 0,
        "weights_rate_limit is {} blocks and the last submission was in block {}: wait {left} blocks",
        standing.weights_rate_limit_blocks,
        place.last_update_block
    );
    Ok(place.uid)
}

/// The values of the call, as a validator makes them.
async fn values(
    uids: &[i64],
    weights: &[f64],
    own_uid: u16,
    subnet: &Metagraph,
    at: &Pinned,
) -> anyhow::Result<Vec<(u16, u16)>> {
    let rules = at.hyperparameters(subnet.netuid).await?;
    let mut pairs = pairs(uids, weights)?;
    // The chain stores the order it is given, and parts of its consensus walk rows in ascending order.
    pairs.sort_unstable_by_key(|(uid, _)| *uid);
    let limits = Limits::on_chain(rules.min_allowed_weights, rules.max_weights_limit, subnet.neurons.len());
    Ok(conform(own_uid, &pairs, limits)?)
}

fn named(values: &[(u16, u16)], subnet: &Metagraph) -> anyhow::Result<Vec<Weight>> {
    let named = values.iter().map(|(uid, value)| {
        let neuron = subnet.uid(*uid).with_context(|| {
            format!(
                "subnet {} has uids below {}, and --uids names {uid}",
                subnet.netuid,
                subnet.neurons.len()
            )
        })?;
        Ok(Weight { uid: *uid, hotkey: neuron.hotkey, value: *value })
    });
    named.collect()
}

struct Sender {
    chain: Chain,
    hotkey: Hotkey,
    of: Mechanism,
    values: Vec<(u16, u16)>,
    version_key: u64,
}

/// Sealed weights, and when they open.
struct Commit {
    call: Call,
    round: u64,
    opens_at_block: u64,
}

impl Sender {
    fn plain(&self, runtime: &Runtime) -> Call {
        Call::set_weights(runtime, self.of, &self.values, self.version_key)
    }

    /// Sets the weights in the open, and reads them back.
    async fn set(&self, key: &Keypair, uid: u16, call: Call) -> anyhow::Result<Fate> {
        let included = self.chain.submit(key, call).await?;
        let at = self.chain.at_block(included.block.hash).await?;
        let mut row = at.weights_of(self.of, uid).await?;
        row.sort_unstable();
        ensure!(
            row == self.values,
            "block {} took the weights, and the chain holds others: does another process use this hotkey?",
            included.block.number
        );
        Ok(Fate::Effective { block: included.block.number })
    }

    /// Seals the weights until the chain opens them, as of now.
    async fn commit(&self) -> anyhow::Result<Commit> {
        let at = self.chain.at_best().await?;
        let standing = at.standing(self.of, &self.hotkey).await?;
        let moment = Moment {
            clock: standing.clock,
            reveal_period: standing.reveal_period_epochs,
            time_ms: standing.timestamp_ms,
            block_time: self.chain.block_time().await?,
        };
        let sealed = seal(&at, &moment, self.of.netuid, &self.hotkey, &self.values, self.version_key).await?;
        let Sealed { ciphertext, round, opens_at_block } = sealed;
        let version = at.commit_reveal_version().await?;
        let call = Call::commit_timelocked_weights(at.runtime(), self.of, &ciphertext, round, version);
        Ok(Commit { call, round, opens_at_block })
    }

    /// Seals them anew, since an epoch may have passed over the question, and commits.
    async fn send_commit(&self, key: &Keypair) -> anyhow::Result<Fate> {
        let Commit { call, round, opens_at_block } = self.commit().await?;
        let included = self.chain.submit(key, call).await?;
        Ok(Fate::Committed { block: included.block.number, round, opens_at_block })
    }
}

impl Report {
    fn text(&self) -> String {
        match &self.fate {
            Fate::NotSent => format!("{}\n{}", self.table(), self.plan.not_sent_text()),
            Fate::Effective { block } => format!("The chain holds these weights since block {block}."),
            Fate::Committed { block, round, opens_at_block } => format!(
                "Committed in block {block}. The chain opens them in block {opens_at_block}, with round {round} of drand: \
                 see `subnetkit weights show --netuid {}` then.",
                self.netuid
            ),
        }
    }

    fn table(&self) -> String {
        let cells = |weight: &Weight| {
            vec![weight.uid.to_string(), weight.hotkey.to_string(), weight.value.to_string()]
        };
        let rows: Vec<_> = self.weights.iter().map(cells).collect();
        format!(
            "Weights of uid {} for mechanism {} of subnet {}, {}\n{}",
            self.uid,
            self.mecid,
            self.netuid,
            if self.way == "plain" { "set in the open" } else { "committed until the chain opens them" },
            output::table(&["uid", "hotkey", "value"], &rows)
        )
    }
}
