//! The calls of all pallets in one type, and what is asked before each of them runs.
//!
//! FRAME would write this type itself, but has no place for a check that knows the signer, ends in an error of its
//! own and holds for calls inside other calls too. So it is written here, as FRAME's macro has it, and
//! [`RuntimeCall::dispatch`] asks the guards.

use codec::DecodeWithMemTracking;
use frame_support::dispatch::{
    Callable, CallableCallFor, CheckIfFeeless, DispatchClass, DispatchInfo, DispatchResultWithPostInfo,
    GetDispatchInfo, Pays, PostDispatchInfo,
};
use frame_support::traits::{
    Authorize, CallMetadata, Contains, GetCallMetadata, GetCallName, IsSubType, OriginTrait,
    UnfilteredDispatchable,
};
use frame_support::weights::Weight;
use frame_system::RawOrigin;
use scale_info::TypeInfo;
use sp_runtime::traits::Dispatchable;
use sp_runtime::transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction};

use crate::pallets::subtensor::guards;
use crate::variant::{pallet_number, renumbered};
use crate::{
    AdminUtils, Balances, Commitments, Drand, MevShield, Runtime, RuntimeOrigin, SubtensorModule, Sudo, Swap,
    System, Timestamp, Utility,
};

macro_rules! runtime_call {
    ($($pallet:ident = $index:literal),+ $(,)?) => {
        /// A call of any pallet.
        #[derive(Clone, PartialEq, Eq, Debug, DecodeWithMemTracking, TypeInfo)]
        pub enum RuntimeCall {
            $(#[codec(index = $index)] $pallet(CallableCallFor<$pallet, Runtime>),)+
        }

        renumbered!(RuntimeCall by pallet_number { $($pallet(CallableCallFor<$pallet, Runtime>) = $index,)+ });

        impl GetDispatchInfo for RuntimeCall {
            fn get_dispatch_info(&self) -> DispatchInfo {
                let info = match self {
                    $(Self::$pallet(call) => call.get_dispatch_info(),)+
                };
                match batched(self) {
                    Some(calls) => batch_info(info, calls),
                    None => info,
                }
            }
        }

        impl CheckIfFeeless for RuntimeCall {
            type Origin = RuntimeOrigin;

            fn is_feeless(&self, origin: &RuntimeOrigin) -> bool {
                match self {
                    $(Self::$pallet(call) => call.is_feeless(origin),)+
                }
            }
        }

        impl GetCallMetadata for RuntimeCall {
            fn get_call_metadata(&self) -> CallMetadata {
                match self {
                    $(Self::$pallet(call) => CallMetadata {
                        function_name: call.get_call_name(),
                        pallet_name: stringify!($pallet),
                    },)+
                }
            }

            fn get_module_names() -> &'static [&'static str] {
                &[$(stringify!($pallet)),+]
            }

            fn get_call_names(module: &str) -> &'static [&'static str] {
                match module {
                    $(stringify!($pallet) => <$pallet as Callable<Runtime>>::RuntimeCall::get_call_names(),)+
                    _ => &[],
                }
            }
        }

        impl UnfilteredDispatchable for RuntimeCall {
            type RuntimeOrigin = RuntimeOrigin;

            fn dispatch_bypass_filter(self, origin: RuntimeOrigin) -> DispatchResultWithPostInfo {
                match self {
                    $(Self::$pallet(call) => call.dispatch_bypass_filter(origin),)+
                }
            }
        }

        impl Authorize for RuntimeCall {
            fn authorize(
                &self,
                source: TransactionSource,
            ) -> Option<Result<(ValidTransaction, Weight), TransactionValidityError>> {
                match self {
                    $(Self::$pallet(call) => call.authorize(source),)+
                }
            }

            fn weight_of_authorize(&self) -> Weight {
                match self {
                    $(Self::$pallet(call) => call.weight_of_authorize(),)+
                }
            }
        }

        $(
            impl IsSubType<CallableCallFor<$pallet, Runtime>> for RuntimeCall {
                fn is_sub_type(&self) -> Option<&CallableCallFor<$pallet, Runtime>> {
                    match self {
                        Self::$pallet(call) => Some(call),
                        _ => None,
                    }
                }
            }

            impl From<CallableCallFor<$pallet, Runtime>> for RuntimeCall {
                fn from(call: CallableCallFor<$pallet, Runtime>) -> Self {
                    Self::$pallet(call)
                }
            }
        )+
    };
}

