//! Small reads: balances, registrations, prices, published addresses.

use crate::{
    Chain, CodecError, Rao, ReadError, Value,
    pinned::Pinned,
    surface::{self, Asked},
};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use subnetkit_protocol::{AccountId, Coldkey, Hotkey};

/// What an account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balance {
    /// What it may spend, except for what is frozen.
    pub free: Rao,
    /// What is set aside.
    pub reserved: Rao,
    /// The part of `free` that may not leave.
    pub frozen: Rao,
}

/// What a hotkey published by `serve_axon`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AxonRecord {
    /// Where it serves; `None` if it withdrew.
    pub address: Option<SocketAddr>,
    /// Version number of its software, as it says.
    pub version: u32,
    /// Protocol number, as it says.
    pub protocol: u8,
    /// Block of the publication.
    pub block: u64,
}

macro_rules! at_best {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        impl Chain {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// See [`ReadError`].
                pub async fn $name(&self, $($arg: $ty),*) -> Result<$out, ReadError> {
                    self.at_best().await?.$name($($arg),*).await
                }
            )*
        }
    };
}

at_best! {
    /// What an account may spend, at the best block.
    balance(account: &AccountId) -> Rao;
    /// All an account holds, at the best block.
    balances(account: &AccountId) -> Balance;
    /// The uid of a hotkey in a subnet, at the best block.
    uid(netuid: u16, hotkey: &Hotkey) -> Option<u16>;
    /// The hotkey that has a uid, at the best block.
    hotkey_of(netuid: u16, uid: u16) -> Option<Hotkey>;
    /// The coldkey that owns a hotkey, at the best block.
    owner_of(hotkey: &Hotkey) -> Option<Coldkey>;
    /// The price of a registration now; it falls with time and rises with each registration.
    burn(netuid: u16) -> Rao;
    /// What a hotkey published.
    axon(netuid: u16, hotkey: &Hotkey) -> Option<AxonRecord>;
    /// Whether a subnet exists.
    subnet_exists(netuid: u16) -> bool;
    /// The price of a new subnet now.
    network_registration_cost() -> Rao;
    /// Alpha stake of a hotkey in a subnet, of all who staked on it.
    stake(netuid: u16, hotkey: &Hotkey) -> Rao;
}

