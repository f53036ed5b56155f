//! The symbols of subnet tokens.

use super::pallet::*;
use super::types::NetUid;

/// Root's symbol, then the Greek small letters.
const SYMBOLS: &str = "Ταβγδεζηθικλμνξοπρστυφχψωאבגדהוזחטיכלמנסעפצקרשת";

/// Whether a symbol is in the table.
pub(super) fn is_known(symbol: &[u8]) -> bool {
    SYMBOLS.chars().any(|known| known.to_string().as_bytes() == symbol)
}

/// The symbol at the subnet's place in the table, or the next one that no subnet has.
pub(super) fn next_free<T: Config>(netuid: NetUid) -> Vec<u8> {
    let taken: Vec<_> = TokenSymbol::<T>::iter_values().collect();
    let count = SYMBOLS.chars().count();
    SYMBOLS
        .chars()
        .cycle()
        .skip(usize::from(netuid) % count)
        .take(count)
        .map(|symbol| symbol.to_string().into_bytes())
        .find(|symbol| !taken.contains(symbol))
        .unwrap_or_else(|| TokenSymbol::<T>::get(super::types::ROOT))
}
