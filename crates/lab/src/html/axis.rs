//! Axes: where the lines of a chart's grid are, and what stands beside them.

use crate::number;

/// About so many steps from zero to the top of a vertical axis.
const STEPS: f64 = 5.0;
/// About so many labels below a chart.
const LABELS: usize = 8;

/// A vertical axis from zero to a round number, with lines at equal steps.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) top: f64,
    pub(super) labels: Vec<String>,
}

impl Axis {
    /// An axis that holds numbers up to `largest`.
    pub(super) fn up_to(largest: f64) -> Self {
        if !largest.is_finite() || largest <= 0.0 {
            return Self { top: 1.0, labels: vec!["0".to_owned(), "1".to_owned()] };
        }
        let raw = largest / STEPS;
        let power = 10.0_f64.powf(raw.log10().floor());
        let rounds = [1.0, 2.0, 2.5, 5.0, 10.0];
        let step = rounds.iter().map(|round| round * power).find(|step| *step >= raw * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let count = (largest / step - 1e-9).ceil().max(1.0) as usize;
        let decimals =
            (0..9).find(|decimals| is_whole(step * 10.0_f64.powi(*decimals))).unwrap_or(9) as usize;
        let label =
            |at: usize| if at == 0 { "0".to_owned() } else { number::fixed(step * at as f64, decimals) };
        let labels = (0..=count).map(label).collect();
        Self { top: step * count as f64, labels }
    }

    /// An axis of shares, from 0 to 1.
    pub(super) fn of_shares() -> Self {
        Self { top: 1.0, labels: ["0", "0.25", "0.5", "0.75", "1"].map(str::to_owned).into() }
    }

    /// An axis of per cent, from 0 to 100.
    pub(super) fn of_per_cent() -> Self {
        Self { top: 100.0, labels: ["0", "25", "50", "75", "100"].map(str::to_owned).into() }
    }

    /// How far down from the top a value is drawn, of [`HEIGHT`](super::frame::HEIGHT).
    pub(super) fn down(&self, value: f64) -> f64 {
        (1.0 - (value / self.top).clamp(0.0, 1.0)) * super::frame::HEIGHT
    }
}

fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() < 1e-6 * number.abs().max(1e-9) && number.round() != 0.0
}

/// How positions are spread over the width of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// From edge to edge, as time is.
    EdgeToEdge,
    /// Each in the middle of a column of its own, as the values of a setting are.
    InColumns,
}

impl Spread {
    /// How far right of 1 the `at`th of `count` positions is.
    pub(super) fn across(self, at: usize, count: usize) -> f64 {
        match self {
            Self::EdgeToEdge if count > 1 => at as f64 / (count - 1) as f64,
            Self::EdgeToEdge => 0.5,
            Self::InColumns => (at as f64 + 0.5) / count.max(1) as f64,
        }
    }
}

/// Which of some positions get a label: all of a few, or else round ones at equal distances.
pub(super) fn labelled(values: &[f64]) -> Vec<usize> {
    let count = values.len();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return Vec::new() };
    if count <= LABELS {
        return (0..count).collect();
    }
    let rounds = [1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1_000.0];
    let step = rounds.into_iter().find(|step| (last - first) / step <= LABELS as f64);
    let step = step.unwrap_or_else(|| ((last - first) / LABELS as f64).ceil());
    let mut labelled = Vec::new();
    let mut next = (first / step).ceil().max(1.0) * step;
    for (at, value) in values.iter().enumerate() {
        if *value >= next {
            labelled.push(at);
            next = (value / step).floor() * step + step;
        }
    }
    labelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_holds_the_largest() {
        assert_eq!(Axis::up_to(37.0).labels, ["0", "10", "20", "30", "40"]);
        assert_eq!(Axis::up_to(0.9).labels, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(Axis::up_to(40.0).top, 40.0);
        assert_eq!(Axis::up_to(f64::NAN).top, 1.0);
        assert_eq!(Axis::up_to(0.0).labels, ["0", "1"]);
        for largest in [1e-7, 0.003, 1.0, 12.3, 99.9, 123_456.0] {
            let axis = Axis::up_to(largest);
            assert!(axis.top >= largest * 0.999 && axis.labels.len() <= 7, "{largest}: {axis:?}");
        }
    }

    #[test]
    fn labels_stand_at_round_positions() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let shown: Vec<f64> = labelled(&values).into_iter().map(|at| values[at]).collect();
        assert_eq!(shown, [25.0, 50.0, 75.0, 100.0, 125.0, 150.0, 175.0, 200.0]);
        assert_eq!(labelled(&[1.0]), [0]);
        assert!(labelled(&[]).is_empty());
    }
}
