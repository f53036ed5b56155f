//! One line of help per setting.

use super::key::Key;

const HELP: &[(&str, &[(&str, &str)])] = &[
    (
        "",
        &[
            ("network", "The chain: finney, test, archive, local or a ws:// or wss:// URL"),
            ("netuid", "The subnet"),
            ("genesis", "Hash of block 0 that the chain must have"),
            (
                "fallback_endpoints",
                "URLs used when the network's first one fails, or none [default: the network's]",
            ),
            ("archive_endpoints", "URLs of nodes with all history, or none [default: the network's]"),
            ("max_silent_blocks", "Block times without a block after which the chain counts as lost"),
            ("wallet", "The wallet by name, or a development key such as //Alice"),
            ("wallet_hotkey", "The hotkey by name, or a development key such as //Alice//miner"),
            ("wallet_path", "The directory of all wallets"),
            ("log", "What is logged, for example info or subnetkit_miner=debug"),
            ("log_format", "How it is logged: pretty or json"),
            (
                "end_with_stdin",
                "End in order when standard input is closed, as by the end of who started this",
            ),
        ],
    ),
    (
        "miner",
        &[
            ("listen", "Address the axon listens on"),
            ("operator_listen", "Where to serve /healthz, /readyz and /metrics [default: that of listen]"),
            ("external_ip", "IP address published on the chain [default: that of listen]"),
            ("external_port", "Port published on the chain [default: that of listen]"),
            ("tls_certificate", "PEM file of the certificate to serve TLS with [default: no TLS]"),
            ("tls_key", "PEM file of the certificate's private key"),
            ("tls_reload", "Time between two looks whether those files changed"),
            ("body_limit", "Largest request body, in bytes"),
            ("body_memory", "Bytes of request bodies held at once"),
            ("body_timeout", "Time a caller has to deliver its body"),
            ("linger_bytes", "Bytes of a refused body that are read and thrown away"),
            ("linger_timeout", "Time given to reading a refused body"),
            ("header_timeout", "Time a connection has to deliver a request head"),
            ("send_timeout", "Time a caller has to read each 16 KiB of an answer"),
            ("header_limit", "Largest request head, in bytes"),
            ("max_connections", "Connections open at once"),
            ("max_connections_per_address", "Connections open at once from one address"),
            ("rate_unproven_per_address", "Requests per second of one address that prove nothing"),
            ("burst_unproven_per_address", "Such requests of one address in one burst"),
            ("max_tracked_addresses", "Addresses whose rate is remembered at once"),
            ("verify_threads", "Threads that verify signatures [default: one for each core]"),
            ("verify_queue", "Requests that may wait for verification"),
            ("max_concurrency", "Requests in the handler at once"),
            ("queue", "Requests that may wait for the handler"),
            ("queue_timeout", "Time a request may wait for the handler"),
            ("request_timeout", "Time from a proven request to its answer"),
            ("stream_chunk_limit", "Largest chunk of a streamed answer, in bytes"),
            ("stream_limit", "Largest streamed answer, in bytes"),
            ("sign_responses", "Sign answers for callers that ask for it"),
            ("drain_timeout", "Time that requests in flight have at shutdown"),
            ("rate_per_hotkey", "Requests per second of one hotkey"),
            ("rate_shared_by_stake", "Requests per second that all hotkeys share by stake beside that"),
            ("burst_per_hotkey", "Requests of one hotkey in one burst"),
            ("max_tracked_hotkeys", "Hotkeys whose rate is remembered at once"),
            ("min_stake_rao", "Least stake of an admitted caller, in rao"),
            ("require_permit", "Admit only holders of a validator permit"),
            ("allow", "Hotkeys admitted without standing"),
            ("deny", "Hotkeys never admitted"),
            ("metagraph_refresh", "Time between two reads of the metagraph"),
            ("metagraph_max_age", "Age of the newest block at which the miner is not ready"),
            ("when_stale", "What to do with requests then: serve or refuse"),
            ("caller_scheme", "Signature scheme of the callers' hotkeys: sr25519 or ed25519"),
            ("callers_of_other_scheme", "Hotkeys of callers with the other scheme"),
            ("signature_max_age", "Age at which a signed request is refused"),
            ("signature_allowed_skew", "How far ahead a caller's clock may be"),
            ("accept_signed_before_start", "Accept requests signed before this start"),
            ("replay_capacity", "Requests remembered against replay"),
            ("replay_capacity_per_hotkey", "Requests remembered against replay, per caller"),
            ("replay_redis_url", "Redis in which axons of one hotkey remember requests together"),
            ("replay_redis_prefix", "What the keys in there begin with"),
            ("replay_redis_timeout", "Time it has to answer"),
        ],
    ),
    (
        "validator",
        &[
            ("when_all_zero", "What to submit when nobody has a reward: burn_to_owner, hold_last or skip"),
            ("round_interval", "From round to round: a time or blocks (\"5 blocks\")"),
            ("sample_size", "Most hotkeys offered to one round"),
            ("task_timeout", "Longest the task hook may take"),
            ("score_timeout", "Longest the score hook may take"),
            ("settle_timeout", "Longest one call of the settle hook may take"),
            ("settle_budget", "Time per round for settling open rounds"),
            ("settle_within", "Age at which an open round ends without scores"),
            ("open_rounds", "Most rounds that wait for their scores"),
            ("reward_timeout", "Longest the reward hook may take"),
            ("ask_timeout", "Longest wait for one miner's answer"),
            ("connect_timeout", "Longest wait for a connection to a miner"),
            ("ask_attempts", "Attempts per miner and round"),
            ("ask_concurrency", "Most miners asked at the same time"),
            ("ask_concurrency_per_host", "Most miners asked at the same time on one host"),
            ("max_response_bytes", "Largest answer read from a miner, in bytes"),
            ("max_response_pieces", "Most pieces of a streamed answer"),
            ("allow_private_addresses", "Dial miners at private addresses"),
            ("require_signed_responses", "Count answers without their miner's signature as forged"),
            ("miner_scheme", "Signature scheme of the miners' hotkeys: sr25519 or ed25519"),
            ("miners_of_other_scheme", "Hotkeys of miners with the other scheme"),
            ("submit_margin_blocks", "Blocks before the epoch at which weights are set"),
            ("submit_attempts", "Submissions tried per epoch"),
            ("owner_burn_share", "Share of all weight that goes to the owner to be burned, 0.0 to 1.0"),
            ("commit_with", "How weights are committed where the subnet hides them: timelocked or hash"),
            ("version_key", "Version key sent with weights"),
            ("ledger_path", "The ledger, an SQLite file"),
            ("ledger_rounds", "Rounds kept in the ledger"),
            ("ledger_submissions", "Submissions kept in the ledger"),
            ("ledger_body_rounds", "Rounds kept whole, to be judged again"),
            ("ledger_body_bytes", "Largest request or answer kept whole, in bytes"),
            ("ledger_bodies_total_bytes", "Bytes of all requests and answers kept whole"),
            ("status_listen", "Where to serve /healthz, /readyz and /metrics [default: nowhere]"),
            ("stall_timeout", "How long a loop may stand still before the process ends"),
            ("report_buffer", "Reports kept for a slow subscriber"),
        ],
    ),
];

/// What a setting does; empty for one that was forgotten here, which a test finds.
pub(super) fn of(key: &Key) -> &'static str {
    let table = key.table.unwrap_or_default();
    let rows = HELP.iter().find(|(name, _)| *name == table).map_or(&[][..], |(_, rows)| rows);
    rows.iter().find(|(name, _)| *name == key.name).map_or("", |(_, help)| help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_help(keys: &[Key]) {
        let table = keys[0].table.unwrap_or_default();
        let mut documented: Vec<_> = HELP
            .iter()
            .filter(|(name, _)| *name == table)
            .flat_map(|(_, rows)| rows.iter().map(|row| row.0))
            .collect();
        let mut named: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
        documented.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, documented, "settings of [{table}] and their help");
    }

    #[test]
    fn every_setting_has_help() {
        matches_help(&Key::of_common().unwrap());
        #[cfg(feature = "miner")]
        matches_help(&Key::of_role::<crate::miner::MinerConfig>().unwrap());
        #[cfg(feature = "validator")]
        matches_help(&Key::of_role::<crate::validator::ValidatorConfig>().unwrap());
    }
}
