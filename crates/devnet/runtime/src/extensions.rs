//! The transaction extensions, in the real chain's order, and where they differ from Substrate's own.

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::dispatch::{DispatchClass, DispatchInfo, Pays, PostDispatchInfo};
use frame_support::traits::IsSubType;
use frame_support::weights::Weight;
use frame_system::{
    CheckGenesis, CheckMortality, CheckNonZeroSender, CheckSpecVersion, CheckTxVersion, CheckWeight,
};
use scale_info::TypeInfo;
use sp_runtime::traits::DispatchInfoOf;
use sp_runtime::traits::{
    AsSystemOriginSigner, Implication, TransactionExtension, TransactionExtensionMetadata, ValidateResult,
};
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
};
use sp_runtime::{DispatchResult, impl_tx_ext_default};

use crate::pallets::subtensor::guards::{self, PoolCode};
use crate::{AccountId, Runtime, RuntimeCall, RuntimeOrigin};

/// Everything a signed extrinsic carries besides the call, in signing order.
pub type TxExtension = (
    (
        CheckNonZeroSender<Runtime>,
        CheckSpecVersion<Runtime>,
        CheckTxVersion<Runtime>,
        CheckGenesis<Runtime>,
        CheckMortality<Runtime>,
        CheckNonce,
        CheckWeight<Runtime>,
    ),
    (
        ChargeTransactionPaymentWrapper,
        SudoTransactionExtension,
        CheckShieldedTxValidity,
        SubtensorTransactionExtension,
        DrandPriority,
    ),
    frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
);

