//! The events of all pallets in one type, as FRAME's macro has it but for the numbers, which are those of the runtime
//! that runs.

use codec::DecodeWithMemTracking;
use scale_info::TypeInfo;

use crate::variant::{pallet_number, renumbered};
use crate::{Runtime, pallets};

macro_rules! runtime_event {
    ($($pallet:ident($event:ty) = $index:literal),+ $(,)?) => {
        /// An event of any pallet.
        #[derive(Clone, PartialEq, Eq, Debug, DecodeWithMemTracking, TypeInfo)]
        pub enum RuntimeEvent {
            $(#[codec(index = $index)] $pallet($event),)+
        }

        renumbered!(RuntimeEvent by pallet_number { $($pallet($event) = $index,)+ });

        $(
            impl From<$event> for RuntimeEvent {
                fn from(event: $event) -> Self {
                    Self::$pallet(event)
                }
            }
        )+
    };
}

runtime_event! {
    System(frame_system::Event<Runtime>) = 0,
    Balances(pallet_balances::Event<Runtime>) = 5,
    TransactionPayment(pallet_transaction_payment::Event<Runtime>) = 6,
    SubtensorModule(pallets::subtensor::Event<Runtime>) = 7,
    Utility(pallet_utility::Event) = 11,
    Sudo(pallet_sudo::Event<Runtime>) = 12,
    Commitments(pallets::commitments::Event<Runtime>) = 18,
    AdminUtils(pallets::admin::Event<Runtime>) = 19,
    Drand(pallets::drand::Event<Runtime>) = 26,
    Swap(pallets::swap::Event<Runtime>) = 28,
}
