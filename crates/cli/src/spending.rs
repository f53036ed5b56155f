//! Before anything is spent: a question, and the coldkey's password.

use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
};

use anyhow::bail;
use clap::Args;
use subnetkit::{
    keys::Keys,
    protocol::Keypair,
    wallet::{Password, Passwords},
};

use crate::output;

/// Whether to ask.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConfirmArgs {
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

/// Asks before `deed`, a sentence that says what is done and what it costs. Where nobody can answer, nothing is done.
pub(crate) fn confirm(args: ConfirmArgs, deed: &str) -> anyhow::Result<()> {
    if args.yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        bail!(
            "nothing was done: there is no terminal to confirm at; pass --yes to agree that this command {deed}"
        );
    }
    output::note(&format!("This {deed}. Go on? [y/N]"));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        bail!("nothing was done, as you answered")
    }
}

/// The coldkey, its password from btcli's variables or from the terminal.
pub(crate) async fn coldkey(keys: &Keys) -> anyhow::Result<Keypair> {
    let keys = keys.clone();
    // Decrypting takes seconds of work.
    Ok(tokio::task::spawn_blocking(move || keys.coldkey(&passwords())).await??)
}

fn passwords() -> Passwords {
    Passwords::from_environment().prompt(|keyfile| ask(&format!("Password of {}: ", keyfile.display())))
}

/// A password for a new coldkey: from btcli's variables, else asked for twice.
pub(crate) fn new_password(keyfile: &Path) -> anyhow::Result<Password> {
    use subnetkit::wallet::PasswordSource as _;

    if let Some(password) = Passwords::from_environment().password(keyfile)? {
        return Ok(password);
    }
    let Some(password) = ask_text(&format!("New password of {}: ", keyfile.display()))? else {
        bail!(
            "there is no terminal to ask for the new coldkey's password: set BT_WALLET_PASSWORD, or pass --plain to \
             store the coldkey unencrypted"
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

/// `None` where there is no terminal, instead of waiting for ever.
fn ask_text(question: &str) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(question).map(Some)
}
