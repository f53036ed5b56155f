//! `subnetkit stake add` and `remove`.

use anyhow::{Context as _, ensure};
use clap::Args;
use serde::Serialize;
use subnetkit::{
    chain::{Call, Pinned, Rao, ReadError, RefusalKind, SubmitError},
    keys::Keys,
    protocol::{Coldkey, Hotkey},
    settings::Common,
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
    tao::{Share, Tao},
};

/// What adding and removing have in common.
#[derive(Debug, Args)]
struct TradeArgs {
    /// Address of the hotkey [default: the wallet's hotkey]
    #[arg(long, value_name = "SS58")]
    hotkey: Option<Hotkey>,
    /// How far the trade may push the price; if it would push it further, nothing is done
    #[arg(long, value_name = "SHARE", default_value = "0.05")]
    rate_tolerance: Share,
    /// Trade at any price
    #[arg(long, conflicts_with = "rate_tolerance")]
    no_slippage_protection: bool,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// How much TAO to stake
    #[arg(long, value_name = "TAO", required_unless_present = "all", conflicts_with = "all")]
    amount: Option<Tao>,
    /// Stake all that the coldkey has, but for the fee and what keeps the account alive
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    trade: TradeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// How much alpha to sell
    #[arg(long, value_name = "ALPHA", required_unless_present = "all", conflicts_with = "all")]
    amount: Option<Tao>,
    /// Sell all that the coldkey has on the hotkey in the subnet
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    trade: TradeArgs,
}

/// What is there after a trade.
#[derive(Debug, Serialize)]
struct Traded {
    netuid: u16,
    hotkey: Hotkey,
    block: u64,
    /// What the coldkey holds on the hotkey now.
    alpha_rao: u64,
    /// What it held before.
    alpha_before_rao: u64,
    /// What it has free now.
    balance_rao: u64,
}

/// The pool at the moment of a plan.
struct Market {
    price: Rao,
    tolerance: Option<Share>,
}

impl Market {
    async fn of(at: &Pinned, netuid: u16, args: &TradeArgs) -> Result<Self, ReadError> {
        let price = at.alpha_price(netuid).await?;
        // Root's price is 1 whatever is traded.
        let protected = !args.no_slippage_protection && netuid != 0;
        Ok(Self { price, tolerance: protected.then_some(args.rate_tolerance) })
    }

    fn described(&self, deed: Deed, limit: Option<Rao>) -> Deed {
        let deed = deed.detail("price", format!("{} TAO per alpha now", self.price), self.price.0);
        match limit {
            Some(limit) => {
                deed.detail("limit", format!("{limit} TAO per alpha, or nothing is done"), limit.0)
            }
            None => deed.detail("limit", "none", serde_json::Value::Null),
        }
    }
}

pub(crate) async fn add(args: AddArgs, console: Console) -> anyhow::Result<()> {
    let trade = args.trade;
    let settings = settings(&trade)?;
    let keys = Keys::named_by(&settings)?;
    let (hotkey, coldkey) = (hotkey(&trade, &keys)?, keys.coldkey_account()?);
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    // The chain takes a fee for saying either.
    ensure!(
        at.owner_of(&hotkey).await?.is_some(),
        "the hotkey {hotkey} has never been registered in any subnet, and only such a one can hold stake: check --hotkey"
    );
    ensure!(
        at.subnet_is_started(netuid).await?,
        "subnet {netuid} has not been started, so its alpha can't be traded yet"
    );
    let market = Market::of(&at, netuid, &trade).await?;
    let limit = market.tolerance.map(|share| share.above(market.price));
    let call = |tao| Call::add_stake(&hotkey, netuid, tao, limit);
    let amount = match args.amount {
        Some(Tao(amount)) => amount,
        None => {
            // A fee does not depend on the amount.
            let fee = at.fee(&call(Rao(0))).await?;
            let kept = fee.0.saturating_add(at.existential_deposit()?.0);
            let balance = at.balance(&coldkey).await?;
            Rao(balance.0.checked_sub(kept).filter(|amount| *amount > 0).with_context(|| {
                format!("the coldkey {coldkey} has {balance} TAO, too little to stake any of it")
            })?)
        }
    };
    let quote = at.quote_purchase(netuid, amount).await?;
    let quote = quote.with_context(|| {
        format!("the pool of subnet {netuid} cannot sell alpha for {amount} TAO: was the subnet started? A smaller --amount may do")
    })?;
    let does =
        format!("stakes {amount} TAO on the hotkey {hotkey} in subnet {netuid} of {}", settings.network);
    let deed = Deed::new(does, call(amount), Signer::Coldkey).cost(amount).detail(
        "expected",
        format!("{} alpha after the pool's fee of {} TAO", quote.alpha, quote.tao_fee),
        quote.alpha.0,
    );
    let plan = Plan::of(&at, &settings, &keys, market.described(deed, limit)).await?;
    let traded = send(console, &chain, &keys, &plan, &trade, Place { coldkey, hotkey, netuid }, &at).await?;
    let Some(traded) = traded else { return Ok(()) };
    plan.done(console, traded, |traded| {
        format!(
            "Staked {amount} TAO in block {}; the coldkey now holds {} alpha on the hotkey {hotkey} in subnet {netuid}.",
            traded.block,
            Rao(traded.alpha_rao)
        )
    })
}

