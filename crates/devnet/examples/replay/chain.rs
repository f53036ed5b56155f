//! One scenario, step by step.

use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use frame_support::traits::{Hooks, fungible::Mutate};
use sp_io::TestExternalities;
use sp_runtime::traits::{Dispatchable, TransactionExtension, TxBaseImplication};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError};
use sp_runtime::{BuildStorage, Digest, DigestItem};
use subnetkit_runtime::extensions::SubtensorTransactionExtension;
use subnetkit_runtime::pallets::subtensor;
use subnetkit_runtime::{Balances, Runtime, RuntimeCall, RuntimeOrigin, SubtensorModule, System};

use super::call::Calls;
use super::scenario::{Call, Scenario, Step};
use super::tally::Replayed;
use super::{account, set, snapshot};

/// Who makes every block.
const AUTHOR: u64 = 12_345;

/// Runs a scenario from genesis.
///
/// # Errors
/// If there is no chain to run it on. A difference is no error, nor is a step that cannot be run: it ends the
/// scenario and counts as different.
pub(crate) fn replay(scenario: &Scenario) -> Result<Replayed, String> {
    let mut chain = genesis()?;
    let calls = chain.execute_with(Calls::of_runtime)?;
    let mut replayed = Replayed::default();
    for (number, step) in scenario.steps.iter().enumerate() {
        let ran = chain.execute_with(|| run(step, number, &calls, &mut replayed));
        if let Err(error) = ran {
            // What follows would start from another state than the recorded one.
            replayed.differences.push(format!("step {number} cannot be run: {error}"));
            note_step(&mut replayed, false);
            break;
        }
    }
    Ok(replayed)
}

fn genesis() -> Result<TestExternalities, String> {
    let author = sp_core::sr25519::Public::from_raw(account::numbered(AUTHOR).into());
    let storage = subnetkit_runtime::RuntimeGenesisConfig {
        aura: subnetkit_runtime::AuraConfig { authorities: vec![author.into()] },
        // The recorded chain takes no loopback axons.
        subtensor_module: subnetkit_runtime::SubtensorModuleConfig { strict: true, ..Default::default() },
        ..Default::default()
    };
    let mut chain = TestExternalities::new(storage.build_storage()?);
    chain.execute_with(|| {
        open_block(1);
        // The recorded chain counts TAO from zero.
        subtensor::TotalIssuance::<Runtime>::put(0);
    });
    Ok(chain)
}

fn open_block(number: u32) {
    let digest = Digest { logs: vec![DigestItem::PreRuntime(*b"aura", u64::from(number).encode())] };
    System::initialize(&number, &Default::default(), &digest);
}

fn run(step: &Step, number: usize, calls: &Calls, replayed: &mut Replayed) -> Result<(), String> {
    match step {
        Step::Fund { who, amount } => fund(who, *amount),
        Step::Set { key, netuid, uid, value } => set::write(key, *netuid, *uid, value),
        Step::Pulse { round, signature } => set::pulse(*round, signature),
        Step::Blocks { n, block } => {
            for _ in 0..*n {
                System::finalize();
                let next = System::block_number() + 1;
                open_block(next);
                SubtensorModule::on_initialize(next);
            }
            let here = System::block_number();
            (here == *block).then_some(()).ok_or_else(|| format!("at block {here}, recorded {block}"))
        }
        Step::Call(recorded) => make(recorded, number, calls, replayed),
        Step::Snap { state } => {
            let differences = snapshot::differences(state, &mut replayed.fields);
            let agrees = differences.is_empty();
            replayed.snapshots.note(agrees);
            note_step(replayed, agrees);
            let differences = differences.into_iter().map(|text| format!("step {number}, snapshot: {text}"));
            replayed.differences.extend(differences);
            Ok(())
        }
    }
}

fn note_step(replayed: &mut Replayed, agrees: bool) {
    replayed.steps.note(agrees);
    if replayed.cut.is_none() {
        replayed.cut_steps.note(agrees);
    }
}

fn fund(who: &serde_json::Value, amount: u64) -> Result<(), String> {
    Balances::mint_into(&account::read(who)?, amount).map_err(|error| format!("{error:?}"))?;
    subtensor::TotalIssuance::<Runtime>::mutate(|issued| *issued = issued.saturating_add(amount));
    Ok(())
}

fn make(recorded: &Call, number: usize, calls: &Calls, replayed: &mut Replayed) -> Result<(), String> {
    if System::block_number() != recorded.block {
        return Err(format!("at block {}, recorded {}", System::block_number(), recorded.block));
    }
    let Some(call) = calls.find(&recorded.call, &recorded.args)? else {
        replayed.cut.get_or_insert_with(|| recorded.call.clone());
        replayed.validate.note(false);
        replayed.result.note(false);
        note_step(replayed, false);
        replayed.differences.push(format!("step {number}: the runtime has no call {}", recorded.call));
        return Ok(());
    };
    let origin = match recorded.who.as_str() {
        Some("root") => RuntimeOrigin::root(),
        Some("none") => RuntimeOrigin::none(),
        _ => RuntimeOrigin::signed(account::read(&recorded.who)?),
    };
    let validate = pool_answer(&call, origin.clone());
    let result = match call.dispatch(origin) {
        Ok(_) => "ok".to_owned(),
        Err(error) => calls.named(&error.error),
    };
    let (same_validate, same_result) = (validate == recorded.validate, result == recorded.result);
    replayed.validate.note(same_validate);
    replayed.result.note(same_result);
    note_step(replayed, same_validate && same_result);
    let name = &recorded.call;
    if !same_validate {
        replayed.differences.push(format!(
            "step {number}, {name} in block {}: validate is {validate}, recorded {}",
            recorded.block, recorded.validate
        ));
    }
    if !same_result {
        replayed.differences.push(format!(
            "step {number}, {name} in block {}: result is {result}, recorded {}",
            recorded.block, recorded.result
        ));
    }
    Ok(())
}

/// What the chain's own transaction extension answers in the pool.
fn pool_answer(call: &RuntimeCall, origin: RuntimeOrigin) -> serde_json::Value {
    let info = call.get_dispatch_info();
    let answer = SubtensorTransactionExtension.validate(
        origin,
        call,
        &info,
        0,
        (),
        &TxBaseImplication(()),
        TransactionSource::External,
    );
    match answer {
        Ok(_) => "ok".into(),
        Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => {
            serde_json::json!({ "custom": code })
        }
        Err(other) => format!("{other:?}").into(),
    }
}
