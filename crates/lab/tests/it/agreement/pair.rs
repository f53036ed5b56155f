//! The same subnet twice: on the development chain, and in the laboratory. What is done to one is done to the other, in the
//! same block.

use std::time::Duration;

use serde_json::{Value, json};
use subnetkit_chain::{Chain, Metagraph};
use subnetkit_devnet::{BlockProduction, Config, Devnet, SubnetPlan};
use subnetkit_lab::chain::{Founding, Registered, Rules, Subnet};
use subnetkit_protocol::{AccountId, Keypair, Scheme};
use subnetkit_validator::{Moment, seal};

const PALLET: &str = "SubtensorModule";
const RICH: u64 = 1_000_000_000_000_000;

/// The rules that the pair begins with: the chain's own for a new subnet, less what one subnet alone cannot show.
pub(crate) fn rules() -> Rules {
    Rules {
        tempo: 24,
        weights_rate_limit: 5,
        alpha_price: 1.0,
        tao_emission: 0,
        root_dividends: false,
        market_volatility: 0.0,
        ..Rules::default()
    }
}

/// A coldkey with a hotkey.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) hotkey: AccountId,
    pub(crate) coldkey: AccountId,
}

pub(crate) fn member(name: &str) -> Member {
    let account = |uri: &str| Keypair::from_uri(uri, Scheme::Sr25519).unwrap().account();
    Member { hotkey: account(&format!("//{name}//hot")), coldkey: account(&format!("//{name}")) }
}

pub(crate) struct Pair {
    devnet: Devnet,
    chain: Chain,
    pub(crate) lab: Subnet,
    rules: Rules,
    netuid: u16,
}

impl Pair {
    /// Founds the subnet on the chain by `rules`, as far as they differ from what it is founded with, and in the laboratory.
    pub(crate) async fn found(rules: Rules, differing: &[(&str, Value)]) -> Self {
        let config = Config { block_production: BlockProduction::OnDemand, ..Config::default() };
        let devnet = Devnet::spawn(config).await.unwrap();
        let plan = SubnetPlan {
            validators: 0,
            miners: 0,
            tempo: Some(rules.tempo),
            commit_reveal: rules.commit_reveal_weights_enabled,
            weights_rate_limit: rules.weights_rate_limit,
            ..SubnetPlan::default()
        };
        let subnet = devnet.create_subnet(&plan).await.unwrap();
        let netuid = subnet.netuid;
        let owner = (subnet.owner.hotkey.parse().unwrap(), subnet.owner.coldkey.parse().unwrap());
        let founding =
            Founding { netuid, block: u64::from(devnet.head().number), ..Founding::new(owner.0, owner.1) };
        let lab = Subnet::new(rules.clone(), founding).unwrap();
        let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
        let mut pair = Self { devnet, chain, lab, rules, netuid };
        // The chain's TAO comes from a price that takes many blocks to become known; without it, both pools stand still.
        pair.set("subnet_emission_enabled", &json!(false)).await;
        for (name, value) in differing {
            pair.set(name, value).await;
        }
        pair
    }

    pub(crate) async fn set(&mut self, name: &str, value: &Value) {
        self.devnet.set_hyperparameter(Some(self.netuid), name, value).await.unwrap();
        self.follow();
    }

    /// Lets the chain's own TAO into the pool from the next block on: all of a block's, as it is the only subnet.
    pub(crate) async fn let_tao_in(&mut self) {
        self.set("subnet_emission_enabled", &json!(true)).await;
        self.rules.tao_emission = 1_000_000_000;
        self.lab.change_rules(self.rules.clone()).unwrap();
    }

    /// The subnet on the chain and in the laboratory.
    pub(crate) async fn both(&self) -> (Metagraph, Metagraph) {
        let at = self.chain.at_block(self.devnet.head().hash).await.unwrap();
        (at.metagraph(self.netuid).await.unwrap(), (*self.lab.metagraph()).clone())
    }

    pub(crate) async fn set_stake(&mut self, of: Member, alpha: u64, root: u64) {
        self.devnet.set_stake(self.netuid, &of.hotkey.to_ss58(), None, alpha).await.unwrap();
        self.follow();
        self.lab.set_stake(&of.hotkey, alpha);
        if root > 0 {
            self.devnet.set_stake(0, &of.hotkey.to_ss58(), None, root).await.unwrap();
            self.follow();
            self.lab.set_root_stake(&of.hotkey, root);
        }
    }

