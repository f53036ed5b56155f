//! A sparse matrix of fixed-point numbers, stored row after row in three flat vectors.

use crate::fixed::{self, Divisor, Fixed};

/// Rows keep the order in which their entries were pushed, and may name a column twice: both show in the
/// chain's results.
#[derive(Clone, Debug)]
pub(crate) struct Sparse {
    /// Where each row begins in the other two; one more entry than rows.
    starts: Vec<usize>,
    columns: Vec<u16>,
    values: Vec<Fixed>,
}

impl Sparse {
    pub(crate) fn with_capacity(rows: usize, entries: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Self { starts, columns: Vec::with_capacity(entries), values: Vec::with_capacity(entries) }
    }

    /// An empty matrix with room for what `self` holds.
    pub(crate) fn blank(&self) -> Self {
        Self::with_capacity(self.rows(), self.entries())
    }

    /// Adds an entry to the row being built.
    pub(crate) fn push(&mut self, column: u16, value: Fixed) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// Adds those entries of a row of something that `keep` says are kept, with the values it gives.
    pub(crate) fn push_kept<V>(
        &mut self,
        row: impl Iterator<Item = (u16, V)>,
        keep: impl Fn(u16, V) -> (Fixed, bool),
    ) {
        let start = self.columns.len();
        // Written one after the other, and over the last one if that is not kept: a branch would cost more.
        let room = start + row.size_hint().1.unwrap_or_else(|| row.size_hint().0);
        self.columns.resize(room, 0);
        self.values.resize(room, Fixed::ZERO);
        let mut end = start;
        for (column, value) in row {
            let (value, is_kept) = keep(column, value);
            self.columns[end] = column;
            self.values[end] = value;
            end += usize::from(is_kept);
        }
        self.columns.truncate(end);
        self.values.truncate(end);
    }

    /// Ends the row being built.
    pub(crate) fn end_row(&mut self) {
        self.starts.push(self.columns.len());
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn entries(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (u16, Fixed)> + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.columns[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    pub(crate) fn row_is_empty(&self, row: usize) -> bool {
        self.starts[row] == self.starts[row + 1]
    }

    /// Divides every row by its sum, if that is positive.
    pub(crate) fn normalize_rows(&mut self) {
        for bounds in self.starts.windows(2) {
            let row = &mut self.values[bounds[0]..bounds[1]];
            let total = fixed::sum(row);
            if total > Fixed::ZERO {
                fixed::normalize_by(row, total);
            }
        }
    }

    /// Divides every entry by the sum of its column.
    pub(crate) fn normalize_columns(&mut self, columns: usize) {
        self.divide_columns(columns, Fixed::add);
    }

    /// Divides every entry by the largest value of its column.
    pub(crate) fn upscale_columns(&mut self, columns: usize) {
        self.divide_columns(columns, Fixed::max);
    }

    fn divide_columns(&mut self, columns: usize, combine: impl Fn(Fixed, Fixed) -> Fixed) {
        let mut divisors = vec![Fixed::ZERO; columns];
        for (&column, &value) in self.columns.iter().zip(&self.values) {
            if let Some(divisor) = divisors.get_mut(usize::from(column)) {
                *divisor = combine(*divisor, value);
            }
        }
        let divisors: Vec<Option<Divisor>> =
            divisors.into_iter().map(|divisor| (!divisor.is_zero()).then(|| Divisor::new(divisor))).collect();
        for (&column, value) in self.columns.iter().zip(&mut self.values) {
            if let Some(Some(divisor)) = divisors.get(usize::from(column)) {
                *value = divisor.divide(*value);
            }
        }
    }

    /// Multiplies every row by its factor.
    pub(crate) fn scaled_rows(&self, factors: &[Fixed]) -> Self {
        let mut scaled = self.clone();
        for (bounds, &factor) in self.starts.windows(2).zip(factors) {
            for value in &mut scaled.values[bounds[0]..bounds[1]] {
                *value = value.mul(factor);
            }
        }
        scaled
    }

    /// The sum of each row.
    pub(crate) fn row_sums(&self) -> Vec<Fixed> {
        self.starts.windows(2).map(|bounds| fixed::sum(&self.values[bounds[0]..bounds[1]])).collect()
    }

    /// For each column the sum of its entries, each multiplied by the factor of its row.
    pub(crate) fn weighted_column_sums(&self, factors: &[Fixed]) -> Vec<Fixed> {
        let mut sums = vec![Fixed::ZERO; factors.len()];
        for (row, &factor) in factors.iter().enumerate() {
            for (column, value) in self.row(row) {
                if let Some(sum) = sums.get_mut(usize::from(column)) {
                    *sum = sum.add(factor.mul(value));
                }
            }
        }
        sums
    }

    /// For each row the sum of its entries, each multiplied by the factor of its column.
    pub(crate) fn weighted_row_sums(&self, factors: &[Fixed]) -> Vec<Fixed> {
        (0..self.rows())
            .map(|row| {
                self.row(row).fold(Fixed::ZERO, |sum, (column, value)| {
                    match factors.get(usize::from(column)) {
                        Some(&factor) => sum.add(value.mul(factor)),
                        None => sum,
                    }
                })
            })
            .collect()
    }
}
