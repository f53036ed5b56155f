//! A local Bittensor chain that starts in a blink.
//!
//! This crate is the **host**: state with history, block production, transaction pool and JSON-RPC. The rules of the chain are a
//! [`Runtime`] behind a byte-level boundary; the default one, with Bittensor's pallets, is `subnetkit-runtime`.
//!
//! It is *not* a node: no network, no peers, no consensus, no disk but for dumps. A block is final as soon as it is made, and the
//! host knows nothing of subnets, accounts or pallets beyond the generic Substrate formats.
//!
//! Start reading at [`Devnet::spawn`]; then `author.rs`, which makes a block, `history.rs`, which keeps it, and `rpc.rs`. What
//! can be done to a running chain are the methods of [`Control`], on the handle and as `dev_*` over JSON-RPC.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use subnetkit_devnet::{BlockProduction, Config, Devnet, SubnetPlan};
//!
//! let config = Config { block_production: BlockProduction::OnDemand, ..Config::default() };
//! let devnet = Devnet::spawn(config).await?;
//! let head = devnet.mine(3).await?;
//! assert_eq!(head.number, 3);
//!
//! // A subnet with staked validators, two epochs on, and back to where it all began.
//! let before = devnet.snapshot().await?;
//! let subnet = devnet.create_subnet(&SubnetPlan { validators: 2, miners: 5, ..SubnetPlan::default() }).await?;
//! devnet.advance_epochs(subnet.netuid, 2).await?;
//! assert_eq!(devnet.revert(before).await?, head);
//! # Ok(())
//! # }
//! ```

mod author;
mod beacon;
mod bittensor;
mod clock;
mod config;
mod control;
mod devnet;
mod encoding;
mod faults;
mod genesis;
mod header;
mod history;
mod interface;
mod native;
mod node;
mod pool;
mod production;
mod rpc;
pub mod runtime;
mod snapshots;
mod state;
mod state_file;
mod trie;
mod validity;

pub use bittensor::{Member, NewSubnet, SubnetPlan};
pub use config::{BlockProduction, Config, Identity, PoolLimits, RpcLimits};
pub use control::{Control, ControlError, Head};
pub use devnet::{Devnet, SpawnError};
pub use encoding::EncodeError;
pub use faults::Answers;
pub use genesis::{FundedAccount, Genesis};
pub use interface::NameError;
pub use native::{NativeRuntime, NoSuchVariant, Variant};
pub use runtime::Runtime;
pub use state_file::StateFileError;
