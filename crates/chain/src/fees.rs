//! What sending a transaction costs.

use crate::{Call, Mechanism, Rao, ReadError, Signing, Value, pinned::Pinned, surface::QUERY_INFO};
use codec::Encode;
use subnetkit_protocol::{Keypair, Scheme};

/// Who signs what is priced; a price depends on the call and the length of what is around it.
const ANYBODY: &str = "//Alice";

/// An era and a nonce of usual length, since each byte is paid for.
const SIGNING: Signing = Signing { nonce: 1, tip: 0, era: Some((64, 100, [1; 32])) };

impl Pinned {
    /// The fee of a call, as this block's runtime counts it: what its sender pays beside what the call itself takes; a few
    /// rao more from an account that has sent many. 0 where the chain takes the call for nothing.
    ///
    /// # Errors
    /// See [`ReadError`]; a call that does not fit the runtime among them.
    pub async fn fee(&self, call: &Call) -> Result<Rao, ReadError> {
        let unusable = |field: &str| QUERY_INFO.unusable(field);
        let signer = Keypair::from_uri(ANYBODY, Scheme::Sr25519).map_err(|_| unusable("signer"))?;
        let mut input = self.runtime.sign(call, &signer, SIGNING)?;
        let length = u32::try_from(input.len()).map_err(|_| unusable("len"))?;
        input.extend(length.encode());
        let info = self.ask_encoded(&QUERY_INFO, input).await?;
        let fee = info.field("partial_fee").and_then(Value::number_as);
        Ok(Rao(fee.ok_or_else(|| unusable("partial_fee"))?))
    }

    /// The fee of setting a row of weights: 0 where the chain takes them for nothing, as runtimes up to 425 do. Newer ones
    /// take it from the coldkey that owns the hotkey (chain-client.md section 3).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn weights_fee(&self, of: Mechanism, weights: &[(u16, u16)]) -> Result<Rao, ReadError> {
        self.fee(&Call::set_weights(&self.runtime, of, weights, 0)).await
    }
}
