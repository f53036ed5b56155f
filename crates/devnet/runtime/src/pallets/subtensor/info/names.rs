//! What subnets are called.

use super::{Config, NetUid, Pallet, SubnetIdentitiesV3};

/// Names of subnets that gave themselves none, by netuid.
///
/// The real chain's table goes on to 438; a development chain's subnets are not those, so the rest are "unknown".
const NAMES: [&str; 4] = ["root", "apex", "omron", "templar"];

impl<T: Config> Pallet<T> {
    /// The name a subnet gave itself, or the one it is known by.
    pub(super) fn subnet_name(netuid: NetUid) -> Vec<u8> {
        let given = SubnetIdentitiesV3::<T>::get(netuid).map(|identity| identity.subnet_name);
        given.filter(|name| !name.is_empty()).unwrap_or_else(|| {
            NAMES.get(usize::from(netuid)).copied().unwrap_or("unknown").as_bytes().to_vec()
        })
    }
}
