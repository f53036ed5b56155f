//! The synapse classes that the recordings were made with.

use subnetkit_protocol::{
    Synapse,
    axon_v10::{Field, Kind, SynapseV10},
};

macro_rules! class {
    ($name:ident, [$($field:expr),*], [$($hashed:literal),*]) => {
        pub(crate) struct $name;

        impl Synapse for $name {
            const NAME: &'static str = stringify!($name);
            // The fields are judged one by one, not as a type.
            type Request = serde_json::Value;
            type Response = serde_json::Value;
        }

        impl SynapseV10 for $name {
            const CLASS: &'static str = stringify!($name);
            const FIELDS: &'static [Field] = &[$($field),*];
            const HASHED: &'static [&'static str] = &[$($hashed),*];
        }
    };
}

class!(
    Text,
    [
        Field::asked("text", Kind::Text),
        Field::asked("n", Kind::Int).or("3"),
        Field::answered("out", Kind::Optional(&Kind::Text))
    ],
    ["text", "n"]
);
class!(
    Numbers,
    [
        Field::asked("i", Kind::Int),
        Field::asked("f", Kind::Float),
        Field::asked("b", Kind::Bool),
        Field::answered("o", Kind::Optional(&Kind::Float))
    ],
    ["i", "f", "b", "o"]
);
class!(
    Lists,
    [
        Field::asked("ints", Kind::List(&Kind::Int)),
        Field::asked("floats", Kind::List(&Kind::Float)),
        Field::asked("texts", Kind::List(&Kind::Text))
    ],
    ["ints", "floats", "texts"]
);
class!(
    Nested,
    [
        Field::asked("data", Kind::Dict(&Kind::Any)),
        Field::asked("items", Kind::List(&Kind::Dict(&Kind::Any))).or("[]")
    ],
    ["data", "items"]
);
class!(Reordered, [Field::asked("a", Kind::Text), Field::asked("b", Kind::Text)], ["b", "a"]);
class!(NoHash, [Field::asked("text", Kind::Text).or("\"\"")], []);
class!(Bare, [Field::asked("x", Kind::Int).or("0")], []);
