//! Everything the client uses of a runtime, declared once: calls with their arguments, storage items with their keys,
//! runtime APIs, constants, events and errors, and of what comes back the fields that are read.
//!
//! The rest of the crate names a pallet's things only through what is declared here, and gets no more of a value than
//! was declared ([`Shape`]); so this is the whole surface by which a runtime can break the client, and
//! [`Runtime::surface`](crate::Runtime::surface) tries all of it against any metadata.

mod answers;
mod check;
mod sample;
mod shape;
mod uses;

pub(crate) use answers::Answers;
pub use check::{Surface, Use, UseKind, Verdict};
pub use uses::Need;
pub(crate) use uses::{ApiUse, Asked, CallUse, ConstantUse, EventUse, StorageUse};

use crate::Value;

use Need::{Assumed, OneOf, Optional, Required};
use Shape::{Account, Any, Bool, Bytes, Call, Case, Fields, Holding, Items, List, Maybe, Number};
use check::Checked;
use shape::{Field, Misfit, Shape};
use uses::ErrorUse;

/// Whose calls begin with `sudo_set_`: each of them sets a parameter, and is named by whoever sets it.
pub(crate) const ADMIN: &str = "AdminUtils";

/// How many there are.
macro_rules! count {
    ($($one:expr),*) => { <[&str]>::len(&[$(stringify!($one)),*]) };
}

macro_rules! storage {
    ($($name:ident: $pallet:literal.$item:literal [$($key:expr),*] => $value:expr, $need:expr;)*) => {
        $(pub(crate) const $name: StorageUse<{ count!($($key),*) }> =
            StorageUse { pallet: $pallet, item: $item, keys: [$($key),*], value: $value, need: $need };)*
        const STORAGE: &[&(dyn Checked + Sync)] = &[$(&$name),*];
    };
}

macro_rules! calls {
    ($($name:ident: $pallet:literal.$item:literal ($($arg:literal: $shape:expr),*), $need:expr;)*) => {
        $(pub(crate) const $name: CallUse<{ count!($($arg),*) }> =
            CallUse { pallet: $pallet, item: $item, args: [$(($arg, $shape)),*], need: $need };)*
        const CALLS: &[&(dyn Checked + Sync)] = &[$(&$name),*];
    };
}

macro_rules! apis {
    ($($name:ident: $pallet:literal.$item:literal ($($arg:expr),*) => $output:expr, $need:expr;)*) => {
        $(pub(crate) const $name: ApiUse<{ count!($($arg),*) }> =
            ApiUse { pallet: $pallet, item: $item, args: [$($arg),*], output: $output, need: $need };)*
        const APIS: &[&(dyn Checked + Sync)] = &[$(&$name),*];
    };
}

macro_rules! constants {
    ($($name:ident: $pallet:literal.$item:literal => $value:expr, $need:expr;)*) => {
        $(pub(crate) const $name: ConstantUse =
            ConstantUse { pallet: $pallet, item: $item, value: $value, need: $need };)*
        const CONSTANTS: &[&(dyn Checked + Sync)] = &[$(&$name),*];
    };
}

macro_rules! events {
    ($($name:ident: $pallet:literal.$item:literal $(($field:literal or $position:literal: $shape:expr))?, $need:expr;)*) => {
        $(pub(crate) const $name: EventUse = EventUse {
            pallet: $pallet,
            item: $item,
            field: [$(uses::EventField { name: $field, position: $position, shape: $shape })?].as_slice().first().copied(),
            need: $need,
        };)*
        const EVENTS: &[&(dyn Checked + Sync)] = &[$(&$name),*];
    };
}

macro_rules! errors {
    ($pallet:literal: $($item:literal)*) => {
        const ERRORS: &[&(dyn Checked + Sync)] = &[$(&ErrorUse { pallet: $pallet, item: $item }),*];
    };
}

