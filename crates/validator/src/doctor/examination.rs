//! Reading the facts: the chain at one block, and this machine.

use std::path::PathBuf;
use std::time::Duration;

use subnetkit_chain::{
    AxonCertificate, Chain, ConnectError, HashCommit, Mechanism, Metagraph, Pinned, ReadError, Standing,
};
use subnetkit_protocol::{Coldkey, Hotkey};
use subnetkit_timelock::Schedule;
use tokio::task::spawn_blocking;

use super::{
    Arrival, AxonFacts, ChainFacts, ClockFacts, Competitor, Facts, LedgerFacts, MechanismFacts, NeuronFacts,
    Plan, Reached, Rules, SubnetFacts,
};
use crate::dendrite;
use crate::ledger::{LedgerOwner, inspect};

/// What is examined, and how.
#[derive(Debug, Clone)]
pub struct Examination {
    /// The subnet.
    pub netuid: u16,
    /// Whose weights.
    pub hotkey: Hotkey,
    /// The coldkey of the wallet, where it is known.
    pub coldkey: Option<Coldkey>,
    /// What the validator is set to do.
    pub plan: Plan,
    /// The ledger, if it is to be looked at.
    pub ledger: Option<PathBuf>,
    /// Whether the network is public, with the world's clock.
    pub public: bool,
    /// Longest wait for a connection to the published address.
    pub connect_timeout: Duration,
}

impl Examination {
    /// The facts if the chain cannot be reached, or is another one.
    #[must_use]
    pub fn without_chain(&self, error: &ConnectError) -> Facts {
        let reason = error.to_string();
        self.facts(match error {
            ConnectError::WrongNetwork { .. } => Reached::Other { reason },
            _ => Reached::No { reason },
        })
    }

    /// The facts at the block that arrived, and of this machine. A chain that cannot be read is a fact too.
    pub async fn facts_at(&self, chain: &Chain, arrival: Arrival) -> Facts {
        let (read, ledger) =
            tokio::join!(self.read(chain, arrival), self.look_at_ledger(chain.genesis_hash()));
        match read {
            Ok((chain, axon)) => Facts { axon, ledger, ..self.facts(Reached::Read(Box::new(chain))) },
            Err(error) => Facts { ledger, ..self.facts(Reached::No { reason: error.to_string() }) },
        }
    }

    /// The same at the next block, for which at most `limit` is waited.
    pub async fn facts_at_next_block(&self, chain: &Chain, limit: Duration) -> Facts {
        match Arrival::of_next(chain, limit).await {
            Ok(arrival) => self.facts_at(chain, arrival).await,
            Err(error) => self.facts(Reached::No { reason: error.to_string() }),
        }
    }

    fn facts(&self, chain: Reached) -> Facts {
        let Self { netuid, hotkey, coldkey, plan, .. } = self;
        Facts {
            netuid: *netuid,
            hotkey: *hotkey,
            coldkey: *coldkey,
            plan: plan.clone(),
            chain,
            axon: None,
            ledger: None,
        }
    }

    async fn read(
        &self,
        chain: &Chain,
        arrival: Arrival,
    ) -> Result<(ChainFacts, Option<AxonFacts>), ReadError> {
        let at = chain.at_block(arrival.head().hash).await?;
        let (time_ms, block_time) = futures::try_join!(at.timestamp_ms(), chain.block_time())?;
        let mut facts = ChainFacts {
            block: at.head().number,
            block_time,
            time_ms,
            silent: None,
            clock: None,
            subnet: None,
        };
        match arrival {
            Arrival::Block { local_ms, .. } => {
                facts.clock = Some(ClockFacts { local_ms, public: self.public })
            }
            Arrival::Silence { limit, .. } => facts.silent = Some((limit, limit)),
        }
        if !at.subnet_exists(self.netuid).await? {
            return Ok((facts, None));
        }
        let subnet = at.metagraph(self.netuid).await?;
        let (found, axon) = tokio::join!(self.subnet(&at, &subnet, time_ms), self.dial(&subnet));
        facts.subnet = Some(found?);
        Ok((facts, axon))
    }

