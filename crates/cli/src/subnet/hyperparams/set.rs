//! `subnetkit subnet hyperparams set`.

use anyhow::{bail, ensure};
use clap::Args;
use serde::Serialize;
use subnetkit::{
    chain::{Call, ChangeWindow, Parameter, ParameterRule, SetBy, SubmitError, Unit, Value},
    keys::Keys,
};

use super::{Rules, bounds, raw};
use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
};

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The parameter, by the chain's name for it
    name: String,
    /// Its value: a whole number as the chain has it, or in people's units: 2h, 3tempos, 0.5, 50%, 0.1TAO, true
    value: String,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Set it as root: the wallet's coldkey has to be the sudo key, which only development chains give away
    #[arg(long)]
    sudo: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Serialize)]
struct Change {
    netuid: u16,
    name: &'static str,
    old: Parameter,
    new: Parameter,
    /// None if nothing had to be done.
    block: Option<u64>,
}

pub(crate) async fn run(args: SetArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let rules = console.during("reading the parameters", Rules::read(&chain, netuid)).await?;
    let old = rules.named(&args.name)?.clone();
    let Some(rule) = ParameterRule::of(&args.name) else {
        bail!("`{}` is newer than this program, which does not know how it is set", args.name)
    };
    let name = rule.name;
    let value = rules.scale().read(rule, &args.value).map_err(anyhow::Error::msg)?;
    let new = parameter(rule, &value);
    if old == new {
        let unchanged = Change { netuid, name, old, new, block: None };
        return spending::unchanged(console, unchanged, |it| {
            format!("{name} of subnet {netuid} is {} already.", raw(&it.old))
        });
    }
    let window = rules.at.change_window(netuid, name).await?;
    let call = if args.sudo {
        ensure!(rule.set_by != SetBy::Nobody, "nobody can set {name}: {}", rule.meaning);
        rules.at.runtime().setting_call(netuid, name, value, &rules.parameters)?.sudo()
    } else {
        owners_call(&rules, &keys, rule, value, &window)?
    };
    let deed = deed(&rules, rule, (&old, &new), call, &window);
    let plan = Plan::of(&rules.at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let sent = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await;
    let included = sent.map_err(|error| explained(error, rule, &window))?;
    let block = included.block.number;
    let now = chain.at_block(included.block.hash).await?.all_hyperparameters(netuid).await?;
    let new = now.all.get(name).cloned().unwrap_or(new);
    let change = Change { netuid, name, old, new, block: Some(block) };
    plan.done(console, change, |it| {
        format!("Set {name} of subnet {netuid} in block {block}: {} -> {}.", raw(&it.old), raw(&it.new))
    })
}

/// How it will be read back.
fn parameter(rule: &ParameterRule, value: &Value) -> Parameter {
    match (rule.unit, value) {
        (Unit::Factor, Value::Number(bits)) => Parameter::Fixed(*bits as f64 / 2f64.powi(64)),
        (_, Value::Bool(on)) => Parameter::Bool(*on),
        (_, value) => {
            let number = value.number_as().unwrap_or_default();
            // The one signed parameter is read as a fixed-point number.
            if rule.name == "alpha_sigmoid_steepness" {
                Parameter::Fixed(number as f64)
            } else {
                Parameter::Number(number)
            }
        }
    }
}

/// The call, once everything that the chain would refuse has been ruled out.
fn owners_call(
    rules: &Rules,
    keys: &Keys,
    rule: &ParameterRule,
    value: Value,
    window: &ChangeWindow,
) -> anyhow::Result<Call> {
    let (netuid, name) = (rules.netuid, rule.name);
    match rule.set_by {
        SetBy::Owner => {}
        SetBy::Root => bail!(
            "only root may set {name}, not the owner of subnet {netuid}; on a development chain pass --sudo with the wallet of \
             its sudo key"
        ),
        _ => bail!("nobody can set {name}: {}", rule.meaning),
    }
    let (owner, coldkey) = (rules.graph.owner_coldkey, keys.coldkey_account()?);
    ensure!(
        owner == coldkey,
        "subnet {netuid} belongs to the coldkey {owner}, and the wallet has {coldkey}: check --wallet"
    );
    check_bounds(rules, rule, &value)?;
    if window.is_frozen {
        let remedy = match window.open_from_block {
            Some(block) => format!("try again from block {block} on"),
            None => "the tempo leaves no block free: have root set a longer one".to_owned(),
        };
        bail!(
            "{name} can't be changed now: the chain freezes a subnet's parameters in the {} blocks before an epoch, and it is \
             block {}; {remedy}",
            window.freeze_blocks,
            rules.at.head().number
        );
    }
    ensure!(
        window.wait_blocks == 0,
        "{name} was changed lately, and an owner may change a parameter once in {} blocks: wait {} blocks ({})",
        window.limit_blocks.unwrap_or_default(),
        window.wait_blocks,
        rules.scale().time(window.wait_blocks)
    );
    Ok(rules.at.runtime().owners_call(netuid, name, value, &rules.parameters)?)
}

/// The chain's bounds, and those that follow from other parameters.
fn check_bounds(rules: &Rules, rule: &ParameterRule, value: &Value) -> anyhow::Result<()> {
    let Some(number) = value.number() else { return Ok(()) };
    let name = rule.name;
    if let Some((least, most)) = rule.bounds {
        let scale = if rule.unit == Unit::Factor { 1_u128 << 64 } else { 1 };
        let allowed = u128::from(least) * scale..=u128::from(most).saturating_mul(scale);
        ensure!(
            allowed.contains(&number),
            "{name} of {} is out of bounds: an owner may set {}{}",
            if rule.unit == Unit::Factor {
                (number as f64 / 2f64.powi(64)).to_string()
            } else {
                number.to_string()
            },
            bounds(rule).unwrap_or_default(),
            in_words(rules, rule)
        );
    }
    let other = |name: &str| match rules.parameters.all.get(name) {
        Some(Parameter::Number(number)) => Some(u128::from(*number)),
        _ => None,
    };
    let neurons = rules.graph.neurons.len();
    let (fits, rule) = match name {
        "min_burn" => (other("max_burn").is_none_or(|most| number < most), "has to be below max_burn"),
        "max_burn" => (other("min_burn").is_none_or(|least| number > least), "has to be above min_burn"),
        "alpha_low" => (other("alpha_high").is_none_or(|most| number <= most), "may not be above alpha_high"),
        "alpha_high" => {
            (other("alpha_low").is_none_or(|least| number >= least), "may not be below alpha_low")
        }
        "max_allowed_uids" => (number >= neurons as u128, "may not be below the number of neurons there are"),
        _ => (true, ""),
    };
    ensure!(fits, "{name} {rule}: `subnetkit subnet hyperparams get` shows both");
    let liquid = rules.parameters.all.get("liquid_alpha_enabled");
    ensure!(
        !name.starts_with("alpha_")
            || name == "alpha_sigmoid_steepness"
            || liquid != Some(&Parameter::Bool(false)),
        "{name} can be set while liquid alpha is on only: set liquid_alpha_enabled to true first"
    );
    Ok(())
}

/// The bounds as people say them.
fn in_words(rules: &Rules, rule: &ParameterRule) -> String {
    let human = |number| rules.scale().human(rule.unit, &Parameter::Number(number));
    match rule.bounds.map(|(least, most)| (human(least), human(most))) {
        Some((Some(least), Some(most))) => format!(" ({least} to {most})"),
        _ => String::new(),
    }
}

fn deed(
    rules: &Rules,
    rule: &ParameterRule,
    (old, new): (&Parameter, &Parameter),
    call: Call,
    window: &ChangeWindow,
) -> Deed {
    let shown = |value: &Parameter| match rules.scale().human(rule.unit, value) {
        Some(human) => format!("{} ({human})", raw(value)),
        None => raw(value),
    };
    let json = |value: &Parameter| serde_json::to_value(value).unwrap_or_default();
    let does = format!("sets {} of subnet {} from {} to {}", rule.name, rules.netuid, shown(old), shown(new));
    let mut deed = Deed::new(does, call, Signer::Coldkey).detail("old", shown(old), json(old)).detail(
        "new",
        shown(new),
        json(new),
    );
    // What the change itself would make risky.
    let before = rules.facts(window);
    let mut after = before.clone();
    after.parameters.insert(rule.name.to_owned(), new.clone());
    if rule.name == "activity_cutoff_factor"
        && let Parameter::Number(thousandths) = new
    {
        let cutoff = thousandths.saturating_mul(rules.parameters.tempo.into()) / 1_000;
        after.parameters.insert("activity_cutoff".to_owned(), Parameter::Number(cutoff));
    }
    let known: Vec<_> = before.findings().iter().map(|finding| finding.rule).collect();
    let risks: Vec<_> = after.findings().into_iter().filter(|found| !known.contains(&found.rule)).collect();
    if !risks.is_empty() {
        let text = risks.iter().map(|found| found.why.as_str()).collect::<Vec<_>>().join("; ");
        let names: Vec<_> = risks.iter().map(|found| found.rule).collect();
        deed = deed.detail("risk", text, names);
    }
    deed
}

/// Adds to a refusal when an owner may change what.
fn explained(error: SubmitError, rule: &ParameterRule, window: &ChangeWindow) -> anyhow::Error {
    let name = error.refusal().map(|refusal| refusal.name().to_owned());
    let why = match name.as_deref() {
        Some("TxRateLimitExceeded") => match window.limit_blocks {
            Some(limit) => format!("an owner may change {} once in {limit} blocks", rule.name),
            None => "an owner may change the tempo once in 360 blocks, weights_version once in 5 tempos, and mechanism_count once \
                     in 7200 blocks"
                .to_owned(),
        },
        Some("AdminActionProhibitedDuringWeightsWindow") => format!(
            "nothing may be changed in the {} blocks before an epoch: try again after the next one",
            window.freeze_blocks
        ),
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(format!("{} was not changed: {why}", rule.name))
}
