//! Parameters, by the owner of a subnet or by the sudo account of a development chain.

use crate::{Call, Chain, CodecError, Included, Runtime, SubmitError, Value, surface::ADMIN};
use subnetkit_protocol::Keypair;

impl Runtime {
    /// The call that sets a parameter: `tempo` is `AdminUtils.sudo_set_tempo`, and so on; a name that starts with
    /// `sudo_` is taken as it is. `values` are the arguments after the netuid (or all, for a parameter of the whole
    /// chain), in the runtime's order.
    ///
    /// # Errors
    /// [`CodecError::Missing`] if there is no such parameter, [`CodecError::Encode`] if it takes other arguments.
    pub fn parameter_call(
        &self,
        name: &str,
        netuid: Option<u16>,
        values: Vec<Value>,
    ) -> Result<Call, CodecError> {
        let name = if name.starts_with("sudo_") { name.to_owned() } else { format!("sudo_set_{name}") };
        let pallet = self.metadata().pallet_by_name(ADMIN);
        let Some(known) = pallet.and_then(|pallet| pallet.call_variant_by_name(&name)) else {
            return Err(CodecError::Missing {
                item: format!("call {ADMIN}.{name}"),
                spec_version: self.spec_version(),
            });
        };
        let names: Vec<&str> = known.fields.iter().filter_map(|field| field.name.as_deref()).collect();
        let values: Vec<Value> = netuid.map(Value::from).into_iter().chain(values).collect();
        if names.len() != values.len() || (names.first() == Some(&"netuid")) != netuid.is_some() {
            return Err(CodecError::Encode {
                item: format!("{ADMIN}.{name}"),
                reason: format!("it takes the arguments {}", names.join(", ")),
            });
        }
        Ok(Call::new(ADMIN, &name, names.into_iter().zip(values)))
    }
}

impl Chain {
    /// Sends a call with the root origin. Development chains only: public chains have no such key to give away.
    ///
    /// # Errors
    /// See [`SubmitError`]; a failure of the inner call is a failure.
    pub async fn sudo(&self, sudo: &Keypair, call: Call) -> Result<Included, SubmitError> {
        self.submit(sudo, call.sudo()).await
    }

    /// Sends several calls with the root origin: all of them, or none.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn sudo_batch(
        &self,
        sudo: &Keypair,
        calls: impl IntoIterator<Item = Call>,
    ) -> Result<Included, SubmitError> {
        let batch = Call::batch_all(calls);
        self.submit(sudo, batch.sudo()).await
    }

    /// Sets a parameter of a subnet as its owner, by the chain's name for it (`immunity_period`, `min_burn`, ...).
    ///
    /// # Errors
    /// See [`SubmitError`]; `AdminActionProhibitedDuringWeightsWindow` in the last blocks before an epoch,
    /// `TxRateLimitExceeded` if it was changed lately.
    pub async fn set_parameter(
        &self,
        owner: &Keypair,
        netuid: u16,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<Included, SubmitError> {
        let runtime = self.runtime().await?;
        let call = runtime.parameter_call(name, Some(netuid), vec![value.into()])?;
        self.submit(owner, call).await
    }
}
