//! `subnetkit doctor`.

use std::{cmp::Reverse, time::Duration};

use clap::Args;
use serde::Serialize;
use subnetkit::{
    RunError,
    keys::Keys,
    protocol::Hotkey,
    settings::Settings,
    validator::doctor::{Examination, Facts, Finding, Plan, Severity, diagnose},
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, ValidatorArgs, WalletArgs},
    console::{Console, FaultFound},
    output,
};

/// However short its block times are, a chain that says nothing for this long is not yet silent.
const LEAST_SILENCE: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    validator: ValidatorArgs,
}

#[derive(Debug, Serialize)]
struct Report {
    netuid: u16,
    hotkey: Hotkey,
    network: String,
    /// Whether some finding blocks.
    blocked: bool,
    findings: Vec<Finding>,
}

pub(crate) async fn run(args: DoctorArgs, console: Console) -> anyhow::Result<()> {
    let flags = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid);
    let (settings, when_all_zero) = flags.validator(args.validator).validator_settings()?;
    let keys = Keys::named_by(&settings.common)?;
    let Settings { common, role } = settings;
    let examination = Examination {
        netuid: common.netuid()?,
        hotkey: keys.hotkey_account()?,
        // A hotkey is enough to run a validator.
        coldkey: keys.coldkey_account().ok(),
        plan: Plan { when_all_zero, ..Plan::of(&role) },
        ledger: Some(role.ledger_path.clone()),
        public: common.network.is_public(),
        connect_timeout: role.connect_timeout,
    };
    let facts = async {
        match subnetkit::connect(&common).await {
            Ok(chain) => Ok(facts_of(&examination, &chain, common.max_silent_blocks).await),
            Err(RunError::Connect(error)) => Ok(examination.without_chain(&error)),
            Err(error) => Err(error),
        }
    };
    let facts = console.during("waiting for a new block", facts).await?;
    let mut findings = diagnose(&facts);
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let Examination { netuid, hotkey, .. } = examination;
    let blocked = findings.iter().any(|finding| finding.severity == Severity::Blocks);
    let report = Report { netuid, hotkey, network: common.network.to_string(), blocked, findings };
    console.result(&report, Report::text)?;
    anyhow::ensure!(
        !blocked,
        FaultFound(format!("the hotkey {hotkey} sets no effective weights on subnet {netuid} as things are"))
    );
    Ok(())
}

async fn facts_of(
    examination: &Examination,
    chain: &subnetkit::chain::Chain,
    max_silent_blocks: u32,
) -> Facts {
    let limit = match chain.block_time().await {
        Ok(block_time) => block_time.saturating_mul(max_silent_blocks).max(LEAST_SILENCE),
        // The facts will say the same.
        Err(_) => LEAST_SILENCE,
    };
    examination.facts_at_next_block(chain, limit).await
}

impl Report {
    fn text(&self) -> String {
        let cells = |finding: &Finding| {
            let Finding { severity, rule, sentence } = finding;
            vec![severity.as_str().to_owned(), rule.to_string(), sentence.clone()]
        };
        let rows: Vec<_> = self.findings.iter().map(cells).collect();
        output::table(&["", "rule", ""], &rows)
    }
}