    pub(crate) async fn permit(&mut self, of: Member) {
        self.devnet.set_permit(self.netuid, &of.hotkey.to_ss58(), true).await.unwrap();
        self.follow();
        self.lab.set_permit(&of.hotkey, true);
    }

    /// Registers somebody with both; whether both refuse, or both let them in, is compared.
    pub(crate) async fn register(&mut self, who: Member) -> Option<Registered> {
        self.devnet.set_balance(&who.coldkey.to_ss58(), RICH).await.unwrap();
        self.follow();
        let args = json!({ "netuid": self.netuid, "hotkey": who.hotkey.to_ss58() });
        let taken = self.call(who.coldkey, "burned_register", &args).await;
        let mine = self.on_the_chains_side(taken, |lab| lab.register(who.hotkey, who.coldkey));
        assert_eq!(mine.is_ok(), taken, "registration at block {}: {mine:?}", self.lab.block());
        mine.ok()
    }

    /// Sets weights with both, through a sealed commit where the rules ask for one; whether both refuse is compared.
    pub(crate) async fn set_weights(&mut self, who: Member, row: &[(u16, u16)]) -> bool {
        let mut row = row.to_vec();
        let row = &mut row[..];
        let taken = if self.rules.commit_reveal_weights_enabled {
            // Clients seal weights in the order of uids, and the order is part of the result.
            row.sort_unstable();
            let args = self.sealed(who, row).await;
            self.call(who.hotkey, "commit_timelocked_weights", &args).await
        } else {
            let (uids, values): (Vec<u16>, Vec<u16>) = row.iter().copied().unzip();
            let args = json!({ "netuid": self.netuid, "dests": uids, "weights": values, "version_key": 0 });
            self.call(who.hotkey, "set_weights", &args).await
        };
        let mine = self.on_the_chains_side(taken, |lab| lab.set_weights(&who.hotkey, row));
        assert_eq!(mine.is_ok(), taken, "weights at block {}: {mine:?}", self.lab.block());
        taken
    }

    async fn sealed(&self, who: Member, row: &[(u16, u16)]) -> Value {
        let at = self.chain.at_block(self.devnet.head().hash).await.unwrap();
        let moment = Moment {
            clock: at.epoch_clock(self.netuid).await.unwrap(),
            reveal_period: self.rules.commit_reveal_period,
            time_ms: at.timestamp_ms().await.unwrap(),
            block_time: self.chain.block_time().await.unwrap_or(Duration::ZERO),
        };
        let sealed = seal(&at, &moment, self.netuid, &who.hotkey, row, 0).await.unwrap();
        let digits: String = sealed.ciphertext.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "netuid": self.netuid,
            "commit": format!("0x{digits}"),
            "reveal_round": sealed.round,
            "commit_reveal_version": 4,
        })
    }

    /// One block on the chain with one call; none if the call is refused.
    async fn call(&self, who: AccountId, call: &str, args: &Value) -> bool {
        self.devnet.dispatch(Some(&who.to_ss58()), PALLET, call, args).await.is_ok()
    }

    /// Does in the laboratory what the chain did in its newest block, or, if it refused to, would have had to refuse in its next.
    fn on_the_chains_side<T>(&mut self, taken: bool, act: impl FnOnce(&mut Subnet) -> T) -> T {
        if taken {
            self.follow();
            return act(&mut self.lab);
        }
        let mut next = self.lab.clone();
        next.advance_blocks(1);
        act(&mut next)
    }

    /// Lets the laboratory's blocks pass that the chain has had.
    fn follow(&mut self) {
        self.lab.advance_blocks(u64::from(self.devnet.head().number) - self.lab.block());
    }

    pub(crate) async fn mine(&mut self, blocks: u64) {
        self.devnet.mine(u32::try_from(blocks).unwrap()).await.unwrap();
        self.follow();
    }

    /// Lets blocks pass up to the next epoch, and compares everything that there is to read of the subnet.
    pub(crate) async fn advance_to_epoch(&mut self) -> Metagraph {
        self.mine(self.lab.next_epoch_block() - self.lab.block()).await;
        self.compare().await
    }

    /// Compares all of the metagraph: stakes and emission to the rao, shares to the last of 65535, the pool, the price.
    pub(crate) async fn compare(&self) -> Metagraph {
        let (theirs, mut mine) = self.both().await;
        mine.name.clone_from(&theirs.name);
        mine.block_hash = theirs.block_hash;
        for (mine, theirs) in mine.neurons.iter().zip(&theirs.neurons) {
            assert_eq!(mine, theirs, "in block {}", self.lab.block());
        }
        assert_eq!(mine, theirs);
        theirs
    }
}
