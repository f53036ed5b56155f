//! Numbers that are others in some variants, and the codec of enums that have such.

use super::Variant;

/// Every pallet's number at spec version 425, in order.
const PALLETS: [u8; 13] = [0, 2, 3, 5, 6, 7, 11, 12, 18, 19, 26, 28, 30];

/// The number of the pallet that has the number `first` at spec version 425: in a reordered runtime each has that of the
/// next, so that what was encoded for another version means something else there.
pub(crate) fn pallet_number(variant: Variant, first: u8) -> u8 {
    if variant != Variant::Reordered {
        return first;
    }
    let Some(position) = PALLETS.iter().position(|number| *number == first) else { return first };
    PALLETS.iter().cycle().nth(position.saturating_add(1)).copied().unwrap_or(first)
}

/// The number of one of `count` kinds that are numbered from 0: in a reordered runtime the last comes first.
pub(crate) fn reversed<const COUNT: u8>(variant: Variant, first: u8) -> u8 {
    if variant == Variant::Reordered { COUNT.saturating_sub(first).saturating_sub(1) } else { first }
}

/// Writes the codec of an enum whose variants have one field each, and numbers by the runtime that runs: `$number` gives
/// them from those at spec version 425.
macro_rules! renumbered {
    ($name:ident by $number:path { $($variant:ident($field:ty) = $first:literal,)+ }) => {
        impl codec::Encode for $name {
            fn size_hint(&self) -> usize {
                let field = match self {
                    $(Self::$variant(field) => codec::Encode::size_hint(field),)+
                };
                field.saturating_add(1)
            }

            fn encode_to<O: codec::Output + ?Sized>(&self, output: &mut O) {
                match self {
                    $(Self::$variant(field) => {
                        output.push_byte($number($crate::variant::running(), $first));
                        codec::Encode::encode_to(field, output);
                    })+
                }
            }
        }

        impl codec::EncodeLike for $name {}

        impl codec::Decode for $name {
            fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
                let (number, running) = (input.read_byte()?, $crate::variant::running());
                $(if $number(running, $first) == number {
                    return <$field as codec::Decode>::decode(input).map(Self::$variant);
                })+
                Err(concat!("no variant of ", stringify!($name), " has this number").into())
            }
        }
    };
}
pub(crate) use renumbered;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_another_one_in_a_reordered_runtime_and_still_only_one_pallets() {
        let mut numbers: Vec<u8> =
            PALLETS.iter().map(|first| pallet_number(Variant::Reordered, *first)).collect();
        assert!(PALLETS.iter().zip(&numbers).all(|(first, number)| first != number));
        assert_eq!((numbers[0], numbers[12]), (2, 0));
        numbers.sort_unstable();
        assert_eq!(numbers, PALLETS);
        assert!(PALLETS.iter().all(|first| pallet_number(Variant::Newtyped, *first) == *first));
        assert_eq!([0, 1, 2].map(|first| reversed::<3>(Variant::Reordered, first)), [2, 1, 0]);
    }
}
