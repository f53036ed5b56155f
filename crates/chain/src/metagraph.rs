//! A subnet as it stands: its neurons and the numbers of its last epoch.

use crate::{
    AxonCertificate, Chain, CodecError, ReadError, Runtime, Value, pinned::Pinned, queries::axon_address,
    surface::METAGRAPH,
};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use subnetkit_protocol::{AccountId, Coldkey, Hotkey};

/// All neurons of a subnet at one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metagraph {
    /// The subnet.
    pub netuid: u16,
    /// Number of the block this was read at.
    pub block: u64,
    /// Hash of that block.
    pub block_hash: [u8; 32],
    /// Name of the subnet.
    pub name: String,
    /// Blocks per epoch.
    pub tempo: u16,
    /// Block of the last epoch.
    pub last_step: u64,
    /// Hotkey of the owner.
    pub owner_hotkey: Hotkey,
    /// Coldkey of the owner.
    pub owner_coldkey: Coldkey,
    /// Most neurons the subnet takes.
    pub max_uids: u16,
    /// Most validator permits the subnet gives.
    pub max_validators: u16,
    /// TAO in the subnet's pool, rao.
    pub tao_in: u64,
    /// Alpha in the subnet's pool, rao.
    pub alpha_in: u64,
    /// Alpha outside of the pool, rao.
    pub alpha_out: u64,
    /// Price of a registration, rao of TAO.
    pub burn: u64,
    /// The neurons; position is uid.
    pub neurons: Vec<Neuron>,
}

/// A neuron: a hotkey registered in a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Neuron {
    /// Its number in the subnet; may pass to another hotkey later.
    pub uid: u16,
    /// Its identity.
    pub hotkey: Hotkey,
    /// The owner of the hotkey.
    pub coldkey: Coldkey,
    /// Where it serves, if it published an address.
    pub axon: Option<SocketAddr>,
    /// The key it serves TLS with, if it published one; without, it serves in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<AxonCertificate>,
    /// Whether it set weights lately (within the activity cutoff).
    pub active: bool,
    /// Whether it may set weights.
    pub validator_permit: bool,
    /// Block of its last weights, or of its registration.
    pub last_update: u64,
    /// Block of its registration.
    pub registered_at: u64,
    /// Share of the miners' emission, of 65535.
    pub incentive: u16,
    /// Share of the validators' emission, of 65535.
    pub dividends: u16,
    /// Consensus weight, of 65535.
    pub consensus: u16,
    /// Alpha rao earned in the last epoch.
    pub emission: u64,
    /// Alpha stake, rao.
    pub alpha_stake: u64,
    /// Root TAO stake, rao, not weighted.
    pub tao_stake: u64,
    /// Stake weight: alpha and weighted TAO, rao.
    pub total_stake: u64,
}

impl Neuron {
    /// A neuron of which no more is known than who it is; everything else is zero, false or absent.
    pub const fn new(uid: u16, hotkey: Hotkey, coldkey: Coldkey) -> Self {
        Self {
            uid,
            hotkey,
            coldkey,
            axon: None,
            certificate: None,
            active: false,
            validator_permit: false,
            last_update: 0,
            registered_at: 0,
            incentive: 0,
            dividends: 0,
            consensus: 0,
            emission: 0,
            alpha_stake: 0,
            tao_stake: 0,
            total_stake: 0,
        }
    }
}

impl Metagraph {
    /// A subnet without neurons, of which no more is known than whose it is; everything else is zero or empty.
    pub const fn new(netuid: u16, owner_hotkey: Hotkey, owner_coldkey: Coldkey) -> Self {
        Self {
            netuid,
            block: 0,
            block_hash: [0; 32],
            name: String::new(),
            tempo: 0,
            last_step: 0,
            owner_hotkey,
            owner_coldkey,
            max_uids: 0,
            max_validators: 0,
            tao_in: 0,
            alpha_in: 0,
            alpha_out: 0,
            burn: 0,
            neurons: Vec::new(),
        }
    }

    /// The neuron with this hotkey.
    pub fn neuron(&self, hotkey: &Hotkey) -> Option<&Neuron> {
        self.neurons.iter().find(|neuron| neuron.hotkey == *hotkey)
    }

    /// The neuron with this uid.
    pub fn uid(&self, uid: u16) -> Option<&Neuron> {
        self.neurons.get(usize::from(uid))
    }

    /// The neurons that may set weights.
    pub fn validators(&self) -> impl Iterator<Item = &Neuron> {
        self.neurons.iter().filter(|neuron| neuron.validator_permit)
    }

