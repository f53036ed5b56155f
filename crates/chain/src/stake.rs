//! Stake: who holds what, what it is worth, and the calls that trade it.

use crate::{
    Call, CodecError, Rao, ReadError, Value,
    pinned::Pinned,
    surface::{self, ApiUse},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use subnetkit_protocol::{Coldkey, Hotkey};

/// What a coldkey holds on one hotkey in one subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// The hotkey it is staked on.
    pub hotkey: Hotkey,
    /// The subnet; 0 is root, whose stake is TAO.
    pub netuid: u16,
    /// Alpha, rao; on root TAO, rao.
    pub alpha: Rao,
    /// Whether the hotkey has a uid in the subnet.
    pub is_registered: bool,
}

/// What a trade with a subnet's pool would do now, by the chain's own simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quote {
    /// TAO that goes in, or comes out after the fee.
    pub tao: Rao,
    /// Alpha that comes out after the fee, or goes in.
    pub alpha: Rao,
    /// The pool's fee where it is taken in TAO.
    pub tao_fee: Rao,
    /// The pool's fee where it is taken in alpha.
    pub alpha_fee: Rao,
}

impl Call {
    /// Buys a subnet's alpha with TAO and stakes it on a hotkey: at any price, or not at all where it would push the price
    /// above `limit` (rao of TAO per alpha).
    pub fn add_stake(hotkey: &Hotkey, netuid: u16, tao: Rao, limit: Option<Rao>) -> Self {
        let (hotkey, netuid, tao) = ((*hotkey).into(), netuid.into(), tao.into());
        match limit {
            None => surface::ADD_STAKE.call([hotkey, netuid, tao]),
            Some(limit) => surface::ADD_STAKE_LIMIT.call([hotkey, netuid, tao, limit.into(), false.into()]),
        }
    }

    /// Sells alpha that is staked on a hotkey: at any price, or not at all where it would push the price below `limit` (rao
    /// of TAO per alpha).
    pub fn remove_stake(hotkey: &Hotkey, netuid: u16, alpha: Rao, limit: Option<Rao>) -> Self {
        let (hotkey, netuid, alpha) = ((*hotkey).into(), netuid.into(), alpha.into());
        match limit {
            None => surface::REMOVE_STAKE.call([hotkey, netuid, alpha]),
            Some(limit) => {
                surface::REMOVE_STAKE_LIMIT.call([hotkey, netuid, alpha, limit.into(), false.into()])
            }
        }
    }

    /// The same with all that is staked there by then.
    pub fn remove_all_stake(hotkey: &Hotkey, netuid: u16, limit: Option<Rao>) -> Self {
        let limit = limit.map_or_else(Value::none, Value::some);
        surface::REMOVE_STAKE_FULL_LIMIT.call([(*hotkey).into(), netuid.into(), limit])
    }
}

impl Pinned {
    /// All that a coldkey has staked, by netuid and hotkey; empty positions are left out.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn positions(&self, coldkey: &Coldkey) -> Result<Vec<Position>, ReadError> {
        let api = &surface::STAKE_OF_COLDKEY;
        let answer = self.ask(api, [(*coldkey).into()]).await?;
        let items = answer.items().ok_or_else(|| api.unusable("positions"))?;
        let mut positions = items.iter().map(|item| position(api, item)).collect::<Result<Vec<_>, _>>()?;
        positions.retain(|position| position.alpha > Rao(0));
        positions.sort_by_key(|position| (position.netuid, position.hotkey));
        Ok(positions)
    }

    /// The price of a subnet's alpha, rao of TAO per alpha; that of root is 1.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn alpha_price(&self, netuid: u16) -> Result<Rao, ReadError> {
        let api = &surface::ALPHA_PRICE;
        let price = self.ask(api, [netuid.into()]).await?;
        Ok(Rao(price.number_as().ok_or_else(|| api.unusable("price"))?))
    }

    /// The price of every subnet's alpha, by netuid.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn alpha_prices(&self) -> Result<BTreeMap<u16, Rao>, ReadError> {
        let api = &surface::ALPHA_PRICES;
        let answer = self.ask(api, []).await?;
        let items = answer.items().ok_or_else(|| api.unusable("prices"))?;
        let prices = items.iter().map(|item| {
            let netuid = item.field("netuid")?.number_as()?;
            Some((netuid, Rao(item.field("price")?.number_as()?)))
        });
        Ok(prices.collect::<Option<_>>().ok_or_else(|| api.unusable("price"))?)
    }

    /// What so much TAO would buy; `None` if the pool cannot fill it.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn quote_purchase(&self, netuid: u16, tao: Rao) -> Result<Option<Quote>, ReadError> {
        let quote = self.quote(&surface::SIMULATED_PURCHASE, netuid, tao).await?;
        Ok((quote.alpha > Rao(0)).then_some(quote))
    }

    /// What so much alpha would be sold for; `None` if the pool cannot fill it.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn quote_sale(&self, netuid: u16, alpha: Rao) -> Result<Option<Quote>, ReadError> {
        let quote = self.quote(&surface::SIMULATED_SALE, netuid, alpha).await?;
        Ok((quote.tao > Rao(0)).then_some(quote))
    }

    async fn quote(&self, api: &ApiUse<2>, netuid: u16, amount: Rao) -> Result<Quote, ReadError> {
        let answer = self.ask(api, [netuid.into(), amount.into()]).await?;
        let rao = |name: &str| {
            let number = answer.field(name).and_then(Value::number_as);
            number.map(Rao).ok_or_else(|| api.unusable(name))
        };
        Ok(Quote {
            tao: rao("tao_amount")?,
            alpha: rao("alpha_amount")?,
            tao_fee: rao("tao_fee")?,
            alpha_fee: rao("alpha_fee")?,
        })
    }
}

fn position(api: &ApiUse<1>, item: &Value) -> Result<Position, CodecError> {
    let unusable = |name: &str| api.unusable(name);
    let field = |name: &str| item.field(name).ok_or_else(|| unusable(name));
    Ok(Position {
        hotkey: field("hotkey")?.account().ok_or_else(|| unusable("hotkey"))?,
        netuid: field("netuid")?.number_as().ok_or_else(|| unusable("netuid"))?,
        alpha: Rao(field("stake")?.number_as().ok_or_else(|| unusable("stake"))?),
        is_registered: field("is_registered")?.bool().ok_or_else(|| unusable("is_registered"))?,
    })
}
