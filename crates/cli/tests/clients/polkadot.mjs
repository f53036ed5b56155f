// polkadot.js against a development chain: node polkadot.mjs WS_URL, with NODE_PATH where @polkadot/api is installed.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { ApiPromise, Keyring, WsProvider } = require('@polkadot/api');

const api = await ApiPromise.create({ provider: new WsProvider(process.argv[2]), throwOnConnect: true });
assert.equal(api.runtimeVersion.specVersion.toNumber(), 425);
assert.equal(api.registry.chainSS58, 42);
assert.deepEqual([api.registry.chainTokens, api.registry.chainDecimals], [['TAO'], [9]]);
assert.equal(api.consts.balances.existentialDeposit.toNumber(), 500);

const keyring = new Keyring({ type: 'sr25519', ss58Format: 42 });
const alice = keyring.addFromUri('//Alice');
const stranger = keyring.addFromUri('//Stranger//js').address;
const amount = 12_500_000_000n;

// A mortal transfer with the fee that was estimated, followed until it is final.
const transfer = api.tx.balances.transferKeepAlive(stranger, amount);
const estimate = (await transfer.paymentInfo(alice)).partialFee.toBigInt();
const before = (await api.query.system.account(alice.address)).data.free.toBigInt();
const { events, status, txIndex } = await new Promise((resolve, reject) => {
    transfer.signAndSend(alice, { era: 64 }, (result) => {
        if (result.isError) reject(new Error(`the transfer ended as ${result.status.type}`));
        if (result.isFinalized) resolve(result);
    }).catch(reject);
});
const names = events.map(({ event }) => `${event.section}.${event.method}`);
assert.ok(names.includes('balances.Transfer') && names.at(-1) === 'system.ExtrinsicSuccess', names);
const paid = events.find(({ event }) => api.events.transactionPayment.TransactionFeePaid.is(event)).event.data;
assert.ok(paid.actualFee.toBigInt() - estimate < 1_000n && estimate - paid.actualFee.toBigInt() < 1_000n);

// The block that has it decodes to what was sent, and the state after it to what that did.
const { block } = await api.rpc.chain.getBlock(status.asFinalized);
const [time, ...others] = block.extrinsics;
assert.equal(`${time.method.section}.${time.method.method}`, 'timestamp.set');
const sent = others[txIndex - 1];
assert.equal(`${sent.method.section}.${sent.method.method}`, 'balances.transferKeepAlive');
assert.equal(sent.signer.toString(), alice.address);
assert.equal(sent.method.args[1].toBigInt(), amount);
assert.ok(sent.era.isMortalEra);
const then = await api.at(status.asFinalized);
assert.equal((await then.query.system.account(stranger)).data.free.toBigInt(), amount);
const after = (await then.query.system.account(alice.address)).data.free.toBigInt();
assert.equal(after, before - amount - paid.actualFee.toBigInt());

// What only Bittensor has, from the metadata alone: storage, runtime APIs, a refusal by name.
const subnets = await api.query.subtensorModule.networksAdded.entries();
assert.deepEqual(subnets.map(([key, added]) => [key.args[0].toNumber(), added.isTrue]), [[0, true], [1, true]]);
const metagraph = (await api.call.subnetInfoRuntimeApi.getMetagraph(1)).unwrap();
assert.equal(metagraph.tempo.toNumber(), 100);
assert.equal(metagraph.hotkeys.length, 1);
assert.equal((await api.call.neuronInfoRuntimeApi.getNeuronsLite(1)).length, 1);
const refused = await new Promise((resolve, reject) => {
    api.tx.subtensorModule.startCall(9).signAndSend(alice, (result) => {
        if (result.isFinalized) resolve(result.dispatchError);
    }).catch(reject);
});
assert.equal(api.registry.findMetaError(refused.asModule).name, 'SubnetNotExists');
await assert.rejects(transfer.signAsync(alice, { nonce: 0 }).then((signed) => signed.send()), /1010|outdated/);

// Heads as they are made.
let heads = 0;
await new Promise((resolve, reject) => {
    api.rpc.chain.subscribeFinalizedHeads(() => { if (++heads === 2) resolve(); }).catch(reject);
});
await api.disconnect();
