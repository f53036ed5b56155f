//! Drand: the pulses of a randomness beacon, by which what was sealed for a round opens.
//!
//! On the public chains nodes fetch quicknet's pulses. A development chain has a beacon of its own, named at
//! genesis, whose pulses the author of a block writes. Either way a pulse is a signature of its round, checked
//! against the key in [`BeaconConfig`].

pub mod types;
mod validity;

pub use pallet::*;

/// Pulses kept: seven and a half days of rounds, three seconds apart.
const KEPT_PULSES: u64 = 216_000;
/// Old pulses removed with each new one.
const REMOVED_AT_ONCE: u64 = 100;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::BoundedVec;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use sp_runtime::{MultiSignature, MultiSigner};

    pub use super::types::*;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {}

    pub(super) const UNSIGNED_PRIORITY: TransactionPriority = 1 << 20;

    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        /// The least priority of an unsigned call.
        #[pallet::constant_name(UnsignedPriority)]
        fn unsigned_priority() -> u64 {
            UNSIGNED_PRIORITY
        }

        /// Milliseconds that a node waits for a drand server.
        #[pallet::constant_name(HttpFetchTimeout)]
        fn http_fetch_timeout() -> u64 {
            1_000
        }
    }

    #[pallet::type_value]
    pub fn DefaultBeaconConfig<T: Config>() -> BeaconConfiguration {
        quicknet()
    }

    /// The beacon whose pulses are taken.
    #[pallet::storage]
    pub type BeaconConfig<T: Config> =
        StorageValue<_, BeaconConfiguration, ValueQuery, DefaultBeaconConfig<T>>;

    #[pallet::storage]
    pub type HasMigrationRun<T: Config> =
        StorageMap<_, Identity, BoundedVec<u8, ConstU32<128>>, bool, ValueQuery>;

    #[pallet::storage]
    pub type Pulses<T: Config> = StorageMap<_, Blake2_128Concat, RoundNumber, Pulse, OptionQuery>;

    #[pallet::storage]
    pub type LastStoredRound<T: Config> = StorageValue<_, RoundNumber, ValueQuery>;

    #[pallet::storage]
    pub type OldestStoredRound<T: Config> = StorageValue<_, RoundNumber, ValueQuery>;

    /// From which block on unsigned calls are taken.
    #[pallet::storage]
    pub type NextUnsignedAt<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The chain's own beacon; none for drand's quicknet.
        pub beacon: Option<BeaconGenesis>,
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            if let Some(beacon) = &self.beacon {
                BeaconConfig::<T>::put(BeaconConfiguration {
                    public_key: BoundedVec::truncate_from(beacon.public_key.clone()),
                    genesis_time: beacon.genesis_time,
                    period: beacon.period,
                    // What tells this beacon from others: it has no group of servers.
                    hash: BoundedVec::truncate_from(sp_core::sha2_256(&beacon.public_key).to_vec()),
                    group_hash: BoundedVec::truncate_from(sp_core::sha2_256(&beacon.public_key).to_vec()),
                    metadata: Metadata { beacon_id: BoundedVec::truncate_from(b"devnet".to_vec()) },
                    ..quicknet()
                });
            }
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        BeaconConfigChanged,
        /// Pulses were stored.
        NewPulse {
            rounds: Vec<RoundNumber>,
        },
        SetOldestStoredRound(u64),
    }

    #[pallet::error]
    pub enum Error<T> {
        NoneValue,
        StorageOverflow,
        DrandConnectionFailure,
        UnverifiedPulse,
        InvalidRoundNumber,
        PulseVerificationError,
    }

    #[pallet::validate_unsigned]
    impl<T: Config> ValidateUnsigned for Pallet<T> {
        type Call = Call<T>;

        fn validate_unsigned(_: TransactionSource, call: &Call<T>) -> TransactionValidity {
            Self::validity_of(call)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Stores pulses that are the beacon's.
        #[pallet::call_index(0)]
        #[pallet::weight(Weight::from_parts(4_769_000_000, 0))]
        pub fn write_pulse(
            origin: OriginFor<T>,
            pulses_payload: PulsesPayload<MultiSigner, BlockNumberFor<T>>,
            _signature: Option<MultiSignature>,
        ) -> DispatchResult {
            ensure_none(origin)?;
            Self::store(pulses_payload.pulses)
        }

        /// Takes another beacon's pulses from now on.
        #[pallet::call_index(1)]
        #[pallet::weight((Weight::from_parts(208_766_000, 0), DispatchClass::Operational))]
        pub fn set_beacon_config(
            origin: OriginFor<T>,
            config_payload: BeaconConfigurationPayload<MultiSigner, BlockNumberFor<T>>,
            _signature: Option<MultiSignature>,
        ) -> DispatchResult {
            ensure_root(origin)?;
            BeaconConfig::<T>::put(config_payload.config);
            let now = frame_system::Pallet::<T>::block_number();
            NextUnsignedAt::<T>::put(sp_runtime::Saturating::saturating_add(now, 1u32.into()));
            Self::deposit_event(Event::BeaconConfigChanged);
            Ok(())
        }

        /// Says from which round on pulses are kept.
        #[pallet::call_index(2)]
        #[pallet::weight((Weight::from_parts(105_370_000, 0), DispatchClass::Operational))]
        pub fn set_oldest_stored_round(origin: OriginFor<T>, oldest_round: u64) -> DispatchResult {
            ensure_root(origin)?;
            OldestStoredRound::<T>::put(oldest_round);
            Self::deposit_event(Event::SetOldestStoredRound(oldest_round));
            Ok(())
        }
    }

    impl<T: Config> Pallet<T> {
        /// Stores those pulses that the beacon signed; others are passed over.
        fn store(pulses: Vec<Pulse>) -> DispatchResult {
            let key = BeaconConfig::<T>::get().public_key;
            let mut last = LastStoredRound::<T>::get();
            let is_first = last == 0 && OldestStoredRound::<T>::get() == 0;
            let mut rounds = Vec::new();
            for pulse in pulses {
                let round = pulse.round;
                let signed = subnetkit_timelock::verify(&key, round, &pulse.signature)
                    .map_err(|_| Error::<T>::PulseVerificationError)?;
                if !signed {
                    continue;
                }
                ensure!(round > last, Error::<T>::InvalidRoundNumber);
                Pulses::<T>::insert(round, pulse);
                last = round;
                rounds.push(round);
            }
            LastStoredRound::<T>::put(last);
            if is_first && let Some(first) = rounds.first() {
                OldestStoredRound::<T>::put(first);
            }
            Self::forget_old_pulses(last);
            NextUnsignedAt::<T>::put(frame_system::Pallet::<T>::block_number());
            if !rounds.is_empty() {
                Self::deposit_event(Event::NewPulse { rounds });
            }
            Ok(())
        }
    }
}

impl<T: Config> Pallet<T> {
    /// The signature of a round's pulse, once it is stored.
    pub fn signature_of(round: RoundNumber) -> Option<Vec<u8>> {
        Pulses::<T>::get(round).map(|pulse| pulse.signature.into_inner())
    }

    fn forget_old_pulses(last: RoundNumber) {
        let mut oldest = OldestStoredRound::<T>::get();
        if oldest == 0 {
            return;
        }
        let surplus = last.saturating_sub(oldest).saturating_add(1).saturating_sub(KEPT_PULSES);
        for _ in 0..surplus.min(REMOVED_AT_ONCE) {
            Pulses::<T>::remove(oldest);
            oldest = oldest.saturating_add(1);
        }
        OldestStoredRound::<T>::put(oldest);
    }
}