runtime_call! {
    System = 0,
    Timestamp = 2,
    Balances = 5,
    SubtensorModule = 7,
    Utility = 11,
    Sudo = 12,
    Commitments = 18,
    AdminUtils = 19,
    Drand = 26,
    Swap = 28,
    MevShield = 30,
}

impl Dispatchable for RuntimeCall {
    type RuntimeOrigin = RuntimeOrigin;
    type Config = Self;
    type Info = DispatchInfo;
    type PostInfo = PostDispatchInfo;

    fn dispatch(self, origin: RuntimeOrigin) -> DispatchResultWithPostInfo {
        if !origin.filter_call(&self) {
            return Err(frame_system::Error::<Runtime>::CallFiltered.into());
        }
        if let Some(RawOrigin::Signed(who)) = origin.as_system_ref() {
            guards::check::<Runtime>(who, self.is_sub_type())?;
        }
        self.dispatch_bypass_filter(origin)
    }
}

/// Refuses a batch directly inside a batch.
#[derive(Debug)]
pub struct NoNestedBatches;

impl Contains<RuntimeCall> for NoNestedBatches {
    fn contains(call: &RuntimeCall) -> bool {
        batched(call).is_none_or(|calls| calls.iter().all(|call| batched(call).is_none()))
    }
}

/// A batch is never operational, and costs nothing if no call in it does.
fn batch_info(info: DispatchInfo, calls: &[RuntimeCall]) -> DispatchInfo {
    let paid = calls.iter().any(|call| call.get_dispatch_info().pays_fee == Pays::Yes);
    DispatchInfo { class: DispatchClass::Normal, pays_fee: if paid { Pays::Yes } else { Pays::No }, ..info }
}

fn batched(call: &RuntimeCall) -> Option<&[RuntimeCall]> {
    use pallet_utility::Call::{batch, batch_all, force_batch};
    match call {
        RuntimeCall::Utility(batch { calls } | batch_all { calls } | force_batch { calls }) => Some(calls),
        _ => None,
    }
}

/// How many calls are around the innermost one.
pub fn nesting(call: &RuntimeCall) -> usize {
    let mut deepest = 0;
    // Not by recursion: how deep it goes is up to whoever sent it.
    let mut waiting = vec![(call, 0_usize)];
    while let Some((call, depth)) = waiting.pop() {
        deepest = deepest.max(depth);
        waiting.extend(inner_calls(call).into_iter().map(|inner| (inner, depth.saturating_add(1))));
    }
    deepest
}

fn inner_calls(call: &RuntimeCall) -> Vec<&RuntimeCall> {
    use pallet_sudo::Call::{sudo, sudo_as, sudo_unchecked_weight};
    use pallet_utility::Call::{as_derivative, dispatch_as, dispatch_as_fallible, if_else, with_weight};
    match call {
        RuntimeCall::Utility(
            as_derivative { call, .. }
            | dispatch_as { call, .. }
            | dispatch_as_fallible { call, .. }
            | with_weight { call, .. },
        ) => vec![&**call],
        RuntimeCall::Utility(if_else { main, fallback }) => vec![&**main, &**fallback],
        RuntimeCall::Sudo(sudo { call } | sudo_unchecked_weight { call, .. } | sudo_as { call, .. }) => {
            vec![&**call]
        }
        call => batched(call).into_iter().flatten().collect(),
    }
}
