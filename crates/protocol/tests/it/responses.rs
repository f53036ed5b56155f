//! Signed responses, against their recorded cases.

use serde::Deserialize;
use subnetkit_protocol::{
    AccountId, Keypair, Scheme,
    btauth::{
        BodyDigest, BodyHasher,
        response::{self, ResponseError, ResponsePayload, sign_response, verify_response},
    },
};

#[derive(Deserialize)]
struct File {
    valid: Vec<Case>,
    invalid: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    signing: Signing,
    response: Response,
    verify: Verify,
    expect: Expect,
}

#[derive(Deserialize)]
struct Signing {
    payload: String,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    body_hex: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Verify {
    expected_signer_ss58: AccountId,
    caller_ss58: AccountId,
    request_signature: String,
    expected_scheme: Option<Scheme>,
}

#[derive(Deserialize)]
struct Expect {
    ok: bool,
    error: Option<String>,
}

fn file() -> File {
    serde_json::from_slice(&crate::vectors("btauth_response_v1.json")).unwrap()
}

impl Case {
    fn body(&self) -> BodyDigest {
        BodyDigest::of(&hex::decode(&self.response.body_hex).unwrap())
    }

    fn request_signature(&self) -> [u8; 64] {
        let digits = self.verify.request_signature.strip_prefix("0x").unwrap();
        hex::decode(digits).unwrap().try_into().unwrap()
    }

    fn judge(&self) -> Result<(), ResponseError> {
        let headers = self.response.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        verify_response(
            headers,
            &self.verify.expected_signer_ss58,
            &self.verify.caller_ss58,
            self.response.status,
            self.body(),
            &self.request_signature(),
            self.verify.expected_scheme,
        )
    }
}

fn pair(name: &str, scheme: Scheme) -> Keypair {
    Keypair::from_uri(name, scheme).unwrap()
}

#[test]
fn every_recorded_response_is_judged_as_recorded() {
    let file = file();
    assert_eq!((file.valid.len(), file.invalid.len()), (9, 27));
    for case in file.valid.iter().chain(&file.invalid) {
        let got = case.judge();
        assert_eq!(got.is_ok(), case.expect.ok, "{}: {got:?}", case.id);
        let kind = got.as_ref().err().map(ResponseError::as_str);
        assert_eq!(kind, case.expect.error.as_deref(), "{}", case.id);
    }
}

#[test]
fn a_recorded_payload_is_the_one_we_sign() {
    for case in file().valid {
        let scheme =
            if case.signing.payload.contains("\ned25519\n") { Scheme::Ed25519 } else { Scheme::Sr25519 };
        let payload = ResponsePayload {
            scheme,
            status: case.response.status,
            body: case.body(),
            request_signature: case.request_signature(),
            signer: case.verify.expected_signer_ss58,
            caller: case.verify.caller_ss58,
        };
        assert_eq!(String::from_utf8(payload.to_bytes()).unwrap(), case.signing.payload, "{}", case.id);
    }
}

#[test]
fn the_known_answer_is_reproduced_byte_for_byte() {
    let file = file();
    let known = file.valid.iter().find(|case| case.id == "v01").unwrap();
    let miner = pair("//Bob", Scheme::Ed25519);
    let headers = sign_response(
        &miner,
        known.response.status,
        known.body(),
        &known.request_signature(),
        &pair("//Alice", Scheme::Ed25519).account(),
    );
    let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(headers, known.response.headers);
    assert_eq!(headers[2], (response::CRYPTO.to_owned(), "ed25519".to_owned()));
}

#[test]
fn a_signer_without_a_secret_signs_for_nobody() {
    // The all-zero account: anybody can make a signature that plain schnorrkel takes.
    let nobody = AccountId::from_bytes([0; 32]);
    let forged = format!("0x{}80", "00".repeat(63));
    let headers = [(response::VERSION, &b"1"[..]), (response::SIGNATURE, forged.as_bytes())];
    let error =
        verify_response(headers, &nobody, &nobody, 200, BodyDigest::of(b""), &[0; 64], None).unwrap_err();
    assert_eq!(error, ResponseError::BadSignature);
}

#[test]
fn a_body_hashed_in_pieces_has_the_digest_of_the_whole() {
    let mut hasher = BodyHasher::new();
    assert_eq!(hasher.clone().finish(), BodyDigest::of(b""));
    for piece in [&b"hel"[..], b"", b"lo"] {
        hasher.update(piece);
    }
    assert_eq!(hasher.finish(), BodyDigest::of(b"hello"));
}
