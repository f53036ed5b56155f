//! A request of SDK 10 as an axon receives it. First line: the axon's address, the time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use subnetkit_fuzz::Message;
use subnetkit_protocol::{
    AccountId, Synapse,
    axon_v10::{self, Field, Kind, Model, SynapseV10, answer},
    btauth::{AuthErrorKind, Policy},
};

/// A field of every kind.
struct Everything;

#[derive(Clone, Serialize, Deserialize)]
struct Fields {
    flag: bool,
    count: Json,
    share: Json,
    text: String,
    any: Json,
    list: Vec<Json>,
    pair: (Json, String),
    map: Json,
    inner: Json,
    maybe: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Reply {
    out: Option<String>,
}

impl Synapse for Everything {
    const NAME: &'static str = "everything";
    type Request = Fields;
    type Response = Reply;
}

impl SynapseV10 for Everything {
    const CLASS: &'static str = "Everything";
    const FIELDS: &'static [Field] = &[
        Field::asked("flag", Kind::Bool).or("false"),
        Field::asked("count", Kind::Int).or("1"),
        Field::asked("share", Kind::Float).or("0.5"),
        Field::asked("text", Kind::Text),
        Field::asked("any", Kind::Any).or("null"),
        Field::asked("list", Kind::List(&Kind::Float)).or("[]"),
        Field::asked("pair", Kind::Tuple(&[Kind::Int, Kind::Text])).or("[0, \"\"]"),
        Field::asked("map", Kind::Dict(&Kind::Int)).or("{}"),
        Field::asked("inner", Kind::Model(&[Field::asked("x", Kind::Any).or("1")])).or("{\"x\": 1}"),
        Field::asked("maybe", Kind::Optional(&Kind::Text)).or("null"),
        Field::answered("out", Kind::Optional(&Kind::Text)),
    ];
    const HASHED: &'static [&'static str] =
        &["flag", "count", "share", "text", "any", "list", "pair", "map", "inner", "maybe"];
}

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let [own, now] = message.words[..] else { return };
    let (Ok(own), Ok(now)) = (own.parse::<AccountId>(), now.parse::<u128>()) else { return };
    let headers = || message.headers.iter().copied();
    let policy = Policy::new(own);
    if let Ok(claims) = axon_v10::parse(headers(), &policy, now) {
        let said = |name| message.header(name).map(|value| String::from_utf8(value.to_vec()).unwrap());
        assert_eq!(said(axon_v10::HOTKEY), Some(claims.sender.to_ss58()));
        assert_eq!(said(axon_v10::UUID).as_ref(), Some(&claims.uuid));
        assert_eq!(said(axon_v10::BODY_HASH), Some(claims.body_hash.to_string()));
        if claims.nonce < u128::MAX {
            assert_eq!(said(axon_v10::NONCE), Some(claims.nonce.to_string()));
        }
        // Five parts, whatever is in the one of free form.
        assert_eq!(claims.message(&own).split('.').count(), 5);
        for name in
            [axon_v10::HOTKEY, axon_v10::NONCE, axon_v10::UUID, axon_v10::SIGNATURE, axon_v10::BODY_HASH]
        {
            let error = axon_v10::parse(message.doubled(name), &policy, now).unwrap_err();
            assert_eq!(error.kind(), AuthErrorKind::MalformedAuth);
        }
        if claims.verify(&own).is_ok() {
            assert!(claims.verify(&claims.sender).is_err() || claims.sender == own);
        }
    }

    let Ok((model, envelope)) = Model::<Everything>::read(message.body) else { return };
    let (again, _) = Model::<Everything>::read(&model.body(&envelope)).expect("what is written is read");
    assert_eq!(again.hash(), model.hash(), "{model:?} and {again:?}");
    let _request = model.request();
    if let Ok(answered) = model.answering(&Reply { out: Some("done".to_owned()) }) {
        let response = answer(&answered, envelope, 0.25);
        let (read, _) = Model::<Everything>::read(&response.body).expect("an answer is read");
        assert_eq!(read.response().expect("it has the response").out.as_deref(), Some("done"));
    }
});
