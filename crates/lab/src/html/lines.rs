//! Series over time, or over the values of a setting: lines, and areas one upon another.

use maud::{Markup, PreEscaped, html};

use super::axis::{self, Axis, Spread};
use super::frame::{Frame, HEIGHT, Key, Look, Marks, WIDTH, coordinate};
use crate::number;

/// One line of a chart.
#[derive(Debug)]
pub(super) struct Series<'a> {
    pub(super) label: &'a str,
    pub(super) look: Look,
    pub(super) points: Vec<Option<f64>>,
}

/// What a chart says around its lines.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) about: String,
    pub(super) y: Axis,
    pub(super) y_unit: &'a str,
    /// What the positions are called where one points at them.
    pub(super) names: Vec<String>,
    /// Where they are on a scale; round ones are labelled.
    pub(super) values: Vec<f64>,
    pub(super) x_unit: &'a str,
    pub(super) spread: Spread,
}

impl<'a> Chart<'a> {
    /// One line per series.
    pub(super) fn lines(self, series: &[Series<'a>]) -> Markup {
        let (y, spread) = (self.y.clone(), self.spread);
        self.frame(series, Marks::Lines).render(&strokes(series, &y, spread), &html! {})
    }

    /// One line per series with a dot at each point, what is `behind` it, and what stands `below` the chart.
    pub(super) fn dotted(self, series: &[Series<'a>], behind: &Markup, below: &Markup) -> Markup {
        let (y, spread) = (self.y.clone(), self.spread);
        let marks = html! {
            (behind)
            (strokes(series, &y, spread))
            @for (at, one) in series.iter().enumerate() {
                path class=(one.look.dot()) data-series=(at) d=(dots(one, &y, spread)) {}
            }
        };
        self.frame(series, Marks::Lines).render(&marks, below)
    }

    /// One area per series, each upon the one before it, from edge to edge.
    pub(super) fn areas(self, series: &[Series<'a>]) -> Markup {
        let y = self.y.clone();
        let mut below = vec![0.0; self.names.len()];
        let areas: Vec<String> = series.iter().map(|one| area(one, &y, &mut below)).collect();
        self.frame(series, Marks::Areas).render(&html! {
            @for (at, (one, area)) in series.iter().zip(areas).enumerate() {
                path class=(one.look.fill()) data-series=(at) data-label=(one.label) data-values=(values(&one.points)) d=(PreEscaped(area)) {}
            }
        }, &html! {})
    }

    fn frame(mut self, series: &[Series<'a>], marks: Marks) -> Frame<'a> {
        let seen = |point: &f64| marks == Marks::Lines || *point > 0.0;
        if !series.iter().flat_map(|one| &one.points).flatten().any(seen) {
            self.about = "There is nothing to be seen here: not in any epoch.".to_owned();
        }
        let label = |at: usize| match self.spread {
            Spread::EdgeToEdge => self.values.get(at).map(|value| number::plain(*value)),
            Spread::InColumns => self.names.get(at).cloned(),
        };
        let labelled = axis::labelled(&self.values).into_iter();
        let labelled = labelled.filter_map(|at| Some((at, label(at)?))).collect();
        Frame {
            title: self.title,
            about: self.about,
            y: self.y,
            y_unit: self.y_unit,
            labelled,
            spread: self.spread,
            names: self.names,
            x_unit: self.x_unit,
            keys: series.iter().map(|one| Key { label: one.label, look: one.look }).collect(),
            marks,
        }
    }
}

/// The largest number of several series.
pub(super) fn largest<'s>(series: impl IntoIterator<Item = &'s Series<'s>>) -> f64 {
    series
        .into_iter()
        .flat_map(|one| &one.points)
        .flatten()
        .fold(0.0, |largest: f64, point| largest.max(*point))
}

fn strokes(series: &[Series<'_>], y: &Axis, spread: Spread) -> Markup {
    html! {
        @for (at, one) in series.iter().enumerate() {
            path class=(one.look.line()) data-series=(at) data-label=(one.label) data-values=(values(&one.points)) d=(line(one, y, spread)) {}
        }
    }
}

/// A dot is a line of no length with round ends: a circle would be stretched with the chart.
fn dots(series: &Series<'_>, y: &Axis, spread: Spread) -> PreEscaped<String> {
    let count = series.points.len();
    let dot = |(at, point): (usize, &Option<f64>)| {
        let point = (*point)?;
        Some(format!("M{} {}h0", coordinate(spread.across(at, count) * WIDTH).0, coordinate(y.down(point)).0))
    };
    PreEscaped(series.points.iter().enumerate().filter_map(dot).collect())
}

/// Where a point has none beside it, it is drawn as a dot.
fn line(series: &Series<'_>, y: &Axis, spread: Spread) -> PreEscaped<String> {
    let count = series.points.len();
    let (mut path, mut pen_down) = (String::new(), false);
    for (at, point) in series.points.iter().enumerate() {
        if let Some(point) = point {
            let (x, y) = (coordinate(spread.across(at, count) * WIDTH).0, coordinate(y.down(*point)).0);
            let alone = !pen_down && series.points.get(at + 1).is_none_or(Option::is_none);
            path += &format!("{}{x} {y}", if pen_down { 'L' } else { 'M' });
            path += if alone { "h0" } else { "" };
        }
        pen_down = point.is_some();
    }
    PreEscaped(path)
}

fn area(series: &Series<'_>, y: &Axis, below: &mut [f64]) -> String {
    let count = series.points.len();
    let corner = |at: usize, height: f64| {
        format!(
            "{} {}",
            coordinate(Spread::EdgeToEdge.across(at, count) * WIDTH).0,
            coordinate(y.down(height)).0
        )
    };
    let lower: Vec<String> = below.iter().enumerate().map(|(at, height)| corner(at, *height)).collect();
    for (height, point) in below.iter_mut().zip(&series.points) {
        *height += point.unwrap_or(0.0);
    }
    let upper = below.iter().enumerate().map(|(at, height)| corner(at, *height));
    let mut around: Vec<String> = upper.chain(lower.into_iter().rev()).collect();
    if count == 1 {
        // One epoch is as wide as the chart.
        let (top, bottom) = (y.down(below[0]), y.down(below[0] - series.points[0].unwrap_or(0.0)));
        around = [(0.0, top), (WIDTH, top), (WIDTH, bottom), (0.0, bottom)]
            .map(|(x, y)| format!("{} {}", coordinate(x).0, coordinate(y).0))
            .into();
    }
    debug_assert!(below.iter().all(|height| y.down(*height) <= HEIGHT));
    if around.is_empty() { String::new() } else { format!("M{}Z", around.join("L")) }
}

/// The numbers themselves, for whoever points at the chart.
fn values(points: &[Option<f64>]) -> String {
    let decimals = number::decimals(points.iter().flatten().copied());
    let text = |point: &Option<f64>| point.map_or_else(String::new, |point| number::fixed(point, decimals));
    points.iter().map(text).collect::<Vec<_>>().join("|")
}