/// By the name a subnet's parameter is read by: `NAME` of the call `AdminUtils.sudo_set_NAME` that sets it, and, where owners
/// may change it only so often, what the chain counts the changes of.
pub(crate) const SETTERS: &[(&str, &str, Option<&str>)] = &[
    ("activity_cutoff_factor", "activity_cutoff_factor", Some("ActivityCutoffFactorMilli")),
    ("adjustment_alpha", "adjustment_alpha", Some("AdjustmentAlpha")),
    ("adjustment_interval", "adjustment_interval", None),
    ("alpha_high", "alpha_values", Some("AlphaValues")),
    ("alpha_low", "alpha_values", Some("AlphaValues")),
    ("alpha_sigmoid_steepness", "alpha_sigmoid_steepness", Some("AlphaSigmoidSteepness")),
    ("bonds_moving_avg", "bonds_moving_average", Some("BondsMovingAverage")),
    ("bonds_penalty", "bonds_penalty", Some("BondsPenalty")),
    ("bonds_reset_enabled", "bonds_reset_enabled", Some("BondsResetEnabled")),
    ("burn_half_life", "burn_half_life", Some("BurnHalfLife")),
    ("burn_increase_mult", "burn_increase_mult", Some("BurnIncreaseMult")),
    ("commit_reveal_period", "commit_reveal_weights_interval", Some("WeightCommitInterval")),
    ("commit_reveal_weights_enabled", "commit_reveal_weights_enabled", Some("CommitRevealEnabled")),
    ("difficulty", "difficulty", None),
    ("immunity_period", "immunity_period", Some("ImmunityPeriod")),
    ("kappa", "kappa", None),
    ("liquid_alpha_enabled", "liquid_alpha_enabled", Some("LiquidAlphaEnabled")),
    ("max_allowed_uids", "max_allowed_uids", Some("MaxAllowedUids")),
    ("max_burn", "max_burn", Some("MaxBurn")),
    ("max_difficulty", "max_difficulty", Some("MaxDifficulty")),
    ("max_regs_per_block", "max_registrations_per_block", None),
    ("max_validators", "max_allowed_validators", None),
    ("mechanism_count", "mechanism_count", None),
    ("min_allowed_uids", "min_allowed_uids", None),
    ("min_allowed_weights", "min_allowed_weights", Some("MinAllowedWeights")),
    ("min_burn", "min_burn", Some("MinBurn")),
    ("min_childkey_take", "min_childkey_take_per_subnet", Some("MinChildkeyTake")),
    ("min_difficulty", "min_difficulty", None),
    ("min_non_immune_uids", "min_non_immune_uids", None),
    ("owner_cut_auto_lock_enabled", "owner_cut_auto_lock_enabled", None),
    ("owner_cut_enabled", "owner_cut_enabled", None),
    ("owner_immune_neuron_limit", "owner_immune_neuron_limit", Some("ImmuneNeuronLimit")),
    ("registration_allowed", "network_registration_allowed", None),
    ("rho", "rho", Some("Rho")),
    ("serving_rate_limit", "serving_rate_limit", Some("ServingRateLimit")),
    ("subnet_emission_enabled", "subnet_emission_enabled", None),
    ("subnet_is_active", "subtoken_enabled", None),
    ("target_regs_per_interval", "target_registrations_per_interval", None),
    ("tempo", "tempo", None),
    ("transfers_enabled", "toggle_transfer", Some("TransferEnabled")),
    ("weights_rate_limit", "weights_set_rate_limit", None),
    ("weights_version", "weights_version_key", None),
    ("yuma_version", "yuma3_enabled", Some("Yuma3Enabled")),
];

/// The key of [`OWNERS_LAST_CHANGE`] for one kind of change.
pub(crate) fn owners_change_of(netuid: u16, counted: &str) -> Value {
    let fields = Value::List(vec![netuid.into(), Value::unit_variant(counted)]);
    Value::Variant { name: "OwnerHyperparamUpdate".to_owned(), fields: Box::new(fields) }
}

