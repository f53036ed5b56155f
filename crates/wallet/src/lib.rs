//! Bittensor wallets on disk, as btcli reads and writes them.
