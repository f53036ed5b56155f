//! The chain's side of a miner: reads the metagraph again and again, and keeps the axon's address published.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use subnetkit_chain::{AxonCertificate, Chain, Metagraph, SubmitError};
use subnetkit_protocol::{Hotkey, Keypair};
use tokio::{sync::watch, time::sleep};

use crate::{MinerConfig, MinerError, Roster, Serving, SharedRoster, Standing};

/// What the watch needs, and what it keeps current.
pub(crate) struct Watch {
    pub(crate) chain: Chain,
    pub(crate) netuid: u16,
    pub(crate) hotkey: Keypair,
    /// The address callers are to dial.
    pub(crate) address: SocketAddr,
    pub(crate) refresh: Duration,
    pub(crate) roster: SharedRoster,
    pub(crate) serving: Serving,
    /// The key callers are to find in the axon's certificate; `None` without TLS.
    pub(crate) certificate: Option<watch::Receiver<AxonCertificate>>,
}

impl Watch {
    /// The first read: the hotkey has to be registered before anything is served.
    pub(crate) async fn begin(&self) -> Result<(), MinerError> {
        let metagraph = self.chain.metagraph(self.netuid).await?;
        let hotkey = self.hotkey.account();
        if metagraph.neuron(&hotkey).is_none() {
            return Err(MinerError::NotRegistered { hotkey, netuid: self.netuid });
        }
        self.roster.publish(roster_of(&metagraph));
        Ok(())
    }

    /// Publishes the address and the certificate's key, and follows the subnet until dropped. Ends only with an error: that the chain refuses the
    /// address for a reason which waiting does not cure.
    pub(crate) async fn follow(mut self) -> MinerError {
        let mut heads = self.chain.follow();
        let mut published_once = false;
        let mut registered = true;
        loop {
            let certificate = self.certificate.as_mut().map(|key| key.borrow_and_update().clone());
            if registered {
                match self.publish(certificate.as_ref()).await {
                    Ok(()) => published_once = true,
                    Err(source) if published_once || may_succeed_later(&source) => {
                        tracing::warn!(address = %self.address, cause = %source, "the axon's address is not published");
                    }
                    Err(source) => return MinerError::Publish { address: self.address, source },
                }
            }
            loop {
                heads.mark_unchanged();
                tokio::select! {
                    () = sleep(self.refresh) => {}
                    // Whatever is missing on the chain, no block before the next can have it.
                    () = changed(Some(&mut heads)), if !self.serving.get() => {}
                    () = changed(self.certificate.as_mut()) => {
                        // Callers that go by the chain do not take the new key before it is there.
                        self.serving.set(false);
                        break;
                    }
                }
                let metagraph = match self.chain.metagraph(self.netuid).await {
                    Ok(metagraph) => metagraph,
                    Err(error) => {
                        let age = self.roster.age();
                        tracing::warn!(?age, cause = %error, "the metagraph was not read; the last one stays in force");
                        continue;
                    }
                };
                self.roster.publish(roster_of(&metagraph));
                let found =
                    own_record(&metagraph, &self.hotkey.account(), self.address, certificate.as_ref());
                if registered && found == OwnRecord::NotRegistered {
                    tracing::error!(
                        hotkey = %self.hotkey.account(),
                        netuid = self.netuid,
                        "the hotkey is no longer registered on the subnet: register it again to be asked",
                    );
                }
                registered = found != OwnRecord::NotRegistered;
                self.serving.set(found == OwnRecord::Published);
                if found == OwnRecord::Differs {
                    break;
                }
            }
        }
    }

    async fn publish(&self, certificate: Option<&AxonCertificate>) -> Result<(), SubmitError> {
        let (chain, hotkey, netuid, address) = (&self.chain, &self.hotkey, self.netuid, self.address);
        let included = match certificate {
            Some(certificate) => chain.serve_axon_tls(hotkey, netuid, address, certificate).await?,
            None => chain.serve_axon(hotkey, netuid, address).await?,
        };
        if let Some(included) = included {
            let (block, tls) = (included.block.number, certificate.is_some());
            tracing::info!(%address, netuid, block, tls, "published the axon's address");
        }
        self.serving.set(true);
        Ok(())
    }
}

/// Waits for another value than the one last looked at; for ever if there can be none.
async fn changed<T>(receiver: Option<&mut watch::Receiver<T>>) {
    if let Some(receiver) = receiver
        && receiver.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Publishing compares with the chain first, so an attempt with an unknown end is safe to repeat.
fn may_succeed_later(error: &SubmitError) -> bool {
    error.is_retryable() || matches!(error, SubmitError::Unknown { .. })
}

/// What the metagraph says about this axon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OwnRecord {
    Published,
    Differs,
    NotRegistered,
}

fn own_record(
    metagraph: &Metagraph,
    own: &Hotkey,
    address: SocketAddr,
    certificate: Option<&AxonCertificate>,
) -> OwnRecord {
    let canonical = |address: SocketAddr| (address.ip().to_canonical(), address.port());
    match metagraph.neuron(own) {
        None => OwnRecord::NotRegistered,
        Some(neuron)
            if neuron.axon.map(canonical) == Some(canonical(address))
                && neuron.certificate.as_ref() == certificate =>
        {
            OwnRecord::Published
        }
        Some(_) => OwnRecord::Differs,
    }
}