pub(crate) async fn remove(args: RemoveArgs, console: Console) -> anyhow::Result<()> {
    let trade = args.trade;
    let settings = settings(&trade)?;
    let keys = Keys::named_by(&settings)?;
    let (hotkey, coldkey) = (hotkey(&trade, &keys)?, keys.coldkey_account()?);
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let market = Market::of(&at, netuid, &trade).await?;
    let limit = market.tolerance.map(|share| share.below(market.price));
    let place = Place { coldkey, hotkey, netuid };
    let held = place.alpha(&at).await?;
    ensure!(
        held > Rao(0),
        "the coldkey {coldkey} has nothing staked on the hotkey {hotkey} in subnet {netuid}: `subnetkit stake list` shows what it has"
    );
    let (amount, call) = match args.amount {
        Some(Tao(amount)) => {
            ensure!(
                amount <= held,
                "the coldkey {coldkey} has {held} alpha staked on the hotkey {hotkey} in subnet {netuid}: lower --amount, or pass --all"
            );
            (amount, Call::remove_stake(&hotkey, netuid, amount, limit))
        }
        None => (held, Call::remove_all_stake(&hotkey, netuid, limit)),
    };
    let quote = at.quote_sale(netuid, amount).await?;
    let quote = quote.with_context(|| {
        format!("the pool of subnet {netuid} cannot buy {amount} alpha: was the subnet started? A smaller --amount may do")
    })?;
    let does = format!(
        "sells {amount} alpha that is staked on the hotkey {hotkey} in subnet {netuid} of {}",
        settings.network
    );
    let deed = Deed::new(does, call, Signer::Coldkey)
        .gain(quote.tao)
        .detail("expected", format!("{} TAO after slippage and the pool's fee", quote.tao), quote.tao.0)
        .detail("staked", format!("{held} alpha before"), held.0);
    let plan = Plan::of(&at, &settings, &keys, market.described(deed, limit)).await?;
    let Some(traded) = send(console, &chain, &keys, &plan, &trade, place, &at).await? else { return Ok(()) };
    plan.done(console, traded, |traded| {
        format!(
            "Sold {} alpha in block {}; the coldkey has {} TAO free, and {} alpha left on the hotkey {hotkey} in subnet {netuid}.",
            Rao(traded.alpha_before_rao.saturating_sub(traded.alpha_rao)),
            traded.block,
            Rao(traded.balance_rao),
            Rao(traded.alpha_rao)
        )
    })
}

fn settings(args: &TradeArgs) -> anyhow::Result<Common> {
    let flags = Flags::new().network(args.network.clone()).wallet(args.wallet.clone()).netuid(&args.netuid);
    Ok(flags.settings()?)
}

fn hotkey(args: &TradeArgs, keys: &Keys) -> anyhow::Result<Hotkey> {
    Ok(match args.hotkey {
        Some(hotkey) => hotkey,
        None => keys.hotkey_account()?,
    })
}

/// Where stake is.
#[derive(Debug, Clone, Copy)]
struct Place {
    coldkey: Coldkey,
    hotkey: Hotkey,
    netuid: u16,
}

impl Place {
    async fn alpha(self, at: &Pinned) -> Result<Rao, ReadError> {
        let positions = at.positions(&self.coldkey).await?;
        let here = positions.iter().find(|held| held.hotkey == self.hotkey && held.netuid == self.netuid);
        Ok(here.map(|held| held.alpha).unwrap_or_default())
    }
}

/// Asks, signs, and reads what is there then; `None` if it was to be shown only.
async fn send(
    console: Console,
    chain: &subnetkit::chain::Chain,
    keys: &Keys,
    plan: &Plan,
    args: &TradeArgs,
    place: Place,
    before: &Pinned,
) -> anyhow::Result<Option<Traded>> {
    if !plan.agreed(console, args.confirm)? {
        return Ok(None);
    }
    let alpha_before_rao = place.alpha(before).await?.0;
    let coldkey = spending::coldkey(keys).await?;
    let sent = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await;
    let included = sent.map_err(|error| explained(error, args))?;
    let at = chain.at_block(included.block.hash).await?;
    let Place { coldkey, hotkey, netuid } = place;
    Ok(Some(Traded {
        netuid,
        hotkey,
        block: included.block.number,
        alpha_rao: place.alpha(&at).await?.0,
        alpha_before_rao,
        balance_rao: at.balance(&coldkey).await?.0,
    }))
}

/// Adds to a refusal of the price what to do about it.
fn explained(error: SubmitError, args: &TradeArgs) -> anyhow::Error {
    let by_price = error.kind() == Some(RefusalKind::InsufficientLiquidity);
    let error = anyhow::Error::from(error);
    if !by_price || args.no_slippage_protection {
        return error;
    }
    error.context(
        "nothing was traded, since the price would have moved too far: trade less at once, or raise --rate-tolerance",
    )
}
