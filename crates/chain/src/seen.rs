//! What heads were seen, and how a further one relates to them.
//!
//! A node that is behind shows heads that were seen before; a chain that went back shows other blocks under numbers that
//! were seen. Only the second is passed on, so that whoever follows the heads goes back only if the chain does.

use crate::Head;
use std::collections::VecDeque;

/// Heads remembered; more than the blocks by which finality usually trails.
const MOST_HEADS: usize = 128;

/// How a head relates to those seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Higher than any.
    Newer,
    /// The last one again.
    Same,
    /// Another block under a number that was seen: the chain went back.
    Fork,
    /// Lower than the last one and not known to differ: its node is behind.
    Behind,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    heads: VecDeque<Head>,
}

impl Seen {
    pub(crate) fn last(&self) -> Option<Head> {
        self.heads.back().copied()
    }

    pub(crate) fn relation(&self, head: Head) -> Relation {
        match self.last() {
            None => Relation::Newer,
            Some(last) if head.number > last.number => Relation::Newer,
            Some(last) if head == last => Relation::Same,
            Some(_) => match self.heads.iter().find(|seen| seen.number == head.number) {
                Some(seen) if seen.hash != head.hash => Relation::Fork,
                _ => Relation::Behind,
            },
        }
    }

    /// Takes a head as the last one; what was seen above it is forgotten.
    pub(crate) fn take(&mut self, head: Head) {
        while self.last().is_some_and(|last| last.number >= head.number) {
            self.heads.pop_back();
        }
        self.heads.push_back(head);
        while self.heads.len() > MOST_HEADS {
            self.heads.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(number: u64, fork: u8) -> Head {
        Head { number, hash: [fork; 32] }
    }

    #[test]
    fn behind_is_told_from_gone_back() {
        let mut seen = Seen::default();
        assert_eq!(seen.relation(head(0, 0)), Relation::Newer);
        for number in [5, 6, 8] {
            seen.take(head(number, 1));
        }
        assert_eq!(seen.relation(head(9, 1)), Relation::Newer);
        assert_eq!(seen.relation(head(8, 1)), Relation::Same);
        assert_eq!(seen.relation(head(8, 2)), Relation::Fork);
        assert_eq!(seen.relation(head(6, 1)), Relation::Behind);
        assert_eq!(seen.relation(head(6, 2)), Relation::Fork);
        assert_eq!(seen.relation(head(7, 2)), Relation::Behind, "never seen, so not known to differ");
        seen.take(head(6, 2));
        assert_eq!(seen.last(), Some(head(6, 2)));
        assert_eq!(seen.relation(head(7, 1)), Relation::Newer);
        for number in 10..1000 {
            seen.take(head(number, 1));
        }
        assert_eq!(seen.heads.len(), MOST_HEADS);
    }
}
