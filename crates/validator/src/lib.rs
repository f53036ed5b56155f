//! The scoring loop: ask, score, reward, conform, commit, confirm.
