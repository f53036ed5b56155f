//! `subnetkit subnet hyperparams get`.

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use subnetkit::chain::{Parameter, ParameterRule, SetBy, Unit};

use super::{Rules, bounds, raw};
use crate::{
    args::{Flags, NetuidArgs, NetworkArgs},
    chain,
    console::{Console, FaultFound},
    output,
    subnet::lint::Finding,
};

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// These only, by the chain's names
    names: Vec<String>,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    /// Show the risks alone; the exit status is 1 if there are any
    #[arg(long, conflicts_with = "names")]
    lint: bool,
}

#[derive(Serialize)]
struct Shown {
    netuid: u16,
    block: u64,
    parameters: Vec<Line>,
    /// What is risky; of all parameters, whichever were asked for.
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    value: Parameter,
    /// The value as people say it, where that is another.
    human: Option<String>,
    /// None for a parameter that is newer than this program.
    unit: Option<Unit>,
    set_by: Option<SetBy>,
    /// The least and the greatest value an owner may set.
    bounds: Option<(u64, u64)>,
    meaning: Option<&'static str>,
}

pub(crate) async fn run(args: GetArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).netuid(&args.netuid).settings()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let rules = console.during("reading the parameters", Rules::read(&chain, netuid)).await?;
    for name in &args.names {
        rules.named(name)?;
    }
    let asked = |name: &&String| args.names.is_empty() || args.names.contains(name);
    let names = rules.parameters.all.keys().filter(asked);
    let parameters = if args.lint { Vec::new() } else { names.map(|name| line(&rules, name)).collect() };
    let window = rules.at.change_window(netuid, "").await?;
    let shown = Shown {
        netuid,
        block: rules.at.head().number,
        parameters,
        findings: rules.facts(&window).findings(),
    };
    let said = shown.text(args.lint, !args.names.is_empty());
    console.result(&shown, |_| said)?;
    let count = shown.findings.len();
    ensure!(
        !args.lint || count == 0,
        FaultFound(format!("subnet {netuid} has {count} risky rules: each is above with its remedy"))
    );
    Ok(())
}

fn line(rules: &Rules, name: &str) -> Line {
    let value = rules.parameters.all.get(name).cloned().unwrap_or(Parameter::Number(0));
    let rule = ParameterRule::of(name);
    Line {
        name: name.to_owned(),
        human: rule.and_then(|rule| rules.scale().human(rule.unit, &value)),
        unit: rule.map(|rule| rule.unit),
        set_by: rule.map(|rule| rule.set_by),
        bounds: rule.and_then(|rule| rule.bounds),
        meaning: rule.map(|rule| rule.meaning),
        value,
    }
}

impl Shown {
    fn text(&self, lint: bool, few: bool) -> String {
        let mut parts = Vec::new();
        if !lint {
            let rows: Vec<_> = self.parameters.iter().map(Line::cells).collect();
            let headings = ["parameter", "value", "is", "set by", "bounds", "meaning"];
            parts.push(format!(
                "Parameters of subnet {} at block {}\n{}",
                self.netuid,
                self.block,
                output::table(&headings, &rows)
            ));
        }
        if !few {
            parts.push(match &self.findings[..] {
                [] => format!("Nothing about the rules of subnet {} is risky.", self.netuid),
                findings => {
                    let text = |found: &Finding| {
                        format!(
                            "risk: {} ({})\n  {}\n  remedy: {}",
                            found.rule,
                            found.parameters.join(", "),
                            found.why,
                            found.remedy
                        )
                    };
                    findings.iter().map(text).collect::<Vec<_>>().join("\n")
                }
            });
        }
        parts.join("\n\n")
    }
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let none = || "-".to_owned();
        let set_by = match self.set_by {
            Some(SetBy::Owner) => "owner",
            Some(SetBy::Root) => "root",
            Some(_) => "nobody",
            None => "?",
        };
        vec![
            self.name.clone(),
            raw(&self.value),
            self.human.clone().unwrap_or_else(none),
            set_by.to_owned(),
            ParameterRule::of(&self.name).and_then(bounds).unwrap_or_else(none),
            self.meaning.unwrap_or("newer than this program").to_owned(),
        ]
    }
}
