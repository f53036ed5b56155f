//! `subnetkit weights history`.

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use subnetkit::{
    protocol::Hotkey,
    settings::Settings,
    validator::{
        ledger::{Commitment, Extrinsic, Fate, Ledger, Submission, WeightRecord},
        weights::Payout,
    },
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, ValidatorArgs},
    console::Console,
    output,
};

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    /// The validator's ledger [default: the validator's setting]
    #[arg(long, visible_alias = "ledger", value_name = "FILE")]
    ledger_path: Option<std::path::PathBuf>,
    /// This mechanism only
    #[arg(long, value_name = "NUMBER")]
    mechanism: Option<u8>,
    /// How many submissions, the newest first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: u32,
}

#[derive(Debug, Serialize)]
struct History {
    netuid: u16,
    hotkey: Hotkey,
    /// The newest block; none if the chain does not answer.
    block: Option<u64>,
    submissions: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    id: u64,
    mecid: u8,
    /// The head at which it was decided.
    decided_block: u64,
    epoch: u64,
    way: &'static str,
    payout: Payout,
    version_key: u64,
    #[serde(flatten)]
    fate: Fate,
    /// What an open one waits for.
    note: Option<String>,
    /// Blocks since it became effective.
    age_blocks: Option<u64>,
    /// The drand round that opens it.
    round: Option<u64>,
    weights: Vec<WeightRecord>,
    extrinsics: Vec<Sent>,
}

/// A transaction of a submission.
#[derive(Debug, Serialize)]
struct Sent {
    kind: &'static str,
    hash: String,
    nonce: u64,
    state: &'static str,
    block: Option<u64>,
    reason: Option<String>,
}

pub(crate) async fn run(args: HistoryArgs, console: Console) -> anyhow::Result<()> {
    let named = ValidatorArgs::of_ledger(args.ledger_path);
    let flags = Flags::new().network(args.network).netuid(&args.netuid).validator(named);
    let (Settings { common, role }, _) = flags.validator_settings()?;
    let (netuid, path) = (common.netuid()?, role.ledger_path);
    let ledger = Ledger::open(&path)?;
    let owner = ledger.owner()?;
    ensure!(
        owner.netuid == netuid,
        "the ledger {} is about subnet {} and not {netuid}: check --netuid and --ledger",
        path.display(),
        owner.netuid
    );
    let mut submissions = ledger.submissions(args.limit)?;
    submissions.retain(|submission| args.mechanism.is_none_or(|mecid| submission.intent.mecid == mecid));
    let block = console
        .during("asking the chain for its newest block", newest_block(&common, owner.genesis_hash))
        .await;
    let submissions = submissions.into_iter().map(|submission| Line::of(submission, block)).collect();
    let history = History { netuid, hotkey: owner.hotkey, block, submissions };
    console.result(&history, History::text)
}

/// The ledger is of use without its chain too: then there are no ages.
async fn newest_block(common: &subnetkit::settings::Common, genesis: [u8; 32]) -> Option<u64> {
    let found = async {
        let chain = subnetkit::connect(common).await?;
        chain.expect_genesis(genesis)?;
        Ok::<_, anyhow::Error>(chain.head().await?.number)
    };
    match found.await {
        Ok(block) => Some(block),
        Err(error) => {
            output::note(&format!("Ages are left out: {error}"));
            None
        }
    }
}

impl Line {
    fn of(submission: Submission, head: Option<u64>) -> Self {
        let Submission { id, intent, fate, note, extrinsics } = submission;
        let way = intent.commitment.way().as_str();
        let round = match intent.commitment {
            Commitment::Timelocked { round, .. } => Some(round),
            Commitment::None | Commitment::Hash { .. } => None,
        };
        let age = |block: u64| head.map(|head| head.saturating_sub(block));
        Self {
            id,
            mecid: intent.mecid,
            decided_block: intent.block,
            epoch: intent.epoch,
            way,
            payout: intent.payout,
            version_key: intent.version_key,
            age_blocks: fate.effective_block().and_then(age),
            fate,
            note,
            round,
            weights: intent.weights,
            extrinsics: extrinsics.iter().map(Sent::of).collect(),
        }
    }

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let reason = self.fate.reason().or(self.note.as_deref()).unwrap_or_default();
        vec![
            self.id.to_string(),
            self.mecid.to_string(),
            self.decided_block.to_string(),
            self.epoch.to_string(),
            self.way.to_owned(),
            self.weights.len().to_string(),
            self.fate.as_str().to_owned(),
            number(self.fate.included_block()),
            number(self.fate.effective_block()),
            number(self.age_blocks),
            reason.to_owned(),
        ]
    }
}

impl Sent {
    fn of(extrinsic: &Extrinsic) -> Self {
        let hash: String = extrinsic.signed.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            kind: extrinsic.kind.as_str(),
            hash: format!("0x{hash}"),
            nonce: extrinsic.signed.nonce,
            state: extrinsic.fate.as_str(),
            block: extrinsic.fate.block(),
            reason: extrinsic.fate.reason().map(str::to_owned),
        }
    }
}

impl History {
    fn text(&self) -> String {
        let headings = [
            "id",
            "mechanism",
            "decided",
            "epoch",
            "way",
            "weights",
            "fate",
            "included",
            "effective",
            "age",
            "reason",
        ];
        let rows: Vec<_> = self.submissions.iter().map(Line::cells).collect();
        let count = rows.len();
        format!(
            "Subnet {}, {}: the newest {count} submissions, by blocks\n{}",
            self.netuid,
            self.hotkey,
            output::table(&headings, &rows)
        )
    }
}
