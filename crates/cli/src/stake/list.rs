//! `subnetkit stake list`.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use subnetkit::{
    chain::{Pinned, Rao, ReadError},
    keys::Keys,
    protocol::{Coldkey, Hotkey},
};

use crate::{
    args::{Flags, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    output,
    tao::worth,
};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Address of the coldkey [default: the wallet's]
    #[arg(long, value_name = "SS58")]
    coldkey: Option<Coldkey>,
}

#[derive(Serialize)]
struct Stakes {
    coldkey: Coldkey,
    block: u64,
    balance_rao: u64,
    /// All positions at the pools' prices.
    value_rao: u64,
    positions: Vec<Held>,
}

#[derive(Serialize)]
struct Held {
    netuid: u16,
    hotkey: Hotkey,
    /// Whether the hotkey has a uid in the subnet.
    registered: bool,
    alpha_rao: u64,
    /// TAO per alpha.
    price_rao: u64,
    /// The alpha at that price.
    value_rao: u64,
    /// What selling all of it now would bring, slippage and the pool's fee taken off; none if the pool cannot fill it.
    sold_rao: Option<u64>,
}

pub(crate) async fn run(args: ListArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).settings()?;
    let coldkey = match args.coldkey {
        Some(coldkey) => coldkey,
        None => Keys::named_by(&settings)?.coldkey_account()?,
    };
    let chain = chain::connect(console, &settings).await?;
    let at = chain.at_best().await?;
    let stakes = console.during("pricing the stake", read(&at, coldkey)).await?;
    console.result(&stakes, Stakes::text)
}

async fn read(at: &Pinned, coldkey: Coldkey) -> Result<Stakes, ReadError> {
    let held = at.positions(&coldkey).await?;
    let prices = if held.is_empty() { BTreeMap::new() } else { at.alpha_prices().await? };
    let mut positions = Vec::with_capacity(held.len());
    for position in held {
        let price = prices.get(&position.netuid).copied().unwrap_or_default();
        let sold = at.quote_sale(position.netuid, position.alpha).await?;
        positions.push(Held {
            netuid: position.netuid,
            hotkey: position.hotkey,
            registered: position.is_registered,
            alpha_rao: position.alpha.0,
            price_rao: price.0,
            value_rao: worth(position.alpha, price).0,
            sold_rao: sold.map(|quote| quote.tao.0),
        });
    }
    Ok(Stakes {
        coldkey,
        block: at.head().number,
        balance_rao: at.balance(&coldkey).await?.0,
        value_rao: positions.iter().fold(0, |sum, held| held.value_rao.saturating_add(sum)),
        positions,
    })
}

impl Stakes {
    fn text(&self) -> String {
        let rows: Vec<_> = self.positions.iter().map(Held::cells).collect();
        let table = match &rows[..] {
            [] => "Nothing is staked.".to_owned(),
            rows => {
                output::table(&["netuid", "hotkey", "alpha", "price", "value", "sold now", "slippage"], rows)
            }
        };
        format!(
            "Coldkey {} at block {}: {} TAO free, stake worth {} TAO\n{table}",
            self.coldkey,
            self.block,
            Rao(self.balance_rao),
            Rao(self.value_rao)
        )
    }
}

impl Held {
    fn cells(&self) -> Vec<String> {
        let (sold, slippage) = match self.sold_rao {
            Some(sold) => (Rao(sold).to_string(), lost(self.value_rao, sold)),
            None => ("too much for the pool".to_owned(), "-".to_owned()),
        };
        vec![
            self.netuid.to_string(),
            self.hotkey.to_string(),
            Rao(self.alpha_rao).to_string(),
            Rao(self.price_rao).to_string(),
            Rao(self.value_rao).to_string(),
            sold,
            slippage,
        ]
    }
}

/// How much less a sale brings than the price promises, in percent.
fn lost(value: u64, sold: u64) -> String {
    let lost = value.saturating_sub(sold);
    format!("{:.2}%", 100.0 * lost as f64 / value.max(1) as f64)
}