fn roster_of(metagraph: &Metagraph) -> Roster {
    let members: HashMap<Hotkey, Standing> = metagraph
        .neurons
        .iter()
        .map(|neuron| {
            let standing = Standing {
                uid: neuron.uid,
                validator_permit: neuron.validator_permit,
                stake_rao: neuron.total_stake,
                owner: neuron.hotkey == metagraph.owner_hotkey,
            };
            (neuron.hotkey, standing)
        })
        .collect();
    Roster { block: metagraph.block, members }
}

/// The address to publish, from the settings and the address the server is bound to.
pub(crate) fn external_address(config: &MinerConfig, bound: SocketAddr) -> Result<SocketAddr, MinerError> {
    let ip = config.external_ip.unwrap_or_else(|| bound.ip()).to_canonical();
    let dialable = match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_broadcast() && !ip.is_multicast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    };
    if !dialable {
        return Err(MinerError::ExternalIp { ip });
    }
    Ok(SocketAddr::new(ip, config.external_port.unwrap_or_else(|| bound.port())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Hotkey = Hotkey::from_bytes([1; 32]);
    const VALIDATOR: Hotkey = Hotkey::from_bytes([2; 32]);
    const STRANGER: Hotkey = Hotkey::from_bytes([3; 32]);

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn metagraph() -> Metagraph {
        let neuron = |uid: u16, hotkey: Hotkey, permit: bool, axon: Option<&str>| {
            serde_json::json!({
                "uid": uid, "hotkey": hotkey, "coldkey": hotkey, "axon": axon, "active": true,
                "validator_permit": permit, "last_update": 0, "registered_at": 0, "incentive": 0, "dividends": 0,
                "consensus": 0, "emission": 0, "alpha_stake": 5, "tao_stake": 6, "total_stake": 7,
            })
        };
        let subnet = serde_json::json!({
            "netuid": 2, "block": 40, "block_hash": vec![0u8; 32], "name": "test", "tempo": 10, "last_step": 30,
            "owner_hotkey": OWNER, "owner_coldkey": OWNER, "max_uids": 256, "max_validators": 64, "tao_in": 0,
            "alpha_in": 0, "alpha_out": 0, "burn": 0,
            "neurons": [neuron(0, OWNER, false, None), neuron(1, VALIDATOR, true, Some("203.0.113.7:8091"))],
        });
        serde_json::from_value(subnet).unwrap()
    }

    #[test]
    fn standings_come_from_the_metagraph() {
        let roster = roster_of(&metagraph());
        assert_eq!(roster.block, 40);
        let standing = |uid, validator_permit, owner| Standing { uid, validator_permit, stake_rao: 7, owner };
        assert_eq!(roster.members[&OWNER], standing(0, false, true));
        assert_eq!(roster.members[&VALIDATOR], standing(1, true, false));
        assert_eq!(roster.members.len(), 2);
    }

    #[test]
    fn the_address_is_published_again_when_the_chain_has_another() {
        let record = |hotkey, text| own_record(&metagraph(), hotkey, address(text), None);
        assert_eq!(record(&VALIDATOR, "203.0.113.7:8091"), OwnRecord::Published);
        assert_eq!(record(&VALIDATOR, "[::ffff:203.0.113.7]:8091"), OwnRecord::Published);
        assert_eq!(record(&VALIDATOR, "203.0.113.7:8092"), OwnRecord::Differs);
        assert_eq!(record(&OWNER, "203.0.113.7:8091"), OwnRecord::Differs);
        assert_eq!(record(&STRANGER, "203.0.113.7:8091"), OwnRecord::NotRegistered);
    }

    #[test]
    fn the_key_is_published_again_when_the_chain_has_another() {
        let key = |byte| AxonCertificate { algorithm: 1, public_key: vec![byte; 32] };
        let mut graph = metagraph();
        let record = |graph: &Metagraph, wanted: Option<&AxonCertificate>| {
            own_record(graph, &VALIDATOR, address("203.0.113.7:8091"), wanted)
        };
        assert_eq!(record(&graph, Some(&key(1))), OwnRecord::Differs);
        graph.neurons[1].certificate = Some(key(1));
        assert_eq!(record(&graph, Some(&key(1))), OwnRecord::Published);
        assert_eq!(record(&graph, Some(&key(2))), OwnRecord::Differs);
        assert_eq!(record(&graph, None), OwnRecord::Differs, "an axon in the clear takes its key back");
    }

    #[test]
    fn the_external_address_is_one_that_can_be_dialled() {
        let config = |ip: Option<&str>, external_port| MinerConfig {
            external_ip: ip.map(|ip| ip.parse().unwrap()),
            external_port,
            ..MinerConfig::default()
        };
        let external = |ip, port, bound| external_address(&config(ip, port), address(bound));
        assert_eq!(external(None, None, "10.0.0.5:77").unwrap(), address("10.0.0.5:77"));
        assert_eq!(external(Some("203.0.113.7"), None, "0.0.0.0:77").unwrap(), address("203.0.113.7:77"));
        assert_eq!(external(Some("203.0.113.7"), Some(80), "0.0.0.0:77").unwrap(), address("203.0.113.7:80"));
        let error = external(None, None, "0.0.0.0:77").unwrap_err().to_string();
        assert!(error.contains("`external_ip`"), "{error}");
        assert!(external(Some("224.0.0.1"), None, "0.0.0.0:77").is_err());
    }
}
