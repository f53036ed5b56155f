//! Before an extrinsic is signed: what it is, what it costs, a question, and the key.

use std::{
    fmt::Write as _,
    io::{self, BufRead, IsTerminal},
    path::Path,
};

use anyhow::{bail, ensure};
use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use subnetkit::{
    chain::{Call, Pinned, Rao},
    keys::Keys,
    protocol::{AccountId, Keypair},
    settings::Common,
    wallet::{Password, Passwords},
};

use crate::{
    console::{Console, Progress},
    output,
};

/// Whether to ask, and whether to sign at all.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConfirmArgs {
    /// Do it without asking
    #[arg(long, short, visible_alias = "no-prompt")]
    yes: bool,
    /// Show what would be signed and what it would cost, and sign and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl ConfirmArgs {
    /// Whether it is to be shown only.
    pub(crate) const fn is_dry_run(self) -> bool {
        self.dry_run
    }
}

/// Which key of the wallet signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signer {
    Coldkey,
    Hotkey,
}

/// What a command is about to do.
#[derive(Debug)]
pub(crate) struct Deed {
    does: String,
    call: Call,
    signer: Signer,
    cost: Rao,
    gain: Rao,
    details: Vec<Detail>,
}

/// Something worth knowing before agreeing.
#[derive(Debug)]
struct Detail {
    name: &'static str,
    text: String,
    value: Json,
}

impl Deed {
    /// `does` follows "this command": `starts subnet 2`.
    pub(crate) fn new(does: String, call: Call, signer: Signer) -> Self {
        Self { does, call, signer, cost: Rao(0), gain: Rao(0), details: Vec::new() }
    }

    /// TAO that the call takes from the payer at most, the fee apart.
    pub(crate) fn cost(self, cost: Rao) -> Self {
        Self { cost, ..self }
    }

    /// TAO that the call gives the payer, as far as that can be told.
    pub(crate) fn gain(self, gain: Rao) -> Self {
        Self { gain, ..self }
    }

    /// What else is shown: as `text` to people, as `value` under this name to programs.
    pub(crate) fn detail(
        mut self,
        name: &'static str,
        text: impl Into<String>,
        value: impl Into<Json>,
    ) -> Self {
        self.details.push(Detail { name, text: text.into(), value: value.into() });
        self
    }
}

/// The same with its price, as it is shown before anything is signed.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    does: String,
    network: String,
    call: Call,
    signer: Signer,
    /// The signer's address.
    address: AccountId,
    /// Who pays: the coldkey, also for what a hotkey signs.
    payer: Option<AccountId>,
    fee_rao: u64,
    cost_rao: u64,
    gain_rao: u64,
    balance_rao: u64,
    balance_after_rao: u64,
    #[serde(serialize_with = "by_name")]
    details: Vec<Detail>,
}

fn by_name<S: Serializer>(details: &[Detail], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|detail| (detail.name, &detail.value)))
}

/// What became of a deed, with its plan.
#[derive(Debug, Serialize)]
struct Report<'a, R: Serialize> {
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Plan>,
    #[serde(flatten)]
    result: Option<R>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It was shown only.
    NotSent,
    Done,
    /// It was as wanted before, so nothing was signed.
    Unchanged,
}

/// Says that there is nothing to do.
pub(crate) fn unchanged<R: Serialize>(
    console: Console,
    result: R,
    text: impl FnOnce(&R) -> String,
) -> anyhow::Result<()> {
    let said = text(&result);
    console.result(&Report { state: State::Unchanged, plan: None, result: Some(result) }, |_| said)
}

impl Plan {
    /// Prices a deed at a block.
    ///
    /// # Errors
    /// If the chain cannot be read, or the payer does not have what it takes.
    pub(crate) async fn of(at: &Pinned, settings: &Common, keys: &Keys, deed: Deed) -> anyhow::Result<Self> {
        let Deed { does, call, signer, cost, gain, details } = deed;
        let (address, payer) = match signer {
            Signer::Coldkey => {
                let coldkey = keys.coldkey_account()?;
                (coldkey, Some(coldkey))
            }
            Signer::Hotkey => {
                let hotkey = keys.hotkey_account()?;
                (hotkey, at.owner_of(&hotkey).await?)
            }
        };
        let fee = at.fee(&call).await?;
        let balance = match &payer {
            Some(payer) => at.balance(payer).await?,
            None => Rao(0),
        };
        let takes = cost.0.checked_add(fee.0);
        let after = takes.and_then(|takes| balance.0.checked_sub(takes));
        let Some(after) = after else {
            bail!(
                "this command {does}, for which the coldkey {} needs {cost} TAO and {fee} TAO of fee, and has {balance} TAO",
                payer.unwrap_or(address)
            )
        };
        Ok(Self {
            does,
            network: settings.network.to_string(),
            call,
            signer,
            address,
            payer,
            fee_rao: fee.0,
            cost_rao: cost.0,
            gain_rao: gain.0,
            balance_rao: balance.0,
            balance_after_rao: after.saturating_add(gain.0),
            details,
        })
    }

