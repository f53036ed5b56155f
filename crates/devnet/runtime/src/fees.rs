//! What a transaction costs, and who gets it.

use frame_support::traits::tokens::imbalance::OnUnbalanced;
use frame_support::traits::{FindAuthor, Get, fungible::Balanced};
use frame_support::weights::{WeightToFeeCoefficient, WeightToFeeCoefficients, WeightToFeePolynomial};
use sp_runtime::Perbill;

use crate::{AccountId, Aura, Balance, Balances, Runtime};

/// 0.0005 rao per unit of `ref_time`.
#[derive(Debug)]
pub struct LinearWeightToFee;

impl WeightToFeePolynomial for LinearWeightToFee {
    type Balance = Balance;

    fn polynomial() -> WeightToFeeCoefficients<Balance> {
        [WeightToFeeCoefficient {
            coeff_integer: 0,
            coeff_frac: Perbill::from_parts(500_000),
            negative: false,
            degree: 1,
        }]
        .into_iter()
        .collect()
    }
}

/// The account of the Aura authority that made the current block.
#[derive(Debug)]
pub struct BlockAuthor;

impl Get<Option<AccountId>> for BlockAuthor {
    fn get() -> Option<AccountId> {
        block_author()
    }
}

fn block_author() -> Option<AccountId> {
    let digest = frame_system::Pallet::<Runtime>::digest();
    let slot_owner = Aura::find_author(digest.logs().iter().filter_map(|log| log.as_pre_runtime()))?;
    let authority = pallet_aura::Authorities::<Runtime>::get().get(slot_owner as usize)?.clone();
    Some(AccountId::new(sp_core::sr25519::Public::from(authority).0))
}

/// Pays fees to the block's author.
#[derive(Debug)]
pub struct ToBlockAuthor;

type Credit = frame_support::traits::fungible::Credit<AccountId, Balances>;

impl OnUnbalanced<Credit> for ToBlockAuthor {
    fn on_nonzero_unbalanced(fee: Credit) {
        if let Some(author) = block_author() {
            // An author below the existential deposit cannot be paid: the fee is then burned with the credit.
            drop(<Balances as Balanced<AccountId>>::resolve(&author, fee));
        }
    }
}
