//! Synapses: the request and response types a subnet's miners and validators share.

use serde::{Serialize, de::DeserializeOwned};

use crate::Encoding;

/// Request header: how many milliseconds the caller waits for the answer, in decimal digits. It is not signed, for all
/// it can do is to shorten the time the miner spends.
pub const TIMEOUT_MS: &str = "x-subnetkit-timeout-ms";

/// One kind of work a miner does for a validator. Requests travel as `POST /{NAME}`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use subnetkit_protocol::Synapse;
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Problem { factors: Vec<u32> }
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Solution { product: u64 }
///
/// struct Product;
/// impl Synapse for Product {
///     const NAME: &'static str = "product";
///     type Request = Problem;
///     type Response = Solution;
/// }
///
/// assert_eq!(Product::path(), "/product");
/// ```
pub trait Synapse: Send + Sync + 'static {
    /// The name in the request path. Use lower-case letters, digits, `-` and `_`.
    const NAME: &'static str;
    /// What the validator sends.
    type Request: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// What the miner answers.
    type Response: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// How validators send the request. Miners take every [`Encoding`] by its content type, so this can change while both
    /// versions are about.
    const ENCODING: Encoding = Encoding::Json;
    /// How validators want the answer, by the request's `accept` header. Say it where one of the two is nothing but bytes
    /// and the other is more, such as a text to draw and its picture.
    const RESPONSE_ENCODING: Encoding = Self::ENCODING;

    /// The request target: a slash and the name.
    #[must_use]
    fn path() -> String {
        format!("/{}", Self::NAME)
    }
}
