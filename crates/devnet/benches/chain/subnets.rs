//! Epochs of subnets on which every validator has weighed every neuron.

use std::time::Instant;

use serde_json::json;
use subnetkit_chain::{Chain, Network};
use subnetkit_devnet::{Devnet, SubnetPlan};

use crate::{Done, Size, report, spawn, tell};

const TEMPO: u16 = 20;
const EPOCHS: usize = 15;

/// Blocks with an epoch, and those without, one by one.
pub(crate) async fn epochs(size: Size, liquid_alpha: bool) -> Done {
    let devnet = spawn().await?;
    let netuid = weighed(&devnet, size, TEMPO).await?;
    if liquid_alpha {
        devnet.set_hyperparameter(Some(netuid), "liquid_alpha_enabled", &json!(true)).await?;
    }
    let chain = Chain::connect(&Network::Url(devnet.ws_url())).await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut seen = chain.epoch_clock(netuid).await?.epoch_index;
    while with.len() < EPOCHS {
        let start = Instant::now();
        devnet.mine(1).await?;
        let elapsed = start.elapsed();
        let index = chain.epoch_clock(netuid).await?.epoch_index;
        if index == seen {
            without.push(elapsed)
        } else {
            with.push(elapsed)
        }
        seen = index;
    }
    let Size { validators, neurons } = size;
    let alpha = if liquid_alpha { ", liquid alpha" } else { "" };
    report(&format!("empty block, one subnet of {neurons} neurons{alpha}"), &without);
    report(&format!("epoch of {neurons} neurons, {validators} validators, dense{alpha}"), &with);
    Ok(())
}

/// A thousand epochs at once, one per block.
pub(crate) async fn thousand_epochs(size: Size) -> Done {
    let devnet = spawn().await?;
    let netuid = weighed(&devnet, size, 1).await?;
    let start = Instant::now();
    devnet.advance_epochs(netuid, 1_000).await?;
    let elapsed = start.elapsed();
    let Size { validators, neurons } = size;
    tell(
        &format!("1,000 epochs of {neurons} neurons, {validators} validators, dense"),
        &format!("{elapsed:.3?}"),
    );
    Ok(())
}

async fn weighed(devnet: &Devnet, size: Size, tempo: u16) -> Result<u16, Box<dyn std::error::Error>> {
    let Size { validators, neurons } = size;
    let plan = SubnetPlan {
        validators: validators - 1,
        miners: neurons - validators,
        tempo: Some(1_000),
        ..SubnetPlan::default()
    };
    let subnet = devnet.create_subnet(&plan).await?;
    let netuid = subnet.netuid;
    devnet.set_stake(netuid, &subnet.owner.hotkey, None, plan.stake_rao).await?;
    devnet.set_permit(netuid, &subnet.owner.hotkey, true).await?;
    for (index, validator) in (0_u16..).zip(subnet.validators.iter().chain([&subnet.owner])) {
        let (uids, weights): (Vec<u16>, Vec<u16>) =
            (0..neurons).map(|uid| (uid, 1 + (uid * 31 + index * 17) % 997)).unzip();
        let args = json!([netuid, uids, weights, 0]);
        devnet.dispatch(Some(&validator.hotkey), "SubtensorModule", "set_weights", &args).await?;
    }
    devnet.set_hyperparameter(Some(netuid), "tempo", &json!(tempo)).await?;
    Ok(netuid)
}