/// Everything, kind by kind.
const ALL: [&[&(dyn Checked + Sync)]; 6] = [CALLS, STORAGE, APIS, CONSTANTS, EVENTS, ERRORS];

const OLD_METADATA: Need = Optional { without: "metadata is asked for as before it had versions" };
const IN_THE_CLEAR: Need = Optional { without: "axons are dialled and published in the clear" };
const NO_COMMITS: Need = Optional { without: "no commits are seen" };
const NO_RULE: Need = Optional { without: "a refusal of this name comes without the rule behind it" };
const NO_OUTER_CALL: Need = Optional { without: "there is no such outer call to hide a failure" };
const SET: Need = OneOf { to: "setting weights" };
const COMMIT: Need = OneOf { to: "committing weights by hash" };
const REVEAL: Need = OneOf { to: "revealing weights" };
const SEAL: Need = OneOf { to: "committing sealed weights" };
const PARAMETERS: Need = OneOf { to: "reading a subnet's parameters" };

const NOT_SHOWN: Need = Optional { without: "a subnet is shown without it" };
const NO_WAIT: Need = Optional { without: "an owner is not told how long to wait before a change" };
const NO_POSITIONS: Need = Optional { without: "a coldkey's stake cannot be listed" };
const NOT_SETTABLE: Need = Optional { without: "a subnet's owner cannot set it" };
const NO_PRICES: Need = Optional { without: "nobody is told what alpha is worth" };
const NO_PRICE_LIMIT: Need = Optional { without: "stake cannot be traded up to a price" };

/// A uid or another number, and what belongs to it.
const PAIRS: Shape = List(&Items(&[Number, Number]));
const NUMBERS: Shape = List(&Number);
const FLAGS: Shape = List(&Bool);
const ACCOUNTS: Shape = List(&Account);

const ADDRESS: [Field; 3] =
    [Field::new("ip", Number), Field::new("port", Number), Field::new("ip_type", Number)];
const AXON: Shape = Fields(&[
    ADDRESS[0],
    ADDRESS[1],
    ADDRESS[2],
    Field::new("version", Number),
    Field::new("protocol", Number),
    Field::new("block", Number),
]);
const CERTIFICATE: Shape = Fields(&[Field::new("algorithm", Number), Field::new("public_key", Bytes)]);
const BEACON: Shape = Fields(&[
    Field::new("public_key", Bytes),
    Field::new("genesis_time", Number),
    Field::new("period", Number),
]);
const ACCOUNT: Shape = Fields(&[
    Field::new("nonce", Number),
    Field::new(
        "data",
        Fields(&[Field::new("free", Number), Field::new("reserved", Number), Field::new("frozen", Number)]),
    ),
]);

