//! All subnets at a glance.

use crate::{
    Chain, CodecError, Rao, ReadError, Value,
    pinned::Pinned,
    surface::{BURN, MAX_ALLOWED_UIDS, SUBNETS, SUBNETWORK_N, SUBTOKEN_ENABLED},
};
use serde::{Deserialize, Serialize};
use subnetkit_protocol::{Coldkey, Hotkey};

/// A subnet without its neurons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subnet {
    /// Its number; 0 is root.
    pub netuid: u16,
    /// Its name.
    pub name: String,
    /// The symbol of its token.
    pub symbol: String,
    /// Coldkey of the owner.
    pub owner_coldkey: Coldkey,
    /// Hotkey of the owner.
    pub owner_hotkey: Hotkey,
    /// Whether it was started: from then on its alpha can be traded, and it has emission.
    pub is_started: bool,
    /// Blocks per epoch.
    pub tempo: u16,
    /// Block of the last epoch.
    pub last_step: u64,
    /// Block of its creation.
    pub registered_at: u64,
    /// Neurons it has.
    pub neurons: u16,
    /// Most neurons it takes.
    pub max_neurons: u16,
    /// Price of a registration.
    pub burn: Rao,
    /// Price of its alpha, rao of TAO per alpha.
    pub price: Rao,
    /// TAO in its pool.
    pub tao_in: Rao,
    /// Alpha in its pool.
    pub alpha_in: Rao,
    /// Alpha outside of the pool.
    pub alpha_out: Rao,
    /// TAO that the last block put into its pool.
    pub tao_in_emission: Rao,
    /// Alpha that the last block put into its pool.
    pub alpha_in_emission: Rao,
    /// Alpha that the last block set aside for owner, validators and miners.
    pub alpha_out_emission: Rao,
}

impl Chain {
    /// All subnets at the best block, by netuid.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn subnets(&self) -> Result<Vec<Subnet>, ReadError> {
        self.at_best().await?.subnets().await
    }
}

impl Pinned {
    /// All subnets, root among them, by netuid, in two round trips.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn subnets(&self) -> Result<Vec<Subnet>, ReadError> {
        let (answer, prices) = futures::try_join!(self.ask(&SUBNETS, []), self.alpha_prices())?;
        let found = answer.items().ok_or_else(|| unusable("subnets"))?;
        let mut subnets = Vec::with_capacity(found.len());
        for item in found {
            // The chain leaves gaps where there is no subnet.
            if let Some(item) = item.option().ok_or_else(|| unusable("Option"))? {
                subnets.push(decode(item)?);
            }
        }
        subnets.sort_by_key(|subnet| subnet.netuid);
        let mut asked = Vec::with_capacity(subnets.len() * 4);
        for subnet in &subnets {
            let netuid = Value::from(subnet.netuid);
            asked.extend([
                SUBNETWORK_N.at([netuid.clone()]),
                MAX_ALLOWED_UIDS.at([netuid.clone()]),
                BURN.at([netuid.clone()]),
                SUBTOKEN_ENABLED.at([netuid]),
            ]);
        }
        let values = self.read_many(&asked).await?;
        for (subnet, values) in subnets.iter_mut().zip(values.chunks(4)) {
            let [neurons, most, burn, started] = values else { continue };
            subnet.neurons = number(neurons.as_ref());
            subnet.max_neurons = number(most.as_ref());
            subnet.burn = Rao(number(burn.as_ref()));
            subnet.is_started = started.as_ref().and_then(Value::bool).unwrap_or_default();
            subnet.price = prices.get(&subnet.netuid).copied().unwrap_or_default();
        }
        Ok(subnets)
    }
}

impl Pinned {
    /// Whether a subnet was started: its alpha can be traded and it has emission.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn subnet_is_started(&self, netuid: u16) -> Result<bool, ReadError> {
        let started = self.read(SUBTOKEN_ENABLED.at([netuid.into()])).await?;
        Ok(started.as_ref().and_then(Value::bool).unwrap_or_default())
    }
}

/// 0 where the chain keeps none.
fn number<T: TryFrom<u128> + Default>(value: Option<&Value>) -> T {
    value.and_then(Value::number_as).unwrap_or_default()
}

fn decode(item: &Value) -> Result<Subnet, CodecError> {
    let field = |name: &str| item.field(name).ok_or_else(|| unusable(name));
    let rao = |name: &str| field(name)?.number_as().map(Rao).ok_or_else(|| unusable(name));
    let account = |name: &str| field(name)?.account().ok_or_else(|| unusable(name));
    let text = |name: &str| field(name)?.text().ok_or_else(|| unusable(name));
    let small = |name: &str| field(name)?.number_as::<u16>().ok_or_else(|| unusable(name));
    Ok(Subnet {
        netuid: small("netuid")?,
        name: text("subnet_name")?,
        symbol: text("token_symbol")?,
        owner_coldkey: account("owner_coldkey")?,
        owner_hotkey: account("owner_hotkey")?,
        is_started: false,
        tempo: small("tempo")?,
        last_step: rao("last_step")?.0,
        registered_at: rao("network_registered_at")?.0,
        neurons: 0,
        max_neurons: 0,
        burn: Rao(0),
        price: Rao(0),
        tao_in: rao("tao_in")?,
        alpha_in: rao("alpha_in")?,
        alpha_out: rao("alpha_out")?,
        tao_in_emission: rao("tao_in_emission")?,
        alpha_in_emission: rao("alpha_in_emission")?,
        alpha_out_emission: rao("alpha_out_emission")?,
    })
}

fn unusable(field: &str) -> CodecError {
    SUBNETS.unusable(field)
}
