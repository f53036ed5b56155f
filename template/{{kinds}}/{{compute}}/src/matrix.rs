//! Square matrices over a prime field. Arithmetic is exact there: an answer is right or wrong, never nearly right.

use subnetkit::prelude::*;
use subnetkit::rand::Rng;

/// The field's order, the Mersenne prime 2^31 - 1. Cells are below it, and a product of two of them has 62 bits.
pub const PRIME: u32 = 0x7fff_ffff;

/// A square matrix of numbers below [`PRIME`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "subnetkit::serde", deny_unknown_fields)]
pub struct Matrix {
    /// Rows, and as many columns.
    pub size: usize,
    /// Row after row, `size` times `size` numbers.
    pub cells: Vec<u32>,
}

impl Matrix {
    /// A matrix of this size with random cells.
    pub fn random(size: usize, rng: &mut impl Rng) -> Self {
        let cells = (0..size * size).map(|_| rng.random_range(0..PRIME)).collect();
        Self { size, cells }
    }

    /// Whether there are as many cells as the size says, all of them in the field. What comes from the network is
    /// asked this before anything else.
    pub fn is_sound(&self) -> bool {
        self.size.checked_mul(self.size) == Some(self.cells.len())
            && self.cells.iter().all(|cell| *cell < PRIME)
    }

    /// The product with a sound matrix of the same size, in n³ steps.
    pub fn multiply(&self, right: &Self) -> Self {
        let columns = right.transposed();
        let cells = self.rows().flat_map(|row| columns.rows().map(|column| dot(row, column))).collect();
        Self { size: self.size, cells }
    }

    /// The product with a vector of as many numbers as there are columns, in n² steps.
    pub fn apply(&self, vector: &[u32]) -> Vec<u32> {
        self.rows().map(|row| dot(row, vector)).collect()
    }

    fn transposed(&self) -> Self {
        let columns = 0..self.size;
        let cells = columns.flat_map(|column| self.rows().map(move |row| row[column])).collect();
        Self { size: self.size, cells }
    }

    /// No rows if the size is 0, which `chunks_exact` does not take.
    fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.cells.chunks_exact(self.size.max(1))
    }
}

fn dot(left: &[u32], right: &[u32]) -> u32 {
    let terms = left.iter().zip(right).map(|(left, right)| u64::from(*left) * u64::from(*right));
    // Reduced at every step: four terms would no longer fit.
    let sum = terms.fold(0, |sum, term| (sum + term) % u64::from(PRIME));
    u32::try_from(sum).unwrap_or_else(|_| unreachable!("a remainder is below the prime"))
}
