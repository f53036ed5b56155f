//! A report as one page that needs nothing else: no network, no other file, and no script for anything but pointing at
//! numbers.

mod axis;
mod bars;
mod frame;
mod heat;
mod lines;
mod page;
mod rules;
mod style;
mod sweep;
mod tables;

use crate::report::Report;

impl Report {
    /// The report as one HTML page. It refers to nothing outside of itself, and is read on a phone as on a wide screen. Its
    /// size does not grow with epochs, nor beyond a point with neurons: long series are thinned out, large maps merged.
    #[must_use]
    pub fn to_html(&self) -> String {
        let page = page::page(self).into_string();
        // A name may hold anything; no browser takes control characters well.
        page.chars().filter(|character| !character.is_control() || *character == '\n').collect()
    }
}
