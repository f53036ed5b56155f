//! Fields that only later runtimes have.

use codec::{Decode, Encode, EncodeLike, Input, Output};
use scale_info::{Type, TypeInfo};

use super::running;

/// A field that is there from a spec version on: in older runtimes it has no bytes and is not in the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since<const SPEC_VERSION: u32, T>(Option<T>);

impl<const SPEC_VERSION: u32, T> Since<SPEC_VERSION, T> {
    /// The field with this value, or none if the runtime that runs is too old for it.
    pub fn new(value: impl FnOnce() -> T) -> Self {
        Self(Self::is_there().then(value))
    }

    fn is_there() -> bool {
        running().spec_version() >= SPEC_VERSION
    }
}

impl<const SPEC_VERSION: u32, T: Encode> Encode for Since<SPEC_VERSION, T> {
    fn size_hint(&self) -> usize {
        self.0.as_ref().map_or(0, Encode::size_hint)
    }

    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        if let Some(value) = &self.0 {
            value.encode_to(output);
        }
    }
}

impl<const SPEC_VERSION: u32, T: Encode> EncodeLike for Since<SPEC_VERSION, T> {}

impl<const SPEC_VERSION: u32, T: Decode> Decode for Since<SPEC_VERSION, T> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
        Self::is_there().then(|| T::decode(input)).transpose().map(Self)
    }
}

/// In the metadata it is the field itself, known by its name for a type, which [`of_name`] reads.
impl<const SPEC_VERSION: u32, T: TypeInfo + 'static> TypeInfo for Since<SPEC_VERSION, T> {
    type Identity = T::Identity;

    fn type_info() -> Type {
        T::type_info()
    }
}

/// The spec version in the name of the type, and the name of the type inside.
pub(super) fn of_name(name: &str) -> Option<(u32, &str)> {
    let (version, inner) = name.strip_prefix("Since<")?.strip_suffix('>')?.split_once(", ")?;
    Some((version.parse().ok()?, inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::{Variant, running_as};

    #[test]
    fn a_field_is_there_from_its_version_on() {
        let encode = || (1_u8, Since::<426, u16>::new(|| 2), 3_u8).encode();
        assert_eq!(encode(), [1, 3]);
        let encoded = running_as(Variant::Reordered, encode);
        assert_eq!(encoded, [1, 2, 0, 3]);
        let decode = || <(u8, Since<426, u16>, u8)>::decode(&mut &encoded[..]).unwrap();
        assert_eq!(running_as(Variant::Newtyped, decode), (1, Since(Some(2)), 3));
        assert_eq!(decode(), (1, Since(None), 2));
        assert_eq!(of_name("Since<426, Vec<Compact<u64>>>"), Some((426, "Vec<Compact<u64>>")));
        assert_eq!(of_name("Vec<u8>"), None);
    }
}