storage! {
    NETWORKS_ADDED: "SubtensorModule"."NetworksAdded" [Number] => Bool, Required;
    UIDS: "SubtensorModule"."Uids" [Number, Account] => Number, Required;
    KEYS: "SubtensorModule"."Keys" [Number, Number] => Account, Required;
    OWNER: "SubtensorModule"."Owner" [Account] => Account, Required;
    SUBNET_OWNER_HOTKEY: "SubtensorModule"."SubnetOwnerHotkey" [Number] => Account, Required;
    SUBNETWORK_N: "SubtensorModule"."SubnetworkN" [Number] => Number, Required;
    BURN: "SubtensorModule"."Burn" [Number] => Number, Required;
    TOTAL_HOTKEY_ALPHA: "SubtensorModule"."TotalHotkeyAlpha" [Account, Number] => Number, Required;
    AXONS: "SubtensorModule"."Axons" [Number, Account] => AXON, Required;
    CERTIFICATES: "SubtensorModule"."NeuronCertificates" [Number, Account] => CERTIFICATE, IN_THE_CLEAR;
    SERVING_RATE_LIMIT: "SubtensorModule"."ServingRateLimit" [Number] => Number,
        Optional { without: "a refusal does not say how many blocks are left" };
    TEMPO: "SubtensorModule"."Tempo" [Number] => Number, Required;
    LAST_EPOCH_BLOCK: "SubtensorModule"."LastEpochBlock" [Number] => Number, Required;
    PENDING_EPOCH_AT: "SubtensorModule"."PendingEpochAt" [Number] => Number, Required;
    SUBNET_EPOCH_INDEX: "SubtensorModule"."SubnetEpochIndex" [Number] => Number, Required;
    BLOCKS_SINCE_LAST_STEP: "SubtensorModule"."BlocksSinceLastStep" [Number] => Number, Required;
    MECHANISM_COUNT: "SubtensorModule"."MechanismCountCurrent" [Number] => Number, Assumed { number: 1 };
    WEIGHTS: "SubtensorModule"."Weights" [Number, Number] => PAIRS, Required;
    LAST_UPDATE: "SubtensorModule"."LastUpdate" [Number] => NUMBERS, Required;
    VALIDATOR_PERMIT: "SubtensorModule"."ValidatorPermit" [Number] => FLAGS, Required;
    STAKE_THRESHOLD: "SubtensorModule"."StakeThreshold" [] => Number, Assumed { number: 0 };
    WEIGHTS_VERSION_KEY: "SubtensorModule"."WeightsVersionKey" [Number] => Number, Assumed { number: 0 };
    WEIGHTS_RATE_LIMIT: "SubtensorModule"."WeightsSetRateLimit" [Number] => Number, Assumed { number: 0 };
    MIN_ALLOWED_WEIGHTS: "SubtensorModule"."MinAllowedWeights" [Number] => Number, Assumed { number: 0 };
    MAX_ALLOWED_VALIDATORS: "SubtensorModule"."MaxAllowedValidators" [Number] => Number, Required;
    IMMUNITY_PERIOD: "SubtensorModule"."ImmunityPeriod" [Number] => Number, Assumed { number: 0 };
    ADMIN_FREEZE_WINDOW: "SubtensorModule"."AdminFreezeWindow" [] => Number, Assumed { number: 0 };
    COMMIT_REVEAL_ENABLED: "SubtensorModule"."CommitRevealWeightsEnabled" [Number] => Bool,
        Optional { without: "weights are set in the clear" };
    COMMIT_REVEAL_VERSION: "SubtensorModule"."CommitRevealWeightsVersion" [] => Number, Assumed { number: 4 };
    REVEAL_PERIOD: "SubtensorModule"."RevealPeriodEpochs" [Number] => Number, Assumed { number: 1 };
    HASH_COMMITS: "SubtensorModule"."WeightCommits" [Number, Account]
        => List(&Items(&[Bytes, Number, Number])), NO_COMMITS;
    TIMELOCKED_COMMITS: "SubtensorModule"."TimelockedWeightCommits" [Number, Number]
        => List(&Items(&[Account, Number, Bytes, Number])), NO_COMMITS;
    BEACON_CONFIG: "Drand"."BeaconConfig" [] => BEACON, Optional { without: "the beacon is taken for quicknet" };
    LAST_STORED_ROUND: "Drand"."LastStoredRound" [] => Number, Assumed { number: 0 };
    NOW: "Timestamp"."Now" [] => Number, Required;
    MAX_ALLOWED_UIDS: "SubtensorModule"."MaxAllowedUids" [Number] => Number, NOT_SHOWN;
    MIN_ALLOWED_UIDS: "SubtensorModule"."MinAllowedUids" [Number] => Number, NOT_SHOWN;
    MIN_NON_IMMUNE_UIDS: "SubtensorModule"."MinNonImmuneUids" [Number] => Number, NOT_SHOWN;
    OWNER_IMMUNE_UIDS: "SubtensorModule"."ImmuneOwnerUidsLimit" [Number] => Number, NOT_SHOWN;
    BONDS_PENALTY: "SubtensorModule"."BondsPenalty" [Number] => Number, NOT_SHOWN;
    RHO: "SubtensorModule"."Rho" [Number] => Number, NOT_SHOWN;
    SUBTOKEN_ENABLED: "SubtensorModule"."SubtokenEnabled" [Number] => Bool, NOT_SHOWN;
    SUBNET_EMISSION_ENABLED: "SubtensorModule"."SubnetEmissionEnabled" [Number] => Bool, NOT_SHOWN;
    OWNERS_RATE_LIMIT: "SubtensorModule"."OwnerHyperparamRateLimit" [] => Number, NO_WAIT;
    OWNERS_LAST_CHANGE: "SubtensorModule"."LastRateLimitedBlock"
        [Case("OwnerHyperparamUpdate", &Items(&[Number, Case("ImmunityPeriod", &Items(&[]))]))] => Number, NO_WAIT;
    SYSTEM_ACCOUNT: "System"."Account" [Account] => ACCOUNT, Required;
    SYSTEM_EVENTS: "System"."Events" [] => Any, Required;
}

