//! The codec of one runtime version: everything by name, from the metadata the node served.

use crate::{Call, CodecError, Value, value::decode::Item};
use std::{fmt, sync::Arc};
use subnetkit_protocol::{AccountId, Keypair, Scheme};
use subxt::{
    ArcMetadata, Metadata, OfflineClient, OfflineClientAtBlock, SubstrateConfig,
    config::{
        DefaultExtrinsicParamsBuilder,
        substrate::{AccountId32, H256, MultiSignature, SpecVersionForRange},
    },
    error::ExtrinsicError,
    ext::{
        frame_decode::{
            constants::decode_constant,
            runtime_apis::encode_runtime_api_inputs,
            storage::{
                StorageInfo, StorageTypeInfo, decode_storage_value_with_info, encode_storage_key_with_info,
            },
        },
        scale_decode::IntoVisitor,
    },
    transactions::Signer,
};

/// One version of the chain's runtime, as its metadata describes it.
///
/// Bound to a genesis, because a signature covers it. Everything here is computed; nothing touches the network.
#[derive(Clone)]
pub struct Runtime {
    spec_version: u32,
    metadata: ArcMetadata,
    client: OfflineClientAtBlock<SubstrateConfig>,
}

/// What a signature covers besides the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signing {
    /// The account's next nonce.
    pub nonce: u64,
    /// Tip in rao; gives no priority on Bittensor.
    pub tip: u64,
    /// `None`: valid for ever. Else the era's length in blocks, and the number and hash of the block it starts from.
    pub era: Option<(u64, u64, [u8; 32])>,
}

impl Runtime {
    /// Reads metadata (V14, V15 or V16, with the `meta` prefix) as a node serves it.
    ///
    /// # Errors
    /// [`CodecError::Metadata`] if the bytes are none.
    pub fn new(
        metadata: &[u8],
        spec_version: u32,
        transaction_version: u32,
        genesis_hash: [u8; 32],
    ) -> Result<Self, CodecError> {
        let unreadable = |reason: String| CodecError::Metadata { reason };
        let metadata: ArcMetadata =
            Arc::new(Metadata::decode_from(metadata).map_err(|error| unreadable(error.to_string()))?);
        let config = SubstrateConfig::builder()
            .set_genesis_hash(H256(genesis_hash))
            .set_metadata_for_spec_versions([(spec_version, metadata.clone())])
            .set_spec_version_for_block_ranges([SpecVersionForRange {
                block_range: 0..u64::MAX,
                spec_version,
                transaction_version,
            }])
            .build();
        let client = OfflineClient::new_with_config(config)
            .at_block(0u64)
            .map_err(|error| unreadable(error.to_string()))?;
        Ok(Self { spec_version, metadata, client })
    }

    /// The version of the runtime.
    pub fn spec_version(&self) -> u32 {
        self.spec_version
    }

    /// Whether there is such a call.
    pub fn has_call(&self, pallet: &str, call: &str) -> bool {
        self.metadata.pallet_by_name(pallet).is_some_and(|pallet| pallet.call_variant_by_name(call).is_some())
    }

    /// Whether there is such a storage item.
    pub fn has_storage(&self, pallet: &str, item: &str) -> bool {
        self.metadata.storage_info(pallet, item).is_ok()
    }

    /// Whether there is such a runtime API.
    pub fn has_api(&self, api: &str, method: &str) -> bool {
        self.metadata.runtime_api_trait_by_name(api).is_some_and(|api| api.method_by_name(method).is_some())
    }

    /// The bytes of a call.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`], naming the call or the argument.
    pub fn encode_call(&self, call: &Call) -> Result<Vec<u8>, CodecError> {
        self.check_call(call)?;
        self.client.tx().call_data(call).map_err(|error| self.call_error(call, &error))
    }

    /// The key of a storage item; all keys of a map must be given.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`].
    pub fn storage_key(&self, pallet: &str, item: &str, keys: &[Value]) -> Result<Vec<u8>, CodecError> {
        let wanted = self.storage_info(pallet, item)?.keys.len();
        if wanted != keys.len() {
            let reason = format!("{} keys given, {wanted} wanted", keys.len());
            return Err(CodecError::Encode { item: format!("the key of {pallet}.{item}"), reason });
        }
        self.storage_prefix(pallet, item, keys)
    }