    /// The call, to be signed as it was shown.
    pub(crate) fn call(&self) -> Call {
        self.call.clone()
    }

    /// Shows it and asks; where nobody can answer, nothing is done. `false` says that it was to be shown only, and was.
    pub(crate) fn agreed(&self, console: Console, args: ConfirmArgs) -> anyhow::Result<bool> {
        if args.dry_run {
            let report = Report::<()> { state: State::NotSent, plan: Some(self), result: None };
            console.result(&report, |_| self.not_sent_text())?;
            return Ok(false);
        }
        self.ask(args)?;
        Ok(true)
    }

    /// Asks, unless that was answered beforehand.
    pub(crate) fn ask(&self, args: ConfirmArgs) -> anyhow::Result<()> {
        if args.yes {
            return Ok(());
        }
        let stdin = io::stdin();
        ensure!(
            stdin.is_terminal(),
            "nothing was done: there is no terminal to confirm at; pass --yes to agree that this command {}, or --dry-run to \
             see what it would sign",
            self.price()
        );
        output::note(&format!("{}\nGo on? [y/N]", self.text()));
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was done, as you answered");
        Ok(())
    }

    /// What came of it.
    pub(crate) fn done<R: Serialize>(
        &self,
        console: Console,
        result: R,
        text: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<()> {
        let said = text(&result);
        console.result(&Report { state: State::Done, plan: Some(self), result: Some(result) }, |_| said)
    }

    /// What a dry run says to people.
    pub(crate) fn not_sent_text(&self) -> String {
        format!("{}\nNothing was signed or sent (--dry-run).", self.text())
    }

    fn price(&self) -> String {
        let fee = Rao(self.fee_rao);
        match self.cost_rao {
            0 => format!("{} for a fee of {fee} TAO", self.does),
            cost => format!("{} for {} TAO and a fee of {fee} TAO", self.does, Rao(cost)),
        }
    }

    fn text(&self) -> String {
        let signer = match self.signer {
            Signer::Coldkey => "the coldkey",
            Signer::Hotkey => "the hotkey",
        };
        let mut text = format!(
            "This {}.\n  network  {}\n  call     {}\n  signed   by {signer} {}\n  fee      {} TAO",
            self.does,
            self.network,
            self.call,
            self.address,
            Rao(self.fee_rao)
        );
        for Detail { name, text: detail, .. } in &self.details {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {:<8} {detail}", name.replace('_', " "));
        }
        let mut add = |name: &str, rao: u64| {
            let _ = write!(text, "\n  {name:<8} {} TAO", Rao(rao));
        };
        if self.cost_rao > 0 {
            add("cost", self.cost_rao);
        }
        if self.gain_rao > 0 {
            add("gain", self.gain_rao);
        }
        if self.payer.is_some() {
            add("balance", self.balance_rao);
            add("then", self.balance_after_rao);
        }
        text
    }
}

/// The coldkey, its password from btcli's variables or from the terminal.
pub(crate) async fn coldkey(keys: &Keys) -> anyhow::Result<Keypair> {
    let keys = keys.clone();
    // Decrypting takes seconds of work.
    Ok(tokio::task::spawn_blocking(move || {
        let progress = match &keys {
            Keys::Wallet(_) => Some(Progress::new("unlocking the coldkey")),
            _ => None,
        };
        keys.coldkey(&passwords(progress))
    })
    .await??)
}

/// btcli's sources, the last of which is the terminal, from which the spinner is taken meanwhile.
pub(crate) fn passwords(progress: Option<Progress>) -> Passwords {
    Passwords::from_environment().prompt(move |keyfile| {
        let ask = || ask(&format!("Password of {}: ", keyfile.display()));
        progress.as_ref().map_or_else(ask, |progress| progress.aside(ask))
    })
}

/// Those of a hotkey, which is not tried with the coldkey's password.
pub(crate) fn hotkey_passwords() -> Passwords {
    Passwords::per_keyfile().prompt(|keyfile| ask(&format!("Password of {}: ", keyfile.display())))
}

/// A password for a new keyfile: from btcli's variables, else asked for twice.
pub(crate) fn new_password(keyfile: &Path) -> anyhow::Result<Password> {
    use subnetkit::wallet::PasswordSource as _;

    if let Some(password) = Passwords::from_environment().password(keyfile)? {
        return Ok(password);
    }
    let Some(password) = ask_text(&format!("New password of {}: ", keyfile.display()))? else {
        bail!(
            "there is no terminal to ask for the password of {}: set BT_WALLET_PASSWORD, or pass --plain to store the key \
             unencrypted",
            keyfile.display()
        );
    };
    if ask_text("Again: ")?.as_deref() != Some(password.as_str()) {
        bail!("the two passwords differ; nothing was written");
    }
    Ok(Password::new(password))
}

fn ask(question: &str) -> io::Result<Option<Password>> {
    Ok(ask_text(question)?.map(Password::new))
}

/// Asks without showing the answer; `None` where there is no terminal, instead of waiting for ever.
pub(crate) fn ask_text(question: &str) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(question).map(Some)
}