calls! {
    BURNED_REGISTER: "SubtensorModule"."burned_register" ("netuid": Number, "hotkey": Account), Required;
    REGISTER_LIMIT: "SubtensorModule"."register_limit"
        ("netuid": Number, "hotkey": Account, "limit_price": Number),
        Optional { without: "a registration costs whatever its block asks" };
    REGISTER_NETWORK: "SubtensorModule"."register_network" ("hotkey": Account), Required;
    START_CALL: "SubtensorModule"."start_call" ("netuid": Number), Required;
    ADD_STAKE: "SubtensorModule"."add_stake"
        ("hotkey": Account, "netuid": Number, "amount_staked": Number), Required;
    REMOVE_STAKE: "SubtensorModule"."remove_stake"
        ("hotkey": Account, "netuid": Number, "amount_unstaked": Number), Required;
    ADD_STAKE_LIMIT: "SubtensorModule"."add_stake_limit"
        ("hotkey": Account, "netuid": Number, "amount_staked": Number, "limit_price": Number, "allow_partial": Bool),
        NO_PRICE_LIMIT;
    REMOVE_STAKE_LIMIT: "SubtensorModule"."remove_stake_limit"
        ("hotkey": Account, "netuid": Number, "amount_unstaked": Number, "limit_price": Number, "allow_partial": Bool),
        NO_PRICE_LIMIT;
    REMOVE_STAKE_FULL_LIMIT: "SubtensorModule"."remove_stake_full_limit"
        ("hotkey": Account, "netuid": Number, "limit_price": Maybe(&Number)), NO_PRICE_LIMIT;
    TRANSFER: "Balances"."transfer_keep_alive" ("dest": Account, "value": Number), Required;
    SERVE_AXON: "SubtensorModule"."serve_axon"
        ("netuid": Number, "version": Number, "ip": Number, "port": Number, "ip_type": Number, "protocol": Number,
         "placeholder1": Number, "placeholder2": Number), Required;
    SERVE_AXON_TLS: "SubtensorModule"."serve_axon_tls"
        ("netuid": Number, "version": Number, "ip": Number, "port": Number, "ip_type": Number, "protocol": Number,
         "placeholder1": Number, "placeholder2": Number, "certificate": Bytes), IN_THE_CLEAR;
    SET_TEMPO: "SubtensorModule"."set_tempo" ("netuid": Number, "tempo": Number), NOT_SETTABLE;
    SET_CUTOFF_FACTOR: "SubtensorModule"."set_activity_cutoff_factor" ("netuid": Number, "factor_milli": Number),
        NOT_SETTABLE;
    SET_WEIGHTS: "SubtensorModule"."set_weights"
        ("netuid": Number, "dests": NUMBERS, "weights": NUMBERS, "version_key": Number), SET;
    SET_MECHANISM_WEIGHTS: "SubtensorModule"."set_mechanism_weights"
        ("netuid": Number, "mecid": Number, "dests": NUMBERS, "weights": NUMBERS, "version_key": Number), SET;
    COMMIT_WEIGHTS: "SubtensorModule"."commit_weights" ("netuid": Number, "commit_hash": Bytes), COMMIT;
    COMMIT_MECHANISM_WEIGHTS: "SubtensorModule"."commit_mechanism_weights"
        ("netuid": Number, "mecid": Number, "commit_hash": Bytes), COMMIT;
    REVEAL_WEIGHTS: "SubtensorModule"."reveal_weights"
        ("netuid": Number, "uids": NUMBERS, "values": NUMBERS, "salt": NUMBERS, "version_key": Number), REVEAL;
    REVEAL_MECHANISM_WEIGHTS: "SubtensorModule"."reveal_mechanism_weights"
        ("netuid": Number, "mecid": Number, "uids": NUMBERS, "values": NUMBERS, "salt": NUMBERS, "version_key": Number),
        REVEAL;
    COMMIT_TIMELOCKED_WEIGHTS: "SubtensorModule"."commit_timelocked_weights"
        ("netuid": Number, "commit": Bytes, "reveal_round": Number, "commit_reveal_version": Number), SEAL;
    COMMIT_TIMELOCKED_MECHANISM_WEIGHTS: "SubtensorModule"."commit_timelocked_mechanism_weights"
        ("netuid": Number, "mecid": Number, "commit": Bytes, "reveal_round": Number, "commit_reveal_version": Number),
        SEAL;
    BATCH_ALL: "Utility"."batch_all" ("calls": List(&Call)), Required;
    SUDO: "Sudo"."sudo" ("call": Call), Optional { without: "nothing can be done as root, as on a public chain" };
}