    fn decode(netuid: u16, block_hash: [u8; 32], answer: &Value) -> Result<Option<Self>, CodecError> {
        let Some(found) = answer.option() else { return Err(unusable("Option")) };
        let Some(fields) = found.map(Fields) else { return Ok(None) };
        let hotkeys = fields.accounts("hotkeys")?;
        let coldkeys = fields.accounts("coldkeys")?;
        let axons = fields.list("axons")?;
        let flags = |name| -> Result<Vec<bool>, CodecError> {
            let flags = fields.list(name)?.iter().map(Value::bool).collect::<Option<_>>();
            flags.ok_or_else(|| unusable(name))
        };
        let (active, permits) = (flags("active")?, flags("validator_permit")?);
        let last_update = fields.numbers::<u64>("last_update")?;
        let registered_at = fields.numbers::<u64>("block_at_registration")?;
        let incentive = fields.numbers::<u16>("incentives")?;
        let dividends = fields.numbers::<u16>("dividends")?;
        let consensus = fields.numbers::<u16>("consensus")?;
        let emission = fields.numbers::<u64>("emission")?;
        let alpha_stake = fields.numbers::<u64>("alpha_stake")?;
        let tao_stake = fields.numbers::<u64>("tao_stake")?;
        let total_stake = fields.numbers::<u64>("total_stake")?;
        let mut neurons = Vec::with_capacity(hotkeys.len());
        for (index, hotkey) in hotkeys.into_iter().enumerate() {
            neurons.push(Neuron {
                uid: u16::try_from(index).map_err(|_| unusable("hotkeys"))?,
                hotkey,
                coldkey: *coldkeys.get(index).ok_or_else(|| unusable("coldkeys"))?,
                axon: axons.get(index).and_then(axon_address),
                certificate: None,
                // The chain keeps these lists as long as they were at the last epoch; what is not there yet is 0.
                active: at(&active, index),
                validator_permit: at(&permits, index),
                last_update: at(&last_update, index),
                registered_at: at(&registered_at, index),
                incentive: at(&incentive, index),
                dividends: at(&dividends, index),
                consensus: at(&consensus, index),
                emission: at(&emission, index),
                alpha_stake: at(&alpha_stake, index),
                tao_stake: at(&tao_stake, index),
                total_stake: at(&total_stake, index),
            });
        }
        Ok(Some(Self {
            netuid,
            block: fields.number("block")?,
            block_hash,
            name: fields.0.field("name").and_then(Value::text).unwrap_or_default(),
            tempo: fields.number("tempo")?,
            last_step: fields.number("last_step")?,
            owner_hotkey: fields.account("owner_hotkey")?,
            owner_coldkey: fields.account("owner_coldkey")?,
            max_uids: fields.number("max_uids")?,
            max_validators: fields.number("max_validators")?,
            tao_in: fields.number("tao_in")?,
            alpha_in: fields.number("alpha_in")?,
            alpha_out: fields.number("alpha_out")?,
            burn: fields.number("burn")?,
            neurons,
        }))
    }
}

impl Runtime {
    /// Reads the answer of the runtime API `SubnetInfoRuntimeApi.get_metagraph`; `None` if the subnet does not exist.
    /// It holds no certificates: those are in storage of their own.
    ///
    /// # Errors
    /// See [`CodecError`].
    pub fn metagraph(
        &self,
        netuid: u16,
        block_hash: [u8; 32],
        output: &[u8],
    ) -> Result<Option<Metagraph>, CodecError> {
        Metagraph::decode(netuid, block_hash, &METAGRAPH.output(self, output)?)
    }
}

impl Chain {
    /// A subnet's neurons at the best block; the number of requests does not depend on how many there are.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn metagraph(&self, netuid: u16) -> Result<Metagraph, ReadError> {
        self.at_best().await?.metagraph(netuid).await
    }
}

impl Pinned {
    /// A subnet's neurons at this block, in one round trip; in two if any of them serves TLS.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn metagraph(&self, netuid: u16) -> Result<Metagraph, ReadError> {
        let answer = self.ask(&METAGRAPH, [netuid.into()]);
        let (answer, certificates) = futures::try_join!(answer, self.certificate_keys(netuid))?;
        let mut metagraph = Metagraph::decode(netuid, self.head().hash, &answer)?
            .ok_or(ReadError::NoSuchSubnet { netuid })?;
        self.attach_certificates(&mut metagraph, &certificates).await?;
        Ok(metagraph)
    }
}

struct Fields<'a>(&'a Value);

impl Fields<'_> {
    fn number<T: TryFrom<u128>>(&self, name: &str) -> Result<T, CodecError> {
        self.0.field(name).and_then(Value::number_as).ok_or_else(|| unusable(name))
    }

    fn account(&self, name: &str) -> Result<AccountId, CodecError> {
        self.0.field(name).and_then(Value::account).ok_or_else(|| unusable(name))
    }

    fn list(&self, name: &str) -> Result<&[Value], CodecError> {
        self.0.field(name).and_then(Value::items).ok_or_else(|| unusable(name))
    }

    fn numbers<T: TryFrom<u128>>(&self, name: &str) -> Result<Vec<T>, CodecError> {
        let numbers = self.list(name)?.iter().map(Value::number_as).collect::<Option<_>>();
        numbers.ok_or_else(|| unusable(name))
    }

    fn accounts(&self, name: &str) -> Result<Vec<AccountId>, CodecError> {
        let accounts = self.list(name)?.iter().map(Value::account).collect::<Option<_>>();
        accounts.ok_or_else(|| unusable(name))
    }
}

fn at<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).copied().unwrap_or_default()
}

fn unusable(field: &str) -> CodecError {
    METAGRAPH.unusable(field)
}