impl Pinned {
    /// What an account may spend.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn balance(&self, account: &AccountId) -> Result<Rao, ReadError> {
        Ok(self.balances(account).await?.free)
    }

    /// All an account holds.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn balances(&self, account: &AccountId) -> Result<Balance, ReadError> {
        let asked = surface::SYSTEM_ACCOUNT.at([(*account).into()]);
        let info = self.read(asked.clone()).await?;
        let data = info.as_ref().and_then(|info| info.field("data"));
        let part = |name: &str| {
            let number = data.and_then(|data| data.field(name)).and_then(Value::number_as);
            number.map(Rao).ok_or_else(|| asked.unusable(name))
        };
        Ok(Balance { free: part("free")?, reserved: part("reserved")?, frozen: part("frozen")? })
    }

    /// What an account has to keep, or it is removed with all it has.
    ///
    /// # Errors
    /// [`ReadError::Codec`] if the runtime does not say.
    pub fn existential_deposit(&self) -> Result<Rao, ReadError> {
        let constant = &surface::EXISTENTIAL_DEPOSIT;
        let amount = constant.read(&self.runtime)?.number_as().map(Rao);
        Ok(amount.ok_or_else(|| CodecError::Field { item: constant.name(), field: "amount".to_owned() })?)
    }

    /// How many transactions of an account this block's state has seen: the nonce of its next one, whatever waits in a
    /// pool.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn account_nonce(&self, account: &AccountId) -> Result<u64, ReadError> {
        let asked = surface::SYSTEM_ACCOUNT.at([(*account).into()]);
        let info = self.read(asked.clone()).await?;
        let nonce = info.as_ref().and_then(|info| info.field("nonce")).and_then(Value::number_as);
        Ok(nonce.ok_or_else(|| asked.unusable("nonce"))?)
    }

    /// The uid of a hotkey in a subnet.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn uid(&self, netuid: u16, hotkey: &Hotkey) -> Result<Option<u16>, ReadError> {
        let asked = surface::UIDS.at([netuid.into(), (*hotkey).into()]);
        let uid = self.read(asked.clone()).await?;
        uid.map(|uid| uid.number_as().ok_or_else(|| asked.unusable("uid").into())).transpose()
    }

    /// The hotkey that has a uid.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn hotkey_of(&self, netuid: u16, uid: u16) -> Result<Option<Hotkey>, ReadError> {
        let hotkey = self.read(surface::KEYS.at([netuid.into(), uid.into()])).await?;
        Ok(hotkey.and_then(|hotkey| present(&hotkey)))
    }

    /// The coldkey that owns a hotkey.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn owner_of(&self, hotkey: &Hotkey) -> Result<Option<Coldkey>, ReadError> {
        let owner = self.read(surface::OWNER.at([(*hotkey).into()])).await?;
        Ok(owner.and_then(|owner| present(&owner)))
    }

    /// The price of a registration.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn burn(&self, netuid: u16) -> Result<Rao, ReadError> {
        self.amount(surface::BURN.at([netuid.into()])).await
    }

    /// What a hotkey published.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn axon(&self, netuid: u16, hotkey: &Hotkey) -> Result<Option<AxonRecord>, ReadError> {
        let asked = surface::AXONS.at([netuid.into(), (*hotkey).into()]);
        let Some(record) = self.read(asked.clone()).await? else { return Ok(None) };
        let unusable = |name: &str| asked.unusable(name);
        Ok(Some(AxonRecord {
            address: axon_address(&record),
            version: number(&record, "version").ok_or_else(|| unusable("version"))?,
            protocol: number(&record, "protocol").ok_or_else(|| unusable("protocol"))?,
            block: number(&record, "block").ok_or_else(|| unusable("block"))?,
        }))
    }

    /// Whether a subnet exists.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn subnet_exists(&self, netuid: u16) -> Result<bool, ReadError> {
        let added = self.read(surface::NETWORKS_ADDED.at([netuid.into()])).await?;
        Ok(added.and_then(|added| added.bool()).unwrap_or(false))
    }

    /// The price of a new subnet.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn network_registration_cost(&self) -> Result<Rao, ReadError> {
        let cost = self.ask(&surface::REGISTRATION_COST, []).await?;
        Ok(Rao(cost.number_as().ok_or_else(|| surface::REGISTRATION_COST.unusable("cost"))?))
    }

    /// Alpha stake of a hotkey in a subnet.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn stake(&self, netuid: u16, hotkey: &Hotkey) -> Result<Rao, ReadError> {
        self.amount(surface::TOTAL_HOTKEY_ALPHA.at([(*hotkey).into(), netuid.into()])).await
    }

    async fn amount(&self, asked: Asked) -> Result<Rao, ReadError> {
        self.number(asked).await.map(Rao)
    }
}

/// The address in an axon record: none if the ip or the port is 0.
pub(crate) fn axon_address(record: &Value) -> Option<SocketAddr> {
    let ip: u128 = number(record, "ip")?;
    let port: u16 = number(record, "port")?;
    let ip = match number::<u8>(record, "ip_type")? {
        4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(ip).ok()?)),
        6 => IpAddr::V6(Ipv6Addr::from(ip)),
        _ => return None,
    };
    (!ip.is_unspecified() && port != 0).then(|| SocketAddr::new(ip, port))
}

/// The zero account is how the chain says nobody.
fn present(account: &Value) -> Option<AccountId> {
    account.account().filter(|account| *account.as_bytes() != [0; 32])
}

fn number<T: TryFrom<u128>>(value: &Value, name: &str) -> Option<T> {
    value.field(name).and_then(Value::number_as)
}
