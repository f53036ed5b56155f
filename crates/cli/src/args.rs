//! The flags that several commands share, under the names of the settings.

use std::path::PathBuf;

use clap::Args;
use subnetkit::{
    settings::{Common, Given, Layers, Settings, SettingsError},
    validator::{ValidatorConfig, WhenAllZero},
};

/// Where the chain is.
#[derive(Debug, Clone, Args)]
pub(crate) struct NetworkArgs {
    /// The chain: finney, test, archive, local or a ws:// or wss:// URL [default: BT_NETWORK, the file, else local]
    #[arg(long, short, value_name = "NETWORK")]
    network: Option<String>,
    /// Hash of block 0 that the chain must have
    #[arg(long, value_name = "HASH")]
    genesis: Option<String>,
    /// The configuration file [default: subnet.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Whose keys.
#[derive(Debug, Clone, Args)]
pub(crate) struct WalletArgs {
    /// The wallet by name, or a development key such as //Alice, whose hotkeys are //Alice//NAME [default: BT_WALLET, the file, else default]
    #[arg(long, short, value_name = "NAME")]
    wallet: Option<String>,
    /// The hotkey by name, or a development key such as //Alice//miner [default: BT_WALLET_HOTKEY, the file, else default]
    #[arg(long, short = 'H', value_name = "NAME")]
    wallet_hotkey: Option<String>,
    /// The directory of all wallets [default: BT_WALLET_PATH, the file, else ~/.bittensor/wallets]
    #[arg(long, value_name = "DIRECTORY")]
    wallet_path: Option<PathBuf>,
}

/// Which subnet.
#[derive(Debug, Clone, Args)]
pub(crate) struct NetuidArgs {
    /// The subnet [default: SUBNETKIT_NETUID, else the file]
    #[arg(long)]
    netuid: Option<u16>,
}

/// What a validator is set to do, where it differs from the file.
#[derive(Debug, Clone, Args)]
pub(crate) struct ValidatorArgs {
    /// The version key sent with weights [default: the validator's setting]
    #[arg(long, value_name = "NUMBER")]
    version_key: Option<u64>,
    /// What the validator does when nobody has a reward: burn_to_owner, hold_last or skip [default: the validator's setting]
    #[arg(long, value_name = "POLICY")]
    when_all_zero: Option<String>,
    /// How weights are committed: timelocked or hash [default: the validator's setting]
    #[arg(long, value_name = "WAY")]
    commit_with: Option<String>,
    /// The validator's ledger [default: the validator's setting]
    #[arg(long, visible_alias = "ledger", value_name = "FILE")]
    ledger_path: Option<PathBuf>,
}

impl ValidatorArgs {
    /// Nothing but a ledger.
    pub(crate) fn of_ledger(ledger_path: Option<PathBuf>) -> Self {
        Self { ledger_path, version_key: None, when_all_zero: None, commit_with: None }
    }
}

/// All of these that a command has, put over environment and file.
#[derive(Debug, Default)]
pub(crate) struct Flags(Given);

impl Flags {
    pub(crate) fn new() -> Self {
        Self(Given::by_process())
    }

    pub(crate) fn network(mut self, args: NetworkArgs) -> Self {
        self.0.file = args.config;
        self.set("network", args.network).set("genesis", args.genesis)
    }

    pub(crate) fn wallet(self, args: WalletArgs) -> Self {
        let path = args.wallet_path.map(|path| path.to_string_lossy().into_owned());
        self.set("wallet", args.wallet).set("wallet_hotkey", args.wallet_hotkey).set("wallet_path", path)
    }

    pub(crate) fn netuid(self, args: &NetuidArgs) -> Self {
        self.set("netuid", args.netuid.map(|netuid| netuid.to_string()))
    }

    pub(crate) fn validator(self, args: ValidatorArgs) -> Self {
        let path = args.ledger_path.map(|path| path.to_string_lossy().into_owned());
        self.set("version_key", args.version_key.map(|key| key.to_string()))
            .set("when_all_zero", args.when_all_zero)
            .set("commit_with", args.commit_with)
            .set("ledger_path", path)
    }

    /// The settings of a validator, and its policy where it is set: a command does without one that a validator needs.
    pub(crate) fn validator_settings(
        self,
    ) -> Result<(Settings<ValidatorConfig>, Option<WhenAllZero>), SettingsError> {
        let mut given = self.0;
        match Layers::of_role::<ValidatorConfig>(given.clone())?.settings::<ValidatorConfig>() {
            Ok(settings) => {
                let policy = Some(settings.role.when_all_zero);
                Ok((settings, policy))
            }
            Err(SettingsError::Missing { key, .. }) if key == "when_all_zero" => {
                given.flags.insert(key, "skip".to_owned());
                Ok((Layers::of_role::<ValidatorConfig>(given)?.settings()?, None))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn settings(self) -> Result<Common, SettingsError> {
        Layers::of_common(self.0)?.common()
    }

    fn set(mut self, name: &str, value: Option<String>) -> Self {
        if let Some(value) = value {
            self.0.flags.insert(name.to_owned(), value);
        }
        self
    }
}
