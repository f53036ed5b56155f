//! What a Bittensor miner and validator agree on: synapses, hotkeys, signed requests.