/// Nonces, as Substrate checks them, except that a call which pays no fee may come from an account that has never
/// held a balance: a hotkey needs no TAO to serve, commit or set weights.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, Debug, TypeInfo)]
pub struct CheckNonce(#[codec(compact)] pub u32);

impl TransactionExtension<RuntimeCall> for CheckNonce {
    const IDENTIFIER: &'static str = "CheckNonce";
    type Implicit = ();
    type Val = Option<AccountId>;
    type Pre = ();

    fn weight(&self, _call: &RuntimeCall) -> Weight {
        Weight::zero()
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        _call: &RuntimeCall,
        info: &DispatchInfo,
        _len: usize,
        _implicit: (),
        _implication: &impl Encode,
        _source: TransactionSource,
    ) -> ValidateResult<Self::Val, RuntimeCall> {
        let Some(who) = origin.as_system_origin_signer().cloned() else {
            return Ok((ValidTransaction::default(), None, origin));
        };
        let account = frame_system::Account::<Runtime>::get(&who);
        if info.pays_fee == Pays::Yes && account.providers == 0 && account.sufficients == 0 {
            return Err(InvalidTransaction::Payment.into());
        }
        if self.0 < account.nonce {
            return Err(InvalidTransaction::Stale.into());
        }
        let provides = vec![Encode::encode(&(&who, self.0))];
        let requires = match self.0.checked_sub(1) {
            Some(previous) if account.nonce < self.0 => vec![Encode::encode(&(&who, previous))],
            _ => vec![],
        };
        Ok((ValidTransaction { provides, requires, ..Default::default() }, Some(who), origin))
    }

    fn prepare(
        self,
        who: Self::Val,
        _origin: &RuntimeOrigin,
        _call: &RuntimeCall,
        _info: &DispatchInfoOf<RuntimeCall>,
        _len: usize,
    ) -> Result<(), TransactionValidityError> {
        let Some(who) = who else { return Ok(()) };
        let nonce = frame_system::Account::<Runtime>::get(&who).nonce;
        if self.0 != nonce {
            let refusal = if self.0 < nonce { InvalidTransaction::Stale } else { InvalidTransaction::Future };
            return Err(refusal.into());
        }
        frame_system::Pallet::<Runtime>::inc_account_nonce(&who);
        Ok(())
    }
}

type ChargeTransactionPayment = pallet_transaction_payment::ChargeTransactionPayment<Runtime>;

/// Fees, as Substrate charges them, except that neither fee nor tip buys a place in the queue.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, Debug, TypeInfo)]
pub struct ChargeTransactionPaymentWrapper {
    inner: ChargeTransactionPayment,
}

/// The priority of calls that only the chain's operators make; all others have 1.
const OPERATIONAL_PRIORITY: u64 = 10_000_000_000;

impl TransactionExtension<RuntimeCall> for ChargeTransactionPaymentWrapper {
    const IDENTIFIER: &'static str = ChargeTransactionPayment::IDENTIFIER;
    type Implicit = ();
    type Val = <ChargeTransactionPayment as TransactionExtension<RuntimeCall>>::Val;
    type Pre = <ChargeTransactionPayment as TransactionExtension<RuntimeCall>>::Pre;

    fn metadata() -> Vec<TransactionExtensionMetadata> {
        <ChargeTransactionPayment as TransactionExtension<RuntimeCall>>::metadata()
    }

    fn weight(&self, call: &RuntimeCall) -> Weight {
        self.inner.weight(call)
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        info: &DispatchInfo,
        len: usize,
        implicit: (),
        implication: &impl Implication,
        source: TransactionSource,
    ) -> ValidateResult<Self::Val, RuntimeCall> {
        let (mut validity, val, origin) =
            self.inner.validate(origin, call, info, len, implicit, implication, source)?;
        validity.priority = match info.class {
            DispatchClass::Normal | DispatchClass::Mandatory => 1,
            DispatchClass::Operational => OPERATIONAL_PRIORITY,
        };
        Ok((validity, val, origin))
    }

    fn prepare(
        self,
        val: Self::Val,
        origin: &RuntimeOrigin,
        call: &RuntimeCall,
        info: &DispatchInfo,
        len: usize,
    ) -> Result<Self::Pre, TransactionValidityError> {
        self.inner.prepare(val, origin, call, info, len)
    }

    fn post_dispatch_details(
        pre: Self::Pre,
        info: &DispatchInfo,
        post_info: &PostDispatchInfo,
        len: usize,
        result: &DispatchResult,
    ) -> Result<Weight, TransactionValidityError> {
        ChargeTransactionPayment::post_dispatch_details(pre, info, post_info, len, result)
    }
}

/// Refuses a sudo call by anyone but the sudo key in the pool, before it costs a fee.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, Debug, Default, TypeInfo)]
pub struct SudoTransactionExtension;

impl TransactionExtension<RuntimeCall> for SudoTransactionExtension {
    const IDENTIFIER: &'static str = "SudoTransactionExtension";
    type Implicit = ();
    type Val = ();
    type Pre = ();

    fn weight(&self, _call: &RuntimeCall) -> Weight {
        Weight::zero()
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        _info: &DispatchInfo,
        _len: usize,
        _implicit: (),
        _implication: &impl Encode,
        _source: TransactionSource,
    ) -> ValidateResult<(), RuntimeCall> {
        if let (RuntimeCall::Sudo(_), Some(who)) = (call, origin.as_system_origin_signer())
            && pallet_sudo::Key::<Runtime>::get().as_ref() != Some(who)
        {
            return Err(InvalidTransaction::BadSigner.into());
        }
        Ok((ValidTransaction::default(), (), origin))
    }

    impl_tx_ext_default!(RuntimeCall; prepare);
}

/// Keeps the place of an extension whose pallet the development chain does not have: it carries no bytes and
/// refuses nothing.
macro_rules! place_of {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, Debug, Default, TypeInfo)]
        pub struct $name;

        impl TransactionExtension<RuntimeCall> for $name {
            const IDENTIFIER: &'static str = stringify!($name);
            type Implicit = ();
            type Val = ();
            type Pre = ();

            impl_tx_ext_default!(RuntimeCall; weight validate prepare);
        }
    };
}

place_of!(
    /// MEV-shielded transactions.
    CheckShieldedTxValidity
);
place_of!(
    /// The priority of drand pulses.
    DrandPriority
);

/// Refuses in the pool what would otherwise fill blocks for free: calls that pay no fee and break a rule.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Eq, PartialEq, Debug, Default, TypeInfo)]
pub struct SubtensorTransactionExtension;

impl TransactionExtension<RuntimeCall> for SubtensorTransactionExtension {
    const IDENTIFIER: &'static str = "SubtensorTransactionExtension";
    type Implicit = ();
    type Val = ();
    type Pre = ();

    fn weight(&self, _call: &RuntimeCall) -> Weight {
        Weight::zero()
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        _info: &DispatchInfo,
        _len: usize,
        _implicit: (),
        _implication: &impl Encode,
        _source: TransactionSource,
    ) -> ValidateResult<(), RuntimeCall> {
        if let Some(who) = origin.as_system_origin_signer() {
            guards::check::<Runtime>(who, call.is_sub_type())
                .map_err(|refusal| InvalidTransaction::Custom(PoolCode::from(refusal) as u8))?;
        }
        Ok((ValidTransaction::default(), (), origin))
    }

    impl_tx_ext_default!(RuntimeCall; prepare);
}
