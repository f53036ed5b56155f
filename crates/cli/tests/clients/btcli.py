"""btcli, as the SDK brings it, against a development chain: python btcli.py WS_URL.

btcli takes seconds to load and to lay out its commands, so that is done once and every command runs in a fork of it.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
import traceback

import typer.main
from bittensor.cli.main import app
from bittensor.cli.main import main as btcli

typer.main.get_command = functools.cache(typer.main.get_command)
typer.main.get_command(app)
os.environ |= {"BT_NETWORK": sys.argv[1], "BT_FALLBACK_ENDPOINTS": "none", "BT_ARCHIVE_ENDPOINTS": "none"}
# Secret seed of the development key //Alice, which everybody knows.
ALICE = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"


def run(*arguments, wallet=None):
    """The status, output and error output of a command."""
    words = ["btcli", *map(str, arguments), "--json", *(["--wallet", wallet] if wallet else [])]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for file, descriptor in ((open(os.devnull), 0), (output, 1), (errors, 2)):
                    os.dup2(file.fileno(), descriptor)
                sys.argv = words
                btcli()
                status = 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for file in (output, errors):
            file.seek(0)
        return status, output.read(), errors.read()


def ask(*arguments, **options):
    status, output, errors = run(*arguments, **options)
    assert status == 0, (arguments, output, errors)
    return json.loads(output)


def send(*arguments, wallet):
    answer = ask(*arguments, "--yes", wallet=wallet)
    assert answer["success"], (arguments, answer)
    return answer


def sudo(call, **arguments):
    send("call", f"AdminUtils.{call}", "--sudo", "--args", json.dumps(arguments), wallet="alice")


# Wallets, and the TAO to act with.
ask("wallet", "regen-coldkey", "--seed", ALICE, "--no-password", wallet="alice")
ask("wallet", "new-hotkey", wallet="alice")
for name in ("validator", "miner"):
    ask("wallet", "create", "--no-password", wallet=name)
wallets = {entry["coldkey"]: entry for entry in ask("wallet", "list")["coldkeys"]}
assert sorted(wallets) == ["alice", "miner", "validator"]
assert wallets["alice"]["ss58"] == "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
hotkeys = {name: entry["hotkeys"][0]["ss58"] for name, entry in wallets.items()}
send("wallet", "transfer", "--dest", "validator", "--amount", 400, wallet="alice")
send("wallet", "transfer", "--dest", wallets["miner"]["ss58"], "--amount", 10, wallet="alice")
balance = ask("wallet", "balance", wallet="validator")
assert (balance["free_tao"], balance["total_value_tao"]) == (400, 400), balance

# A subnet, its rules by its owner where btcli lets owners, and its start.
assert ask("subnets", "create-cost")["tao"] == 1_000
netuid = send("subnets", "create", wallet="alice")["data"]["netuid"]
assert netuid == 2
subnet = ("--netuid", netuid)
sudo("sudo_set_admin_freeze_window", window=0)
send("hparams", "set", *subnet, "--name", "commit_reveal_weights_enabled", "--value", "false", wallet="alice")
sudo("sudo_set_weights_set_rate_limit", netuid=netuid, weights_set_rate_limit=0)
send("hparams", "start", *subnet, wallet="alice")
rules = ask("hparams", "get", *subnet)
assert rules["tempo"] == 10 and rules["weights_rate_limit"] == 0 and rules["subnet_is_active"], rules
assert rules["commit_reveal_weights_enabled"] is False, rules

# btcli registers by a shielded transaction only, and says so; the call with a limit on its price goes in the open.
status, _, errors = run("subnets", "register", *subnet, "--yes", wallet="miner")
assert status != 0 and "MevShield.NextKey is unset" in errors, errors
assert 0 < ask("subnets", "burn-cost", netuid)["tao"] < 2
for name in ("validator", "miner"):
    arguments = json.dumps({"netuid": netuid, "hotkey": hotkeys[name], "limit_price": 5_000_000_000})
    send("call", "SubtensorModule.register_limit", "--args", arguments, wallet=name)

# Stake by btcli's own way, which goes in the open where there is no shield, and some of it sold.
position = ("--netuid", netuid, "--hotkey", hotkeys["validator"])
send("stake", "add", *position, "--amount", 20, wallet="validator")
send("stake", "add", *position, "--amount", 200, "--no-slippage-protection", wallet="validator")
send("stake", "remove", *position, "--amount", 2, wallet="validator")
[held] = ask("stake", "list", wallet="validator")
assert held["netuid"] == netuid and held["hotkey"] == hotkeys["validator"] and held["stake_amount"] > 150, held
assert ask("stake", "show", *position, wallet="validator")["stake_amount"] >= held["stake_amount"]

# An axon, weights once an epoch gave the permit, and what the chain has of them.
send("tx", "serve-axon", *subnet, "--ip", "10.1.2.3", "--port", 8091, wallet="miner")
assert any(ask("query", "neurons", *subnet)[1]["validator_permit"] for _ in range(100))
send("weights", "set", *subnet, "--uids", "1,2", "--weights", "0.5,1", wallet="validator")
rows = ask("query", "weights", *subnet)
assert list(rows) == ["1"] and abs(rows["1"]["2"] - 2 / 3) < 1e-4, rows
graph = ask("subnets", "metagraph", netuid)
assert graph["hotkeys"] == [hotkeys[name] for name in ("alice", "validator", "miner")], graph
assert graph["validator_permit"][1] and graph["axons"][2]["port"] == 8091, graph
shown = ask("subnets", "show", netuid)
assert shown["neurons"] == 3 and shown["owner_hotkey"] == hotkeys["alice"], shown
assert {entry["netuid"] for entry in ask("subnets", "list")} == {0, 1, netuid}

# The command and btcli read each other's wallets, and hold each other's signatures for good.


def subnetkit(*arguments):
    words = [os.environ["SUBNETKIT"], "wallet", *arguments, "--json"]
    return json.loads(subprocess.run(words, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout)


for key, address in (((), wallets["miner"]["ss58"]), (("--use-hotkey",), hotkeys["miner"])):
    for message in ("hello", "0x00"):
        theirs = ask("wallet", "sign", "--message", message, *key, wallet="miner")
        assert subnetkit("verify", message, "--ss58", address, "--signature", theirs["signed_message"])["valid"]
        ours = subnetkit("sign", message, *key, "-w", "miner")
        assert ours["signer_address"] == theirs["signer_address"] == address
        sign = ("--message", message, "--signature", ours["signed_message"], "--ss58", address)
        assert ask("wallet", "verify", *sign)["valid"], ours
subnetkit("import", "coldkey", "-w", "imported", "--plain", "--secret", ALICE)
subnetkit("import", "hotkey", "-w", "imported", "--from", f"{os.environ['HOME']}/.bittensor/wallets/miner/hotkeys/default")
imported = next(entry for entry in ask("wallet", "list")["coldkeys"] if entry["coldkey"] == "imported")
assert (imported["ss58"], imported["hotkeys"][0]["ss58"]) == (wallets["alice"]["ss58"], hotkeys["miner"])
