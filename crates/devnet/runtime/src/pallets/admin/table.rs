//! The macro that makes a FRAME pallet of a table of setters.

/// Takes entries `/// doc`, `[index] name(arguments) by rule => { writes }` and makes them the calls of AdminUtils.
///
/// A call first asks its rule, then runs its block, where `?` refuses and `T` and `Self` are the pallet's, and last
/// notes the change for the rate limit of owners.
macro_rules! admin_pallet {
    ($(
        $(#[doc = $doc:tt])+
        [$index:tt] $name:ident($($arg:ident: $ty:ty),*) by $rule:expr => $writes:block
    )+) => {
        #[frame_support::pallet]
        #[allow(unused_imports, reason = "FRAME re-exports what a pallet without storage has no use for")]
        pub mod pallet {
            use frame_support::pallet_prelude::*;
            use frame_system::pallet_prelude::*;
            use substrate_fixed::types::{I64F64, I96F32, U64F64};

            use super::*;

            #[pallet::pallet]
            pub struct Pallet<T>(_);

            #[pallet::config]
            pub trait Config:
                frame_system::Config<RuntimeEvent: From<Event<Self>>> + subtensor::Config + pallet_aura::Config
            {
            }

            #[pallet::event]
            #[pallet::generate_deposit(pub(crate) fn deposit_event)]
            pub enum Event<T: Config> {
                /// A subnet moved to Yuma 3 or back to Yuma 2.
                #[codec(index = 1)]
                Yuma3EnableToggled { netuid: NetUid, enabled: bool },
                /// Whether neurons may have the bonds to them reset changed.
                #[codec(index = 2)]
                BondsResetToggled { netuid: NetUid, enabled: bool },
                /// Blocks after which the price of registering has halved.
                #[codec(index = 3)]
                BurnHalfLifeSet { netuid: NetUid, burn_half_life: u16 },
                /// What a registration multiplies its price by.
                #[codec(index = 4)]
                BurnIncreaseMultSet { netuid: NetUid, burn_increase_mult: U64F64 },
                /// Whether a subnet gets TAO changed.
                #[codec(index = 5)]
                SubnetEmissionEnabledSet { netuid: NetUid, enabled: bool },
            }

            #[pallet::error]
            pub enum Error<T> {
                SubnetDoesNotExist,
                MaxValidatorsLargerThanMaxUIds,
                MaxAllowedUIdsLessThanCurrentUIds,
                BondsMovingAverageMaxReached,
                NegativeSigmoidSteepness,
                ValueNotInBounds,
                MinAllowedUidsGreaterThanCurrentUids,
                MinAllowedUidsGreaterThanMaxAllowedUids,
                MaxAllowedUidsLessThanMinAllowedUids,
                MaxAllowedUidsGreaterThanDefaultMaxAllowedUids,
                InvalidValue,
                NotPermittedOnRootSubnet,
                POWRegistrationDisabled,
                Deprecated,
            }

            #[pallet::call]
            impl<T: Config> Pallet<T> {
                $(
                    $(#[doc = $doc])+
                    #[pallet::call_index($index)]
                    #[pallet::weight(SETTER)]
                    pub fn $name(origin: OriginFor<T>, $($arg: $ty),*) -> DispatchResult {
                        let rule: Rule = $rule;
                        let change = rule.admit::<T>(origin)?;
                        $writes;
                        change.record::<T>();
                        Ok(())
                    }
                )+
            }

            impl<T: Config> Pallet<T> {
                /// Reports through SubtensorModule, as most setters do.
                fn tell(event: subtensor::Event<T>) {
                    subtensor::Pallet::<T>::deposit_event(event);
                }
            }
        }
    };
}
