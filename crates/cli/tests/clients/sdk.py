"""Bittensor's SDK against a development chain: python sdk.py WS_URL."""

import sys

import bittensor as bt
from bittensor import calls, storage
from bittensor.sp_core import Keypair


class Keys:
    """A coldkey that everybody knows and a hotkey of its own, in the shape of a wallet."""

    def __init__(self, uri):
        self.coldkey = self.coldkeypub = Keypair.create_from_uri(uri)
        self.hotkey = self.hotkeypub = Keypair.create_from_uri(f"{uri}//sdk")

    cold = property(lambda self: self.coldkey.ss58_address)
    hot = property(lambda self: self.hotkey.ss58_address)


def done(result):
    assert result.success, result.message
    return result


url = sys.argv[1]
alice, bob, charlie = Keys("//Alice"), Keys("//Bob"), Keys("//Charlie")
chain = bt.Subtensor(url, fallback_endpoints=[], archive_endpoints=[])


def sudo(call):
    return done(chain.submit_call(calls.Sudo.sudo(call=chain.compose(call)), alice))


# Balances, and a transfer whose fee is the one that was estimated.
assert chain.spec_version == 425
assert chain.balances.get(bob.cold) == bt.tao(1_000_000)
assert chain.balances.existential_deposit().rao == 500
stranger = Keypair.create_from_uri("//Stranger").ss58_address
before = chain.balances.get(alice.cold)
transfer = bt.Transfer(dest_ss58=stranger, amount_tao=12.5)
estimate = chain.plan(transfer, alice).fee
paid = done(chain.execute(transfer, alice)).fee
assert chain.balances.get(stranger) == bt.tao(12.5)
assert chain.balances.get(alice.cold) == before - bt.tao(12.5) - paid
assert abs(paid.rao - estimate.rao) < 1_000, (paid, estimate)
refused = chain.execute(bt.Transfer(dest_ss58=stranger, amount_tao=10_000_000), alice)
assert not refused.success and refused.error is not None, refused

# A subnet of Alice's, started, with weights set in the open.
cost = chain.subnets.subnet_registration_cost()
assert cost == bt.tao(1_000), cost
founded = done(chain.execute(bt.RegisterSubnet(), alice))
netuid = founded.data["netuid"]
assert netuid == 2 and founded.data["registration_price_rao"] == cost.rao
sudo(calls.AdminUtils.sudo_set_admin_freeze_window(window=0))
sudo(calls.AdminUtils.sudo_set_commit_reveal_weights_enabled(netuid=netuid, enabled=False))
sudo(calls.AdminUtils.sudo_set_weights_set_rate_limit(netuid=netuid, weights_set_rate_limit=0))
done(chain.execute(bt.SetHyperparameter(netuid=netuid, name="min_allowed_weights", value=2), alice))
done(chain.execute(bt.StartCall(netuid=netuid), alice))
again = chain.execute(bt.StartCall(netuid=netuid), alice)
assert again.error.name == "FirstEmissionBlockNumberAlreadySet", again

# Two neurons. The SDK's own way is shielded, which needs keys that nobody announces here; the call itself is not.
for keys in (bob, charlie):
    price = chain.subnets.burn(netuid)
    before = chain.balances.get(keys.cold)
    registered = done(
        chain.submit_call(calls.SubtensorModule.burned_register(netuid=netuid, hotkey=keys.hot), keys)
    )
    spent = before - chain.balances.get(keys.cold) - registered.fee
    assert bt.tao(0) < spent <= price, (spent, price)
assert [chain.neurons.uid(hotkey_ss58=keys.hot, netuid=netuid) for keys in (bob, charlie)] == [1, 2]
assert chain.query(storage.SubtensorModule.Owner, [bob.hot]) == bob.cold
# What was can be read as it was.
then = chain.at(founded.data["registered_at_block"])
assert [view.query(storage.SubtensorModule.SubnetworkN, [netuid]) for view in (then, chain)] == [1, 3]

# Stake, with and without a limit on the price, and some of it sold again.
stake = dict(hotkey_ss58=bob.hot, netuid=netuid)
too_much = chain.execute(bt.AddStake(**stake, amount_tao=300), bob)
assert too_much.error.name == "SlippageTooHigh", too_much
done(chain.execute(bt.AddStake(**stake, amount_tao=5), bob))
assert chain.staking.get(bob.cold, bob.hot, netuid).amount > 4.5
done(chain.execute(bt.AddStake(**stake, amount_tao=300, slippage_protection=False), bob))
assert chain.staking.get(bob.cold, bob.hot, netuid).amount > 220
done(chain.execute(bt.RemoveStake(hotkey_ss58=bob.hot, netuid=netuid, amount_alpha=1), bob))
[position] = chain.staking.positions(bob.cold)
assert (position.hotkey, position.netuid, position.is_registered) == (bob.hot, netuid, True)
availability = chain.staking.stake_availability(bob.cold, netuid)
assert availability["locked"].rao == 0 and availability["available"] == availability["total"], availability

# An axon, a permit with the next epoch, weights, and what the epoch after makes of them.
done(chain.execute(bt.ServeAxon(netuid=netuid, ip="10.1.2.3", port=8091), charlie))
chain.wait_for_epoch(netuid, timeout=60)
done(chain.execute(bt.SetWeights(netuid=netuid, weights={1: 0.5, 2: 1.0}), bob))
chain.wait_for_epoch(netuid, timeout=60)
rows = chain.weights.weights(netuid)
assert rows.keys() == {1} and abs(rows[1][2] - 2 / 3) < 1e-4 and abs(rows[1][1] - 1 / 3) < 1e-4, rows

graph = chain.subnets.metagraph(netuid)
assert graph.hotkeys == [alice.hot, bob.hot, charlie.hot] and graph.owner_coldkey == alice.cold
assert graph.tempo == 10 and graph.network_registered_at > 0
validator, miner = graph.by_hotkey(bob.hot), graph.by_hotkey(charlie.hot)
assert validator.validator_permit and validator.dividends > 0 and validator.emission.rao > 0, validator
assert miner.axon == "10.1.2.3:8091" and miner.incentive > 0.5 and miner.emission.rao > 0, miner
assert miner.alpha_stake.rao > 0 and validator.total_stake > miner.total_stake

lite, full = chain.neurons.all(netuid), chain.neurons.all(netuid, lite=False)
assert [n.hotkey for n in lite] == [n.hotkey for n in full] == graph.hotkeys
assert lite[1].validator_permit and lite[1].last_update == validator.last_update

rules = chain.subnets.subnet_hyperparameters(netuid)
assert rules["tempo"] == 10 and rules["min_allowed_weights"] == 2
assert rules["weights_rate_limit"] == 0 and rules["commit_reveal_weights_enabled"] is False, rules
infos = {info.netuid: info for info in chain.subnets.all()}
assert sorted(infos) == [0, 1, 2] and infos[netuid].neuron_count == 3
assert 0 < chain.prices.alpha_price(netuid)["tao_per_alpha"] < 2
assert chain.block_time() > 0 and chain.block_info().number > 0
chain.close()
