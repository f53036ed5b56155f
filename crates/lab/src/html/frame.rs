//! What all charts over time have: title, legend, axes, grid. Marks are stretched to the room there is, text is not, so
//! that one chart is read on a phone and on a wide screen.

use maud::{Markup, PreEscaped, html};

use super::axis::{Axis, Spread};

/// Marks are drawn on a plane of this size, whatever the room on the screen.
pub(super) const WIDTH: f64 = 1_000.0;
/// See [`WIDTH`].
pub(super) const HEIGHT: f64 = 1_000.0;

/// A line of a legend.
#[derive(Debug, Clone)]
pub(super) struct Key<'a> {
    pub(super) label: &'a str,
    pub(super) look: Look,
}

/// Colours of series; the style sheet has as many.
const COLOURS: usize = 10;

/// Colour and dashes of a series, by its place: colours repeat after ten, dashes after four times four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look(pub(super) usize);

impl Look {
    /// The class of a mark that is filled.
    pub(super) fn fill(self) -> String {
        format!("a s{}", self.0 % COLOURS)
    }

    /// The class of a mark that is drawn.
    pub(super) fn line(self) -> String {
        format!("l s{} d{}", self.0 % COLOURS, self.0 / 4 % 4)
    }

    /// The class of whatever else has the colour.
    pub(super) fn colour(self) -> String {
        format!("s{}", self.0 % COLOURS)
    }

    /// The class of a dot.
    pub(super) fn dot(self) -> String {
        format!("dot s{}", self.0 % COLOURS)
    }
}

/// Whether a legend shows lines or areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    Lines,
    Areas,
}

/// A chart without its marks.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) about: String,
    pub(super) y: Axis,
    pub(super) y_unit: &'a str,
    /// Names of the positions, left to right.
    pub(super) names: Vec<String>,
    /// What stands below some of them.
    pub(super) labelled: Vec<(usize, String)>,
    pub(super) spread: Spread,
    pub(super) x_unit: &'a str,
    pub(super) keys: Vec<Key<'a>>,
    pub(super) marks: Marks,
}

impl Frame<'_> {
    pub(super) fn render(&self, marks: &Markup, below: &Markup) -> Markup {
        let steps = self.y.labels.len().saturating_sub(1).max(1);
        let grid: String = (0..=steps)
            .map(|at| format!("M0 {}H{WIDTH}", coordinate(HEIGHT * at as f64 / steps as f64).0))
            .collect();
        html! {
            figure.chart {
                figcaption { (self.title) }
                @if !self.about.is_empty() { p.about { (self.about) } }
                (legend(&self.keys, self.marks))
                div.plot {
                    div.unit { (self.y_unit) }
                    div.ys aria-hidden="true" { @for label in &self.y.labels { span { (label) } } }
                    div.canvas {
                        svg role="img" aria-label={ (self.title) ", " (self.y_unit) " by " (self.x_unit) }
                            viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none"
                            data-names=(self.names.join("|")) data-columns[self.spread == Spread::InColumns] data-unit=(self.x_unit) {
                            path.grid d=(grid) {}
                            (marks)
                        }
                    }
                    div.xs aria-hidden="true" {
                        @for (nth, (at, label)) in self.labelled.iter().enumerate() {
                            span.odd[nth % 2 == 0 && self.labelled.len() > 5]
                                style={ "left:" (coordinate(self.spread.across(*at, self.names.len()) * 100.0)) "%" } {
                                (label)
                            }
                        }
                    }
                    div.x-unit { (self.x_unit) }
                }
                (below)
            }
        }
    }
}

/// What each colour means. Nothing where there is only one thing to see.
pub(super) fn legend(keys: &[Key<'_>], marks: Marks) -> Markup {
    html! {
        @if keys.len() > 1 {
            ul.legend {
                @for (at, key) in keys.iter().enumerate() {
                    li data-series=(at) {
                        @match marks {
                            Marks::Lines => svg.key aria-hidden="true" viewBox="0 0 28 10" {
                                path class=(key.look.line()) d="M1 5H27" {}
                            },
                            Marks::Areas => svg.key.box aria-hidden="true" viewBox="0 0 12 12" {
                                path class=(key.look.fill()) d="M0 0H12V12H0Z" {}
                            },
                        }
                        span { (key.label) }
                    }
                }
            }
        }
    }
}

/// A name behind a square of its colour.
pub(super) fn named(look: Look, name: &str) -> Markup {
    html! { span class={ "named " (look.colour()) } { (name) } }
}

/// A number of a drawing, as short as it may be without being seen to be rounded.
pub(super) fn coordinate(number: f64) -> PreEscaped<String> {
    let text = format!("{number:.1}");
    PreEscaped(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
}