apis! {
    METADATA_VERSIONS: "Metadata"."metadata_versions" () => NUMBERS, OLD_METADATA;
    METADATA_AT_VERSION: "Metadata"."metadata_at_version" (Number) => Maybe(&Bytes), OLD_METADATA;
    METAGRAPH: "SubnetInfoRuntimeApi"."get_metagraph" (Number) => Maybe(&Fields(&[
        Field::some("name", Bytes),
        Field::new("block", Number),
        Field::new("tempo", Number),
        Field::new("last_step", Number),
        Field::new("owner_hotkey", Account),
        Field::new("owner_coldkey", Account),
        Field::new("max_uids", Number),
        Field::new("max_validators", Number),
        Field::new("tao_in", Number),
        Field::new("alpha_in", Number),
        Field::new("alpha_out", Number),
        Field::new("burn", Number),
        Field::new("activity_cutoff", Number),
        Field::new("hotkeys", ACCOUNTS),
        Field::new("coldkeys", ACCOUNTS),
        Field::new("axons", List(&Fields(&ADDRESS))),
        Field::new("active", FLAGS),
        Field::new("validator_permit", FLAGS),
        Field::new("last_update", NUMBERS),
        Field::new("block_at_registration", NUMBERS),
        Field::new("incentives", NUMBERS),
        Field::new("dividends", NUMBERS),
        Field::new("consensus", NUMBERS),
        Field::new("emission", NUMBERS),
        Field::new("alpha_stake", NUMBERS),
        Field::new("tao_stake", NUMBERS),
        Field::new("total_stake", NUMBERS),
    ])), Required;
    SUBNETS: "SubnetInfoRuntimeApi"."get_all_dynamic_info" () => List(&Maybe(&Fields(&[
        Field::new("netuid", Number),
        Field::new("owner_hotkey", Account),
        Field::new("owner_coldkey", Account),
        Field::new("subnet_name", Bytes),
        Field::new("token_symbol", Bytes),
        Field::new("tempo", Number),
        Field::new("last_step", Number),
        Field::new("alpha_in", Number),
        Field::new("alpha_out", Number),
        Field::new("tao_in", Number),
        Field::new("alpha_out_emission", Number),
        Field::new("alpha_in_emission", Number),
        Field::new("tao_in_emission", Number),
        Field::new("network_registered_at", Number),
    ]))), Optional { without: "subnets cannot be listed" };
    SELECTIVE_METAGRAPH: "SubnetInfoRuntimeApi"."get_selective_metagraph" (Number, NUMBERS) => Maybe(&Fields(&[
        Field::new("activity_cutoff", Maybe(&Number)),
        Field::new("block_at_registration", Maybe(&NUMBERS)),
        Field::new("total_stake", Maybe(&NUMBERS)),
    ])), Optional { without: "the whole metagraph is read for a few columns" };
    HYPERPARAMETERS_V3: "SubnetInfoRuntimeApi"."get_subnet_hyperparams_v3" (Number)
        => Maybe(&List(&Fields(&[Field::new("name", Bytes), Field::new("value", Any)]))), PARAMETERS;
    HYPERPARAMETERS_V2: "SubnetInfoRuntimeApi"."get_subnet_hyperparams_v2" (Number) => HYPERPARAMETERS, PARAMETERS;
    HYPERPARAMETERS_V1: "SubnetInfoRuntimeApi"."get_subnet_hyperparams" (Number) => HYPERPARAMETERS, PARAMETERS;
    QUERY_INFO: "TransactionPaymentApi"."query_info" (Any, Number) => Fields(&[Field::new("partial_fee", Number)]),
        Optional { without: "nobody is told what sending a transaction costs" };
    STAKE_OF_COLDKEY: "StakeInfoRuntimeApi"."get_stake_info_for_coldkey" (Account) => List(&Fields(&[
        Field::new("hotkey", Account),
        Field::new("netuid", Number),
        Field::new("stake", Number),
        Field::new("is_registered", Bool),
    ])), NO_POSITIONS;
    ALPHA_PRICE: "SwapRuntimeApi"."current_alpha_price" (Number) => Number, NO_PRICES;
    ALPHA_PRICES: "SwapRuntimeApi"."current_alpha_price_all" () => List(&Fields(&[
        Field::new("netuid", Number),
        Field::new("price", Number),
    ])), NO_PRICES;
    SIMULATED_PURCHASE: "SwapRuntimeApi"."sim_swap_tao_for_alpha" (Number, Number) => QUOTE, NO_PRICES;
    SIMULATED_SALE: "SwapRuntimeApi"."sim_swap_alpha_for_tao" (Number, Number) => QUOTE, NO_PRICES;
    REGISTRATION_COST: "SubnetRegistrationRuntimeApi"."get_network_registration_cost" () => Number, Required;
}

