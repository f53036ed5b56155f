//! The genesis of the default runtime, and what is usually changed in it.

use std::time::Duration;

use serde_json::{Value, json};
use subnetkit_runtime::genesis::{ACCOUNTS, AUTHORITY, SUDO, address};

/// The genesis of a Bittensor chain: the official local network's accounts, sudo key and subnets 0 and 1.
#[derive(Debug, Clone)]
pub struct Genesis {
    settings: Value,
    accounts: Vec<FundedAccount>,
    seed: Option<u64>,
}

/// An account that has TAO from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundedAccount {
    /// Secret URI of its key, if it is a development key.
    pub uri: Option<String>,
    /// Its ss58 address.
    pub address: String,
    /// What it has.
    pub rao: u64,
}

impl Genesis {
    /// With the values of the public chains: 12 s blocks, a tempo of 360.
    pub fn local() -> Self {
        Self::preset("local")
    }

    /// With the values of a build with `fast-runtime`: 250 ms blocks, a tempo of 10, short waits.
    pub fn fast() -> Self {
        Self::preset("fast")
    }

    fn preset(name: &str) -> Self {
        let settings = subnetkit_runtime::preset(name).unwrap_or_default();
        Self { settings, accounts: Vec::new(), seed: None }.accounts(ACCOUNTS.len())
    }

    /// Makes development accounts and keys of its own, `//SEED//Alice` and so on, in place of those that everybody knows.
    /// Another seed is another chain; the same seed is the same.
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        let count = self.accounts.iter().filter(|account| account.uri.is_some()).count();
        self.accounts(count)
    }

    /// Endows exactly so many development accounts: those of the official local network, with what they have there, then
    /// `//Account//9` and on, with as much as the last of them.
    #[must_use]
    pub fn accounts(mut self, count: usize) -> Self {
        let named = ACCOUNTS.iter().map(|(uri, rao)| ((*uri).to_owned(), *rao));
        let least = ACCOUNTS.last().map_or(0, |(_, rao)| *rao);
        let further = (ACCOUNTS.len()..).map(|index| (format!("//Account//{index}"), least));
        let made = named.chain(further).take(count).filter_map(|(uri, rao)| {
            let uri = self.uri(&uri);
            // Names and numbers, which this is made of, always derive a key.
            Some(FundedAccount { address: address(&uri)?, uri: Some(uri), rao })
        });
        let made: Vec<_> = made.collect();
        self.accounts.retain(|account| account.uri.is_none());
        self.accounts.splice(0..0, made);
        self
    }

    /// What every development account has, in rao.
    #[must_use]
    pub fn balance(mut self, rao: u64) -> Self {
        for account in self.accounts.iter_mut().filter(|account| account.uri.is_some()) {
            account.rao = rao;
        }
        self
    }

    /// Endows an account, by its ss58 address, with TAO in rao, in place of what it has by then.
    #[must_use]
    pub fn endow(mut self, address: &str, rao: u64) -> Self {
        match self.accounts.iter_mut().find(|account| account.address == address) {
            Some(account) => account.rao = rao,
            None => self.accounts.push(FundedAccount { uri: None, address: address.to_owned(), rao }),
        }
        self
    }

    /// The time between blocks as the chain knows it; in whole milliseconds, at least one.
    #[must_use]
    pub fn block_time(self, time: Duration) -> Self {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        self.with("slotDurationMs", json!(milliseconds))
    }

    /// Blocks per epoch of a new subnet, at least one.
    #[must_use]
    pub fn tempo(self, blocks: u16) -> Self {
        self.with("tempo", json!(blocks.max(1)))
    }

    /// Whether to refuse what only a development chain allows: axons at loopback addresses.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        self.with("strict", json!(strict))
    }

    /// Who has TAO from the beginning.
    pub fn funded_accounts(&self) -> &[FundedAccount] {
        &self.accounts
    }

    /// Secret URI of the key that may make sudo calls.
    pub fn sudo_uri(&self) -> String {
        self.uri(SUDO)
    }

    /// What [`Config::genesis`](crate::Config::genesis) takes.
    pub fn into_json(self) -> Value {
        let balances: Vec<_> =
            self.accounts.iter().map(|account| json!([account.address, account.rao])).collect();
        let (sudo, authority) = (address(&self.uri(SUDO)), address(&self.uri(AUTHORITY)));
        let mut settings = self.settings;
        settings["balances"]["balances"] = json!(balances);
        settings["sudo"]["key"] = json!(sudo);
        settings["aura"]["authorities"] = json!(Vec::from_iter(authority));
        settings
    }

    fn uri(&self, uri: &str) -> String {
        self.seed.map_or_else(|| uri.to_owned(), |seed| format!("//{seed}{uri}"))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.settings["subtensorModule"][key] = value;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_is_unchanged_until_something_is_changed() {
        for name in ["local", "fast"] {
            assert_eq!(Some(Genesis::preset(name).into_json()), subnetkit_runtime::preset(name));
        }
    }

    #[test]
    fn accounts_are_counted_seeded_and_endowed_in_any_order() {
        let ours = "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFx";
        let genesis = Genesis::fast().endow(ours, 5).balance(7).accounts(11).balance(9).seeded(42);
        let accounts = genesis.funded_accounts();
        assert_eq!(accounts.len(), 12);
        let uris: Vec<_> = accounts.iter().filter_map(|account| account.uri.as_deref()).collect();
        assert_eq!((uris[0], uris[8], uris[10]), ("//42//Alice", "//42//Three", "//42//Account//10"));
        assert_eq!(accounts[11], FundedAccount { uri: None, address: ours.to_owned(), rao: 5 });
        let json = genesis.clone().into_json();
        assert_eq!(json["sudo"]["key"], accounts[0].address);
        assert_eq!(json["aura"]["authorities"][0], accounts[6].address);
        assert_eq!(genesis.accounts(0).into_json()["balances"]["balances"], json!([[ours, 5]]));
    }
}
