//! Extrinsics as the real chain describes them: Substrate's own in one more layer, because there the EVM's
//! transactions come through the same door. The bytes are the same.

use codec::{Decode, DecodeLimit, DecodeWithMemTracking, Encode, Input};
use frame_support::MAX_EXTRINSIC_DEPTH;
use frame_support::dispatch::{DispatchInfo, GetDispatchInfo, PostDispatchInfo};
use frame_support::traits::{InherentBuilder, SignedTransactionBuilder};
use scale_info::{Path, Type, TypeInfo, TypeParameter, build::Fields, meta_type};
use sp_runtime::generic::{ExtrinsicFormat, Preamble};
use sp_runtime::traits::{
    Applyable, Checkable, ExtrinsicCall, ExtrinsicLike, ExtrinsicMetadata, Lookup, ValidateUnsigned,
};
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
};
use sp_runtime::{ApplyExtrinsicResultWithInfo, MultiSignature, generic};

use crate::calls::nesting;
use crate::{AccountId, Address, RuntimeCall, TxExtension, dev};

type Inner = generic::UncheckedExtrinsic<Address, RuntimeCall, MultiSignature, TxExtension>;

/// An extrinsic whose signature was not verified yet.
#[derive(Encode, serde::Serialize, serde::Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct UncheckedExtrinsic(pub Inner);

/// Calls in calls that are taken from outside; refused beyond.
const MOST_NESTED: usize = 8;

impl Decode for UncheckedExtrinsic {
    fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
        // In WebAssembly endless nesting ends in a trap; here it would end the process.
        Inner::decode_with_depth_limit(MAX_EXTRINSIC_DEPTH, input).map(Self)
    }
}

impl DecodeWithMemTracking for UncheckedExtrinsic {}

impl TypeInfo for UncheckedExtrinsic {
    type Identity = Self;

    fn type_info() -> Type {
        // Clients of metadata version 14 find these types by the names of the parameters.
        let parameters = vec![
            TypeParameter::new("Address", Some(meta_type::<Address>())),
            TypeParameter::new("Call", Some(meta_type::<RuntimeCall>())),
            TypeParameter::new("Signature", Some(meta_type::<MultiSignature>())),
            TypeParameter::new("Extension", Some(meta_type::<TxExtension>())),
        ];
        Type::builder()
            .path(Path::new("UncheckedExtrinsic", module_path!()))
            .type_params(parameters)
            .composite(Fields::unnamed().field(|field| field.ty::<Inner>()))
    }
}

impl ExtrinsicLike for UncheckedExtrinsic {
    fn is_bare(&self) -> bool {
        self.0.is_bare()
    }
}

impl ExtrinsicCall for UncheckedExtrinsic {
    type Call = RuntimeCall;

    fn call(&self) -> &RuntimeCall {
        self.0.call()
    }
}

impl ExtrinsicMetadata for UncheckedExtrinsic {
    const VERSIONS: &'static [u8] = Inner::VERSIONS;
    type TransactionExtensions = TxExtension;
}

impl<L: Lookup<Source = Address, Target = AccountId>> Checkable<L> for UncheckedExtrinsic {
    type Checked = CheckedExtrinsic;

    fn check(self, lookup: &L) -> Result<CheckedExtrinsic, TransactionValidityError> {
        if nesting(&self.0.function) > MOST_NESTED {
            return Err(InvalidTransaction::Call.into());
        }
        if let Preamble::Signed(address, _, extension) = &self.0.preamble {
            let who = lookup.lookup(address.clone())?;
            // The one thing a development chain may let pass: everything else is checked as for anybody.
            if dev::is_impersonated(&who) {
                let format = ExtrinsicFormat::Signed(who, extension.clone());
                let checked = generic::CheckedExtrinsic { format, function: self.0.function };
                return Ok(CheckedExtrinsic(checked));
            }
        }
        self.0.check(lookup).map(CheckedExtrinsic)
    }
}

/// An extrinsic whose signature is good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckedExtrinsic(generic::CheckedExtrinsic<AccountId, RuntimeCall, TxExtension>);

impl Applyable for CheckedExtrinsic {
    type Call = RuntimeCall;

    fn validate<V: ValidateUnsigned<Call = RuntimeCall>>(
        &self,
        source: TransactionSource,
        info: &DispatchInfo,
        len: usize,
    ) -> TransactionValidity {
        self.0.validate::<V>(source, info, len)
    }

    fn apply<V: ValidateUnsigned<Call = RuntimeCall>>(
        self,
        info: &DispatchInfo,
        len: usize,
    ) -> ApplyExtrinsicResultWithInfo<PostDispatchInfo> {
        self.0.apply::<V>(info, len)
    }
}

// What the extensions weigh does not count on the real chain, neither for blocks nor for fees.

impl GetDispatchInfo for CheckedExtrinsic {
    fn get_dispatch_info(&self) -> DispatchInfo {
        self.0.function.get_dispatch_info()
    }
}

impl InherentBuilder for UncheckedExtrinsic {
    fn new_inherent(call: RuntimeCall) -> Self {
        Self(Inner::new_inherent(call))
    }
}

impl SignedTransactionBuilder for UncheckedExtrinsic {
    type Address = Address;
    type Signature = MultiSignature;
    type Extension = TxExtension;

    fn new_signed_transaction(
        call: RuntimeCall,
        signer: Address,
        signature: MultiSignature,
        extension: TxExtension,
    ) -> Self {
        Self(Inner::new_signed(call, signer, signature, extension))
    }
}

impl GetDispatchInfo for UncheckedExtrinsic {
    fn get_dispatch_info(&self) -> DispatchInfo {
        self.0.function.get_dispatch_info()
    }
}
