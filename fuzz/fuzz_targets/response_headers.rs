//! A signed answer as a validator receives it. First line: who must have signed, who asked, the status, the scheme expected
//! of the signer (or `-`), the request's signature.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_fuzz::Message;
use subnetkit_protocol::{
    AccountId, Keypair, Scheme,
    btauth::{
        BodyDigest,
        response::{self, ResponseError, read_response, sign_response, verify_response},
    },
};

fuzz_target!(|data: &[u8]| {
    let Some(message) = Message::read(data) else { return };
    let [signer, caller, status, scheme, asked] = message.words[..] else { return };
    let (Ok(signer), Ok(caller)) = (signer.parse::<AccountId>(), caller.parse::<AccountId>()) else { return };
    let Ok(status) = status.parse::<u16>() else { return };
    let scheme = scheme.parse::<Scheme>().ok();
    // Any bytes do for the request's signature: it is not verified here.
    let mut request = [0; 64];
    for (byte, given) in request.iter_mut().zip(asked.bytes()) {
        *byte = given;
    }
    if let Some(digits) = asked.strip_prefix("0x").filter(|digits| digits.len() == 128 && digits.is_ascii()) {
        for (byte, digits) in request.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        }
    }
    let headers = || message.headers.iter().copied();
    let body = BodyDigest::of(message.body);
    let verdict = verify_response(headers(), &signer, &caller, status, body, &request, scheme);
    match read_response(headers(), &signer, &caller, status, body, &request, None) {
        Err(error) => assert_eq!(verdict, Err(error)),
        Ok(unproven) => {
            assert_eq!(
                scheme.is_some_and(|scheme| scheme != unproven.scheme),
                matches!(verdict, Err(ResponseError::UnexpectedScheme { .. }))
            );
            let digits: String = unproven.signature.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(message.header(response::SIGNATURE), Some(format!("0x{digits}").as_bytes()));
            for name in [response::VERSION, response::SIGNATURE] {
                let doubled = message.doubled(name);
                let read = read_response(doubled, &signer, &caller, status, body, &request, None);
                assert!(matches!(read, Err(ResponseError::Malformed(_))));
            }
        }
    }
    if verdict.is_ok() {
        let other = BodyDigest::of(&[message.body, b"\0"].concat());
        let refused = |verdict| assert_eq!(verdict, Err(ResponseError::BadSignature));
        refused(verify_response(headers(), &signer, &caller, status ^ 1, body, &request, scheme));
        refused(verify_response(headers(), &signer, &caller, status, other, &request, scheme));
        let mut another = request;
        another[0] ^= 1;
        refused(verify_response(headers(), &signer, &caller, status, body, &another, scheme));
    }

    // What this side signs for such an answer, the other side accepts.
    let key = Keypair::from_mini_secret(*signer.as_bytes(), scheme.unwrap_or_default());
    let signed = sign_response(&key, status, body, &request, &caller);
    let signed = signed.iter().map(|(name, value)| (*name, value.as_bytes()));
    verify_response(signed, &key.account(), &caller, status, body, &request, Some(key.scheme())).unwrap();
});
