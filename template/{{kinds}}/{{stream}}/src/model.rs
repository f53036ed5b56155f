//! A language model small enough to read: which words follow which, counted in one short text.
//!
//! Yours would be large. What matters stays: sampled with a given seed, it makes the same text everywhere, so that whoever
//! has it can tell any single word right from wrong by the words before it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The model that miners and validators share.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| Model::trained_on(include_str!("tale.txt")));

/// For each word, those that came after it, as often as they did.
#[derive(Debug)]
pub struct Model {
    words: Vec<&'static str>,
    after: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Model {
    fn trained_on(text: &'static str) -> Self {
        let words: Vec<_> = text.split_whitespace().collect();
        let mut after = BTreeMap::<_, Vec<_>>::new();
        for pair in words.windows(2) {
            after.entry(pair[0]).or_default().push(pair[1]);
        }
        Self { words, after }
    }

    /// The word at `place`, counted from 0, of the tale with this seed, if `word` is the one before it. After a word that
    /// it never saw, any may follow.
    pub fn next(&self, word: &str, seed: u64, place: usize) -> &'static str {
        let choice = self.after.get(word).unwrap_or(&self.words);
        choice[drawn(seed, place, choice.len())]
    }

    /// Some word to begin with.
    pub fn word(&self, seed: u64) -> &'static str {
        self.words[drawn(seed, 0, self.words.len())]
    }
}

/// A number below `count`. Written out, because random number generators of libraries change with their versions, and
/// miners and validators have to draw the same.
fn drawn(seed: u64, place: usize, count: usize) -> usize {
    // SplitMix64, by Sebastiano Vigna, dedicated to the public domain.
    let mut bits = seed.wrapping_add((place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits % count as u64) as usize
}