const QUOTE: Shape = Fields(&[
    Field::new("tao_amount", Number),
    Field::new("alpha_amount", Number),
    Field::new("tao_fee", Number),
    Field::new("alpha_fee", Number),
]);

/// Those of a subnet's parameters that have fields of their own; the others are kept by name.
const HYPERPARAMETERS: Shape = Maybe(&Holding(&[
    Field::new("tempo", Number),
    Field::new("weights_rate_limit", Number),
    Field::new("weights_version", Number),
    Field::new("min_allowed_weights", Number),
    Field::some("max_weights_limit", Number),
    Field::new("commit_reveal_weights_enabled", Bool),
    Field::new("commit_reveal_period", Number),
    Field::new("immunity_period", Number),
    Field::new("activity_cutoff", Number),
    Field::new("max_validators", Number),
    Field::new("registration_allowed", Bool),
    Field::new("serving_rate_limit", Number),
]));

constants! {
    SLOT_DURATION: "Aura"."SlotDuration" => Number, Required;
    EXISTENTIAL_DEPOSIT: "Balances"."ExistentialDeposit" => Number,
        Optional { without: "nobody is told what an account has to keep" };
    RUNTIME_VERSION: "System"."Version"
        => Fields(&[Field::new("spec_version", Number), Field::new("transaction_version", Number)]),
        Optional { without: "a recording does not say its version" };
}

