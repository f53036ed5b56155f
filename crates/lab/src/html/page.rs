//! The page from top to bottom.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::axis::{Axis, Spread};
use super::frame::Look;
use super::lines::{Chart, Series, largest};
use super::style::{SCRIPT, STYLE};
use super::{bars, heat, rules, sweep, tables};
use crate::{
    findings::{self, Finding},
    number,
    report::Report,
    timeline::{Points, Timeline},
};

/// Nothing is fetched from anywhere, whatever a title or a name holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

pub(super) fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (report.title) " · incentive laboratory" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head(report))
                    (miners(report))
                    (validators(report))
                    (what_ifs(report))
                    h2 { "Population" }
                    (tables::population(report))
                    h2 { "Rules" }
                    p.about { "The subnet’s hyperparameters on chain, and what the laboratory assumes of the chain around it." }
                    (rules::table(&report.rules))
                    h2 { "The same again" }
                    p.about { "The same seed gives the same numbers, on any machine. With --json they are printed whole." }
                    pre { code { (report.command()) } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn head(report: &Report) -> Markup {
    html! {
        h1 { (report.title) }
        p.lead { (report.summary()) }
        ul.findings {
            @for alike in findings::of(report).chunk_by(|one, next| one.gravity == next.gravity) {
                @if let Some(Finding { gravity, .. }) = alike.first() {
                    li class=(gravity.word()) {
                        b { (gravity.word()) }
                        ul { @for finding in alike { li { (finding.sentence) } } }
                    }
                }
            }
        }
    }
}

fn miners(report: &Report) -> Markup {
    let time = Timeline::of(report);
    let series = |points: &dyn Fn(usize) -> Points| -> Vec<Series<'_>> {
        let one = |(at, name)| Series { label: name, look: Look(at), points: points(at) };
        report.strategies.iter().map(|strategy| strategy.name.as_str()).enumerate().map(one).collect()
    };
    let shares = series(&|at| time.share(at));
    let emission = series(&|at| time.emission_per_identity(at));
    let scores = series(&|at| time.score(at));
    let gini = [Series { label: "all miners’ hotkeys", look: Look(0), points: time.gini() }];
    html! {
        h2 { "Miners" }
        @if report.strategies.is_empty() {
            p.none { "There were none." }
        } @else {
            (tables::strategies(report))
            div.charts {
                (over_time(&time, "Emission by strategy", "share of the miners’ emission, %", Axis::of_per_cent()).areas(&shares))
                (over_time(&time, "Emission of one identity", "α per epoch, mean of the strategy’s hotkeys", Axis::up_to(largest(&emission))).lines(&emission))
                (bars::per_identity(&report.strategies))
                (over_time(&time, "Score", "what the honest validators gave a hotkey, mean of the strategy’s", Axis::up_to(largest(&scores))).lines(&scores))
                (over_time(&time, "Inequality among miners", "gini index, 0 all the same, 1 one for all", Axis::of_shares()).lines(&gini))
            }
        }
    }
}

fn validators(report: &Report) -> Markup {
    let time = Timeline::of(report);
    let series = |points: &dyn Fn(usize) -> Points| -> Vec<Series<'_>> {
        let one = |(at, name)| Series { label: name, look: Look(at), points: points(at) };
        report.validators.iter().map(|kind| kind.name.as_str()).enumerate().map(one).collect()
    };
    let trust = series(&|at| time.trust(at));
    let dividends = series(&|at| time.dividends_per_thousand(at));
    html! {
        h2 { "Validators" }
        (tables::validators(report))
        div.charts {
            (over_time(&time, "Validator trust", "part of its weights within the consensus, 0 to 1", Axis::of_shares()).lines(&trust))
            (over_time(&time, "Dividends", "α per epoch for each 1,000 α of stake", Axis::up_to(largest(&dividends))).lines(&dividends))
            div.wide { (heat::weights(report)) }
        }
    }
}

fn what_ifs(report: &Report) -> Markup {
    html! {
        @if !report.what_ifs.is_empty() {
            h2 { "What if" }
            p.about { "The same population and seed with one setting changed. The dashed line is the value in force, or any that leads to the same." }
            div.charts { @for what_if in &report.what_ifs { (sweep::what_if(what_if)) } }
        }
    }
}

fn over_time<'a>(time: &Timeline<'_>, title: &'a str, y_unit: &'a str, y: Axis) -> Chart<'a> {
    let about = time
        .epochs_per_point()
        .map(|epochs| format!("Each point is the mean of {} epochs.", number::fixed(epochs as f64, 0)));
    Chart {
        title,
        about: about.unwrap_or_default(),
        y,
        y_unit,
        names: time.names(),
        values: time.numbers(),
        x_unit: "epoch",
        spread: Spread::EdgeToEdge,
    }
}