    async fn subnet(&self, at: &Pinned, subnet: &Metagraph, time_ms: u64) -> Result<SubnetFacts, ReadError> {
        let (count, beacon) = futures::try_join!(at.mechanism_count(self.netuid), at.beacon())?;
        let mechanism = |mecid| Mechanism { netuid: self.netuid, mecid };
        let standings = (0..count.max(1)).map(|mecid| at.standing(mechanism(mecid), &self.hotkey));
        let standings = futures::future::try_join_all(standings).await?;
        // There is always one: a subnet has at least one mechanism.
        let Some(first) = standings.first() else {
            return Err(ReadError::NoSuchSubnet { netuid: self.netuid });
        };
        let competitor = |neuron: &subnetkit_chain::Neuron| Competitor {
            hotkey: neuron.hotkey,
            stake: neuron.total_stake,
            permit: neuron.validator_permit,
        };
        let schedule = Schedule { genesis_time: beacon.genesis_time, period: beacon.period };
        Ok(SubnetFacts {
            clock: first.clock,
            rules: rules(first),
            neurons: subnet.neurons.iter().map(competitor).collect(),
            owner_hotkey: first.owner_hotkey,
            last_stored_round: first.last_stored_round,
            round_now: schedule.round_at(time_ms),
            round_seconds: beacon.period,
            me: match &first.place {
                Some(place) => Some(self.neuron(at, place.uid, subnet, &standings).await?),
                None => None,
            },
        })
    }

    async fn neuron(
        &self,
        at: &Pinned,
        uid: u16,
        subnet: &Metagraph,
        standings: &[Standing],
    ) -> Result<NeuronFacts, ReadError> {
        // Priced with a full row, which is the dearest.
        let row: Vec<(u16, u16)> = subnet.neurons.iter().map(|neuron| (neuron.uid, u16::MAX)).collect();
        let of = Mechanism::first(self.netuid);
        let (owner, fee) = futures::try_join!(at.owner_of(&self.hotkey), at.weights_fee(of, &row))?;
        let balance = match &owner {
            Some(owner) => at.balance(owner).await?,
            None => subnetkit_chain::Rao(0),
        };
        let mechanisms = standings.iter().map(|standing| {
            let sealed = standing.timelocked_commits.get(&standing.clock.index_next_block());
            // The next commit makes room for itself by dropping those whose epoch to reveal is over.
            let epoch = standing.clock.index_next_block();
            let live = |commit: &&HashCommit| commit.epoch + standing.reveal_period_epochs >= epoch;
            let facts = MechanismFacts {
                last_update: standing.place.map_or(0, |place| place.last_update_block),
                hash_commits: standing.hash_commits.iter().filter(live).count(),
                sealed_commits: sealed.map_or(0, Vec::len),
            };
            (standing.of.mecid, facts)
        });
        Ok(NeuronFacts { uid, owner, balance, fee, mechanisms: mechanisms.collect() })
    }

    async fn dial(&self, subnet: &Metagraph) -> Option<AxonFacts> {
        let neuron = subnet.neuron(&self.hotkey)?;
        let certificate: Option<AxonCertificate> = neuron.certificate.clone();
        let tls = certificate.is_some();
        let failure = match neuron.axon {
            Some(address) => {
                let dialled = dendrite::dial(address, certificate, self.connect_timeout).await;
                dialled.err().map(|error| error.to_string())
            }
            None => None,
        };
        Some(AxonFacts { address: neuron.axon, tls, failure })
    }

    async fn look_at_ledger(&self, genesis_hash: [u8; 32]) -> Option<LedgerFacts> {
        let path = self.ledger.clone()?;
        let owner = LedgerOwner { genesis_hash, netuid: self.netuid, hotkey: self.hotkey };
        let looked = spawn_blocking({
            let path = path.clone();
            move || inspect(&path, &owner).map_err(|error| error.to_string())
        });
        let (exists, failure) = match looked.await {
            Ok(Ok(exists)) => (exists, None),
            Ok(Err(failure)) => (true, Some(failure)),
            Err(ended) => (true, Some(format!("the thread that looked at the ledger ended: {ended}"))),
        };
        Some(LedgerFacts { path, exists, failure })
    }
}

fn rules(standing: &Standing) -> Rules {
    Rules {
        stake_threshold: standing.stake_threshold.0,
        weights_version: standing.weights_version,
        weights_rate_limit: standing.weights_rate_limit_blocks,
        min_allowed_weights: standing.min_allowed_weights,
        max_validators: standing.max_validators,
        commit_reveal: standing.commit_reveal,
        reveal_period: standing.reveal_period_epochs,
        commit_reveal_version: standing.commit_reveal_version,
        immunity_period: standing.immunity_period_blocks,
        activity_cutoff: standing.activity_cutoff_blocks,
    }
}