    /// What the keys of all entries of a map begin with, whose first keys are these.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`].
    pub fn storage_prefix(&self, pallet: &str, item: &str, keys: &[Value]) -> Result<Vec<u8>, CodecError> {
        let info = self.storage_info(pallet, item)?;
        encode_storage_key_with_info(pallet, item, keys.to_vec(), &info, self.metadata.types()).map_err(
            |error| CodecError::Encode {
                item: format!("the key of {pallet}.{item}"),
                reason: error.to_string(),
            },
        )
    }

    fn storage_info(&self, pallet: &str, item: &str) -> Result<StorageInfo<'_, u32>, CodecError> {
        self.metadata
            .storage_info(pallet, item)
            .map_err(|_| self.missing(format!("storage item {pallet}.{item}")))
    }

    /// The type of a storage item's value.
    pub(crate) fn storage_type(&self, pallet: &str, item: &str) -> Result<u32, CodecError> {
        Ok(self.storage_info(pallet, item)?.value_id)
    }

    /// The type of what a runtime API answers.
    pub(crate) fn api_type(&self, api: &str, method: &str) -> Result<u32, CodecError> {
        let traits = self.metadata.runtime_api_trait_by_name(api);
        let known = traits.and_then(|api| api.method_by_name(method));
        known
            .map(|known| known.output_ty())
            .ok_or_else(|| self.missing(format!("runtime API {api}.{method}")))
    }

    /// The value of a storage item from its bytes. Absent bytes give the item's default; `None` if it has none.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Decode`].
    pub fn storage_value(
        &self,
        pallet: &str,
        item: &str,
        bytes: Option<&[u8]>,
    ) -> Result<Option<Value>, CodecError> {
        let info = self.storage_info(pallet, item)?;
        let Some(mut bytes) = bytes.or(info.default_value.as_deref()) else { return Ok(None) };
        decode_storage_value_with_info(&mut bytes, &info, self.metadata.types(), Item::into_visitor())
            .map(|value: Item| Some(value.into_value()))
            .map_err(|error| decode_error(format!("{pallet}.{item}"), &error))
    }

    /// The value of a pallet's constant.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Decode`].
    pub fn constant(&self, pallet: &str, name: &str) -> Result<Value, CodecError> {
        let known = self.metadata.pallet_by_name(pallet);
        if known.is_none_or(|pallet| pallet.constant_by_name(name).is_none()) {
            return Err(self.missing(format!("constant {pallet}.{name}")));
        }
        let (metadata, types) = (&*self.metadata, self.metadata.types());
        decode_constant(pallet, name, metadata, types, Item::into_visitor())
            .map(|value: Item| value.into_value())
            .map_err(|error| decode_error(format!("{pallet}.{name}"), &error))
    }

    /// The arguments of a runtime API call.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`].
    pub fn api_input(&self, api: &str, method: &str, args: Vec<Value>) -> Result<Vec<u8>, CodecError> {
        if !self.has_api(api, method) {
            return Err(self.missing(format!("runtime API {api}.{method}")));
        }
        let (metadata, types) = (&*self.metadata, self.metadata.types());
        encode_runtime_api_inputs(api, method, args, metadata, types).map_err(|error| CodecError::Encode {
            item: format!("{api}.{method}"),
            reason: error.to_string(),
        })
    }

    /// The answer of a runtime API call. Bytes after the value are accepted: newer runtimes append fields.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Decode`].
    pub fn api_output(&self, api: &str, method: &str, output: &[u8]) -> Result<Value, CodecError> {
        self.decode(self.api_type(api, method)?, output)
            .map_err(|reason| CodecError::Decode { item: format!("{api}.{method}"), reason })
    }

    /// Decodes a value of a type of the metadata.
    pub(crate) fn decode(&self, type_id: u32, mut bytes: &[u8]) -> Result<Value, String> {
        subxt::ext::scale_decode::visitor::decode_with_visitor(
            &mut bytes,
            type_id,
            self.metadata.types(),
            Item::into_visitor(),
        )
        .map(|value: Item| value.into_value())
        .map_err(|error| error.to_string())
    }

    /// Signs a call: the bytes to submit.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`].
    pub fn sign(&self, call: &Call, signer: &Keypair, signing: Signing) -> Result<Vec<u8>, CodecError> {
        self.check_call(call)?;
        let mut signable = self
            .client
            .tx()
            .create_signable_offline(call, signing.params())
            .map_err(|error| self.call_error(call, &error))?;
        let signed = signable.sign(&KeypairSigner(signer));
        Ok(signed.map_err(|error| self.call_error(call, &error))?.into_encoded())
    }

    /// The bytes a signature covers, hashed already if they are long.
    ///
    /// # Errors
    /// [`CodecError::Missing`] or [`CodecError::Encode`].
    pub fn signed_payload(&self, call: &Call, signing: Signing) -> Result<Vec<u8>, CodecError> {
        self.check_call(call)?;
        self.client
            .tx()
            .create_signable_offline(call, signing.params())
            .and_then(|signable| signable.signer_payload())
            .map_err(|error| self.call_error(call, &error))
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(crate) fn client(&self) -> &OfflineClientAtBlock<SubstrateConfig> {
        &self.client
    }

    /// A call with an argument the chain does not know is refused here: leaving it out silently would send another
    /// call than the one meant. One that is missing gets a clearer sentence here than from the encoder.
    fn check_call(&self, call: &Call) -> Result<(), CodecError> {
        let pallet = self.metadata.pallet_by_name(call.pallet());
        let Some(known) = pallet.and_then(|pallet| pallet.call_variant_by_name(call.name())) else {
            return Err(self.missing(format!("call {}.{}", call.pallet(), call.name())));
        };
        for field in known.fields.iter().filter_map(|field| field.name.as_deref()) {
            if !call.args.iter().any(|(name, _)| name == field) {
                return Err(CodecError::Encode {
                    item: format!("{}.{}", call.pallet(), call.name()),
                    reason: format!("its argument `{field}` is missing"),
                });
            }
        }
        for (name, value) in &call.args {
            if !known.fields.iter().any(|field| field.name.as_deref() == Some(name)) {
                return Err(CodecError::Encode {
                    item: format!("{}.{}", call.pallet(), call.name()),
                    reason: format!("it has no argument `{name}`"),
                });
            }
            self.check_nested(value)?;
        }
        Ok(())
    }

    fn check_nested(&self, value: &Value) -> Result<(), CodecError> {
        match value {
            Value::Call(call) => self.check_call(call),
            Value::List(items) => items.iter().try_for_each(|item| self.check_nested(item)),
            _ => Ok(()),
        }
    }

    fn missing(&self, item: String) -> CodecError {
        CodecError::Missing { item, spec_version: self.spec_version }
    }

    fn call_error(&self, call: &Call, error: &ExtrinsicError) -> CodecError {
        CodecError::Encode { item: format!("{}.{}", call.pallet(), call.name()), reason: error.to_string() }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("spec_version", &self.spec_version).finish_non_exhaustive()
    }
}

impl Signing {
    fn params(self) -> subxt::config::DefaultExtrinsicParams<SubstrateConfig> {
        let builder = DefaultExtrinsicParamsBuilder::new().nonce(self.nonce).tip(self.tip.into());
        match self.era {
            None => builder.immortal(),
            Some((period, number, hash)) => builder.mortal_from_unchecked(period, number, H256(hash)),
        }
        .build()
    }
}

struct KeypairSigner<'a>(&'a Keypair);

impl Signer<SubstrateConfig> for KeypairSigner<'_> {
    fn account_id(&self) -> AccountId32 {
        account_id32(&self.0.account())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        let signature = self.0.sign(payload);
        match self.0.scheme() {
            Scheme::Ed25519 => MultiSignature::Ed25519(signature),
            Scheme::Sr25519 => MultiSignature::Sr25519(signature),
        }
    }
}

pub(crate) fn account_id32(account: &AccountId) -> AccountId32 {
    AccountId32(*account.as_bytes())
}

fn decode_error(item: String, error: &impl fmt::Display) -> CodecError {
    CodecError::Decode { item, reason: error.to_string() }
}