/// A pallet's error inside a dispatch error.
const DISPATCH_ERROR: Shape =
    Case("Module", &Items(&[Fields(&[Field::new("index", Number), Field::new("error", Bytes)])]));
/// The result of a call inside a call.
const INNER: Shape = Case("Err", &Items(&[DISPATCH_ERROR]));

events! {
    EXTRINSIC_SUCCESS: "System"."ExtrinsicSuccess", Required;
    EXTRINSIC_FAILED: "System"."ExtrinsicFailed" ("dispatch_error" or 0: DISPATCH_ERROR), Required;
    NEURON_REGISTERED: "SubtensorModule"."NeuronRegistered" ("uid" or 1: Number),
        Optional { without: "the uid is read after the registration" };
    NETWORK_ADDED: "SubtensorModule"."NetworkAdded" ("netuid" or 0: Number), Required;
    SUDID: "Sudo"."Sudid" ("sudo_result" or 0: INNER), NO_OUTER_CALL;
    SUDO_AS_DONE: "Sudo"."SudoAsDone" ("sudo_result" or 0: INNER), NO_OUTER_CALL;
    BATCH_INTERRUPTED: "Utility"."BatchInterrupted" ("error" or 1: DISPATCH_ERROR), NO_OUTER_CALL;
    ITEM_FAILED: "Utility"."ItemFailed" ("error" or 0: DISPATCH_ERROR), NO_OUTER_CALL;
    DISPATCHED_AS: "Utility"."DispatchedAs" ("result" or 0: INNER), NO_OUTER_CALL;
    PROXY_EXECUTED: "Proxy"."ProxyExecuted" ("result" or 0: INNER), NO_OUTER_CALL;
    MULTISIG_EXECUTED: "Multisig"."MultisigExecuted" ("result" or 4: INNER), NO_OUTER_CALL;
    BATCH_WEIGHT_ITEM_FAILED: "SubtensorModule"."BatchWeightItemFailed" ("error" or 1: DISPATCH_ERROR), NO_OUTER_CALL;
}

/// Events that report the result of an inner call while the extrinsic itself succeeds.
pub(crate) const INNER_RESULTS: [EventUse; 8] = [
    SUDID,
    SUDO_AS_DONE,
    BATCH_INTERRUPTED,
    ITEM_FAILED,
    DISPATCHED_AS,
    PROXY_EXECUTED,
    MULTISIG_EXECUTED,
    BATCH_WEIGHT_ITEM_FAILED,
];

errors! { "SubtensorModule":
    "SettingWeightsTooFast" "CommittingWeightsTooFast" "NeuronNoValidatorPermit" "NotEnoughStakeToSetWeights"
    "IncorrectWeightVersionKey" "WeightVecNotEqualSize" "WeightVecLengthIsLow" "DuplicateUids"
    "UidVecContainInvalidOne" "UidsLengthExceedUidsInSubNet" "MaxWeightExceeded" "CanNotSetRootNetworkWeights"
    "MechanismDoesNotExist" "CommitRevealEnabled" "CommitRevealDisabled" "NoWeightsCommitFound"
    "InvalidRevealCommitHashNotMatch" "RevealTooEarly" "ExpiredWeightCommit" "TooManyUnrevealedCommits"
    "IncorrectCommitRevealVersion" "InvalidRevealRound" "HotKeyNotRegisteredInSubNet"
    "HotKeyAlreadyRegisteredInSubNet" "HotKeyNotRegisteredInNetwork" "HotKeyAccountNotExists" "NonAssociatedColdKey"
    "SubNetRegistrationDisabled" "NoNeuronIdAvailable" "NotEnoughBalanceToStake" "SubnetNotExists" "SubtokenDisabled"
    "CannotAffordLockCost" "NetworkTxRateLimitExceeded" "ServingRateLimitExceeded" "InvalidIpAddress" "InvalidIpType"
    "InvalidPort" "TxRateLimitExceeded" "AdminActionProhibitedDuringWeightsWindow"
}
