//! Changes of state that no transaction makes. Each is a block of its own, so that history, roots and subscriptions stay true.

use codec::{Decode, Encode};
use serde_json::Value;

use super::{Control, ControlError, Head};
use crate::{
    author::{AuthorError, Site},
    encoding::account,
    interface::{Interface, NameError},
    node::{MAX_IMPERSONATED, Node, decode},
};

impl Control {
    /// Writes a storage item by the names and types of the runtime's metadata; a null value removes it. Accounts are ss58
    /// addresses, bytes are hex or text, enums their variants' names.
    ///
    /// # Errors
    /// If there is no such item or a key or the value does not fit, or no block can be made.
    pub async fn set_storage(
        &self,
        pallet: &str,
        item: &str,
        keys: &[Value],
        value: &Value,
    ) -> Result<Head, ControlError> {
        let entry = self.interface()?.storage(pallet, item, keys, value)?;
        self.set_storage_raw(vec![entry]).await
    }

    /// Writes entries by their storage keys; `None` removes one.
    ///
    /// # Errors
    /// If no block can be made on the changed state.
    pub async fn set_storage_raw(
        &self,
        entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<Head, ControlError> {
        let edit = move |site: &mut Site<'_, '_>| {
            site.write(entries);
            Ok(())
        };
        self.edit(edit).await.map(|(head, ())| head)
    }

    /// Makes a call in the name of an account, or of root without one, paying no fee and passing no pool. Arguments are an
    /// array in order or an object by name.
    ///
    /// # Errors
    /// If there is no such call, an argument does not fit, or the call fails; nothing has changed then.
    pub async fn dispatch(
        &self,
        origin: Option<&str>,
        pallet: &str,
        call: &str,
        args: &Value,
    ) -> Result<Head, ControlError> {
        let origin = origin.map(parse_account).transpose()?;
        let call = self.interface()?.call(pallet, call, args)?;
        let input = [origin.encode(), call].concat();
        let edit = move |site: &mut Site<'_, '_>| {
            const METHOD: &str = "Dev_dispatch";
            let output = site.call(METHOD, &input)?;
            answer::<()>(METHOD, &output)
        };
        self.edit(edit).await.map(|(head, ())| head)
    }

    /// Accepts extrinsics of an account with any signature from now on; everything else of them is checked as usual.
    ///
    /// # Errors
    /// If that is no ss58 address and not 32 bytes in hex, or too many accounts are impersonated already.
    pub fn impersonate(&self, who: &str) -> Result<(), ControlError> {
        if self.node().impersonate(parse_account(who)?) {
            return Ok(());
        }
        Err(ControlError::TooManyImpersonated(MAX_IMPERSONATED))
    }

    /// Wants true signatures of an account again.
    ///
    /// # Errors
    /// If that is no ss58 address and not 32 bytes in hex.
    pub fn stop_impersonating(&self, who: &str) -> Result<(), ControlError> {
        self.node().stop_impersonating(&parse_account(who)?);
        Ok(())
    }

    /// Calls a development method of the runtime that changes the state.
    pub(crate) async fn call_editing(
        &self,
        name: &str,
        params: &Value,
    ) -> Result<(Head, Value), ControlError> {
        let input = (name, params.to_string()).encode();
        self.edit(move |site| read_answer(&site.call("Dev_call", &input)?)).await
    }

    async fn edit<T: Send + 'static>(
        &self,
        edit: impl FnOnce(&mut Site<'_, '_>) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<(Head, T), ControlError> {
        self.run(move |author, _| {
            let (made, edited) = author.make_block_with(edit)?;
            Ok(((&*made.block).into(), edited))
        })
        .await
    }

    fn interface(&self) -> Result<Interface, ControlError> {
        let metadata: Vec<u8> =
            self.node().query(None, "Metadata_metadata", &[]).map_err(AuthorError::from)?;
        Ok(Interface::read(&metadata)?)
    }
}

fn parse_account(text: &str) -> Result<[u8; 32], ControlError> {
    account(text).ok_or_else(|| ControlError::NoAccount(text.to_owned()))
}

/// What a development method gave, or why it refused.
fn answer<T: Decode>(method: &'static str, output: &[u8]) -> Result<T, ControlError> {
    decode::<Result<T, String>>(method, output).map_err(AuthorError::from)?.map_err(ControlError::Refused)
}

/// Asks a development method of the runtime that only reads.
pub(crate) fn read_dev(node: &Node, name: &str, params: &Value) -> Result<Value, ControlError> {
    let input = (name, params.to_string()).encode();
    read_answer(&node.call(None, "Dev_call", &input).map_err(AuthorError::from)?)
}

fn read_answer(output: &[u8]) -> Result<Value, ControlError> {
    let text: String = answer("Dev_call", output)?;
    serde_json::from_str(&text).map_err(|error| {
        NameError::Metadata(format!("a development method answered with no JSON: {error}")).into()
    })
}
