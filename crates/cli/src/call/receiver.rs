//! Whom a request is for, and where: given, or looked up on the chain.

use std::{net::SocketAddr, str::FromStr};

use anyhow::{Context as _, bail};
use subnetkit::{
    chain::{Metagraph, Neuron},
    protocol::Hotkey,
    settings::Common,
    validator::dendrite::Endpoint,
};

use crate::{chain, console::Console};

/// What is asked for: a path, and perhaps where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    path: String,
    place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    authority: String,
    tls: bool,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let schemes = [("http://", false), ("https://", true)];
        let url = schemes.iter().find_map(|(scheme, tls)| Some((text.strip_prefix(scheme)?, *tls)));
        let Some((rest, tls)) = url else {
            if text.is_empty() || text.contains("://") {
                return Err("write a synapse such as matmul, or a URL with http:// or https://".to_owned());
            }
            return Ok(Self { path: rooted(text), place: None });
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            return Err("the URL names no port: write it like http://127.0.0.1:8091/matmul".to_owned());
        }
        if path.is_empty() {
            return Err("the URL names no synapse: write it like http://127.0.0.1:8091/matmul".to_owned());
        }
        Ok(Self { path: rooted(path), place: Some(Place { authority: authority.to_owned(), tls }) })
    }
}

fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

impl Target {
    /// With its slash.
    pub(super) fn path(&self) -> String {
        self.path.clone()
    }
}

/// A miner that can be asked.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) endpoint: Endpoint,
    /// If it was looked up.
    pub(super) uid: Option<u16>,
    /// Whether its address may be a private one: a stranger's published one may not, on a public network.
    pub(super) may_be_private: bool,
}

impl Receiver {
    pub(super) async fn find(
        target: &Target,
        uid: Option<u16>,
        hotkey: Option<Hotkey>,
        settings: &Common,
        console: Console,
    ) -> anyhow::Result<Self> {
        let given = match &target.place {
            Some(place) => Some((place.resolve().await?, place.tls)),
            None => None,
        };
        if let (Some((address, false)), Some(hotkey)) = (given, hotkey) {
            let endpoint = Endpoint::new(hotkey, address);
            return Ok(Self { endpoint, uid: None, may_be_private: true });
        }
        if given.is_none() && uid.is_none() && hotkey.is_none() {
            bail!("no miner is named: give --uid or --hotkey, or a URL in place of the synapse");
        }
        if settings.netuid.is_none() && given.is_some() {
            bail!(
                "a request is signed for its receiver: give the miner's --hotkey, or --netuid so that it is looked up by its \
                 address; a https:// URL needs --netuid too, for the key that the miner published"
            );
        }
        let (chain, netuid) = chain::connect_to_subnet(console, settings).await?;
        let subnet = console.during("reading the metagraph", chain.metagraph(netuid)).await?;
        let address = given.map(|(address, _)| address);
        let neuron = find(&subnet, uid, hotkey, address)?;
        let mut endpoint = match (Endpoint::of(neuron), address) {
            (Some(published), None) => published,
            (Some(mut published), Some(address)) => {
                published.address = address;
                published
            }
            (None, Some(address)) => Endpoint::new(neuron.hotkey, address),
            (None, None) => bail!(
                "the miner with uid {} has published no address on subnet {netuid}; if you know where it is, give its URL",
                neuron.uid
            ),
        };
        match given {
            Some((_, false)) => endpoint.certificate = None,
            Some((_, true)) if endpoint.certificate.is_none() => {
                bail!("the miner with uid {} has published no key for TLS: call it by http://", neuron.uid)
            }
            _ => {}
        }
        let may_be_private = given.is_some() || !settings.network.is_public();
        Ok(Self { endpoint, uid: Some(neuron.uid), may_be_private })
    }

    /// Who that is.
    pub(super) fn described(&self) -> String {
        let Endpoint { hotkey, address, certificate, .. } = &self.endpoint;
        let uid = self.uid.map(|uid| format!("uid {uid}, ")).unwrap_or_default();
        let tls = if certificate.is_some() { ", TLS by its published key" } else { "" };
        format!("{uid}hotkey {hotkey} at {address}{tls}")
    }
}

impl Place {
    async fn resolve(&self) -> anyhow::Result<SocketAddr> {
        let failed = || format!("the address {} is not known", self.authority);
        let mut found = tokio::net::lookup_host(&self.authority).await.with_context(failed)?;
        found.next().with_context(failed)
    }
}

fn find(
    subnet: &Metagraph,
    uid: Option<u16>,
    hotkey: Option<Hotkey>,
    address: Option<SocketAddr>,
) -> anyhow::Result<&Neuron> {
    let netuid = subnet.netuid;
    if let Some(uid) = uid {
        return subnet.uid(uid).with_context(|| format!("subnet {netuid} has no uid {uid}"));
    }
    if let Some(hotkey) = hotkey {
        let neuron = subnet.neuron(&hotkey);
        return neuron.with_context(|| format!("the hotkey {hotkey} is not registered on subnet {netuid}"));
    }
    let mut there = subnet.neurons.iter().filter(|neuron| address.is_some() && neuron.axon == address);
    match (there.next(), there.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => {
            bail!("no miner of subnet {netuid} has published this address: give its --uid or --hotkey")
        }
        (Some(_), Some(_)) => {
            bail!("several miners of subnet {netuid} have published this address: give --uid or --hotkey")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_synapses_paths_and_urls() {
        let read = |text: &str| text.parse::<Target>();
        let place = |authority: &str, tls| Some(Place { authority: authority.to_owned(), tls });
        let cases = [
            ("matmul", "/matmul", None),
            ("/matmul?fast", "/matmul?fast", None),
            ("http://127.0.0.1:8091/matmul", "/matmul", place("127.0.0.1:8091", false)),
            ("https://[::1]:8091/a/b", "/a/b", place("[::1]:8091", true)),
        ];
        for (text, path, place) in cases {
            assert_eq!(read(text), Ok(Target { path: path.to_owned(), place }), "{text}");
        }
        for (text, part) in [
            ("http://127.0.0.1/matmul", "port"),
            ("http://h:1", "synapse"),
            ("ws://h:1/x", "http://"),
            ("", "synapse"),
        ] {
            assert!(read(text).unwrap_err().contains(part), "{text}");
        }
    }
}
