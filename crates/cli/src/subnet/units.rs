//! Values of parameters as people say them.

use std::time::Duration;

use subnetkit::chain::{Parameter, ParameterRule, Rao, Unit, Value};

use crate::tao::billionths;

/// What blocks are measured by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) tempo: u16,
    pub(crate) block_time: Duration,
}

impl Scale {
    /// How long so many blocks take.
    pub(crate) fn time(self, blocks: u64) -> String {
        let millis = u128::from(blocks).saturating_mul(self.block_time.as_millis());
        let time = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        // Nobody plans by the millisecond what takes longer than minutes.
        let rounded =
            if time >= Duration::from_secs(60) { Duration::from_secs(time.as_secs()) } else { time };
        humantime::format_duration(rounded).to_string()
    }

    /// A value in the unit that people think in; none where that is the chain's own.
    pub(crate) fn human(self, unit: Unit, value: &Parameter) -> Option<String> {
        let share = |number: u64, of: f64| format!("{:.2}%", 100.0 * number as f64 / of);
        match (unit, value) {
            (Unit::Blocks, Parameter::Number(blocks)) if *blocks > 0 => {
                let time = self.time(*blocks);
                Some(match self.tempo {
                    0 => time,
                    tempo => format!("{time}, {:.1} tempos", *blocks as f64 / f64::from(tempo)),
                })
            }
            (Unit::Epochs, Parameter::Number(epochs)) => {
                Some(self.time(epochs.saturating_mul(self.tempo.into())))
            }
            (Unit::ThousandthsOfTempo, Parameter::Number(number)) => {
                Some(format!("{} tempos", *number as f64 / 1_000.0))
            }
            (Unit::Rao, Parameter::Number(rao)) => Some(format!("{} TAO", Rao(*rao))),
            (Unit::Share, Parameter::Number(number)) => Some(share(*number, f64::from(u16::MAX))),
            (Unit::Millionths, Parameter::Number(number)) => Some(share(*number, 1e6)),
            (Unit::LongShare, Parameter::Number(number)) => Some(share(*number, u64::MAX as f64)),
            _ => None,
        }
    }

    /// What somebody wrote for a parameter, as the chain has it.
    pub(crate) fn read(self, rule: &ParameterRule, text: &str) -> Result<Value, String> {
        let wrong = || format!("`{text}` is no value of {}: write {}", rule.name, how(rule.unit));
        match rule.unit {
            Unit::Switch => match text {
                "true" | "on" | "yes" | "1" => Ok(Value::Bool(true)),
                "false" | "off" | "no" | "0" => Ok(Value::Bool(false)),
                _ => Err(wrong()),
            },
            Unit::Factor => {
                let billionths = billionths(text).ok_or_else(wrong)?;
                // A fixed-point number with 64 bits of fraction.
                Ok(Value::Number((u128::from(billionths) << 64) / u128::from(Rao::PER_TOKEN)))
            }
            unit => self.whole(unit, text).map(Value::from).ok_or_else(wrong),
        }
    }

    /// A whole number is the chain's own; a decimal point, a percent sign or a unit makes it people's.
    fn whole(self, unit: Unit, text: &str) -> Option<u64> {
        if let Ok(raw) = text.parse() {
            return Some(raw);
        }
        match unit {
            Unit::Blocks => {
                if let Some(tempos) = text.strip_suffix("tempos").or_else(|| text.strip_suffix("tempo")) {
                    let blocks = u128::from(billionths(tempos.trim())?) * u128::from(self.tempo);
                    return u64::try_from(blocks / u128::from(Rao::PER_TOKEN)).ok();
                }
                let time = humantime::parse_duration(text).ok()?.as_millis();
                u64::try_from(time.checked_div(self.block_time.as_millis())?).ok()
            }
            Unit::ThousandthsOfTempo => {
                let tempos =
                    text.strip_suffix("tempos").or_else(|| text.strip_suffix("tempo")).unwrap_or(text);
                Some(billionths(tempos.trim())? / (Rao::PER_TOKEN / 1_000))
            }
            Unit::Rao => billionths(text.strip_suffix("TAO").unwrap_or(text).trim()),
            Unit::Share => share(text, u16::MAX.into()),
            Unit::Millionths => share(text, 1_000_000),
            Unit::LongShare => share(text, u64::MAX),
            _ => None,
        }
    }
}

/// `0.5` or `50%` of a whole, rounded to the nearest.
fn share(text: &str, whole: u64) -> Option<u64> {
    let (number, of) = match text.strip_suffix('%') {
        Some(percent) => (percent, 100),
        None => (text, 1),
    };
    let whole_billionths = u128::from(Rao::PER_TOKEN) * of;
    let product = u128::from(billionths(number.trim())?) * u128::from(whole);
    u64::try_from((product + whole_billionths / 2) / whole_billionths).ok().filter(|share| *share <= whole)
}

/// The ways to write a value.
fn how(unit: Unit) -> &'static str {
    match unit {
        Unit::Switch => "true or false",
        Unit::Factor => "a number such as 1.26",
        Unit::Blocks => "a number of blocks, a time such as 2h, or tempos such as 3tempos",
        Unit::ThousandthsOfTempo => "thousandths of a tempo, or tempos such as 5tempos or 1.5",
        Unit::Rao => "rao, or TAO with a decimal point or its unit, such as 0.5 or 1TAO",
        Unit::Share | Unit::Millionths | Unit::LongShare => {
            "the whole number that the chain has, or a share such as 0.5 or 50%"
        }
        _ => "a whole number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale { tempo: 360, block_time: Duration::from_secs(12) };

    fn read(name: &str, text: &str) -> Option<u128> {
        SCALE.read(ParameterRule::of(name).unwrap(), text).ok().and_then(|value| value.number())
    }

    #[test]
    fn values_are_read_in_the_chains_unit_and_in_peoples() {
        assert_eq!(read("immunity_period", "5000"), Some(5_000));
        assert_eq!(read("immunity_period", "2h"), Some(600));
        assert_eq!(read("immunity_period", "3tempos"), Some(1_080));
        assert_eq!(read("activity_cutoff_factor", "1.5"), Some(1_500));
        assert_eq!(read("activity_cutoff_factor", "5 tempos"), Some(5_000));
        assert_eq!(read("min_burn", "0.5"), Some(500_000_000));
        assert_eq!(read("min_burn", "1TAO"), Some(1_000_000_000));
        assert_eq!(read("min_burn", "7"), Some(7));
        assert_eq!(read("bonds_penalty", "50%"), Some(32_768));
        assert_eq!(read("bonds_penalty", "1.0"), Some(65_535));
        assert_eq!(read("bonds_moving_avg", "0.9"), Some(900_000));
        assert_eq!(read("adjustment_alpha", "100%"), Some(u64::MAX.into()));
        assert_eq!(read("burn_increase_mult", "1.5"), Some(3 << 63));
        for (name, text) in [
            ("immunity_period", "soon"),
            ("bonds_penalty", "1.1"),
            ("bonds_penalty", "101%"),
            ("min_burn", "-1"),
            ("burn_increase_mult", "a lot"),
            ("commit_reveal_weights_enabled", "maybe"),
        ] {
            let refused = SCALE.read(ParameterRule::of(name).unwrap(), text).unwrap_err();
            assert!(refused.contains(name) && refused.contains(text), "{refused}");
        }
    }

    #[test]
    fn values_are_shown_in_peoples_units() {
        let human = |unit, number| SCALE.human(unit, &Parameter::Number(number));
        assert_eq!(human(Unit::Blocks, 720).as_deref(), Some("2h 24m, 2.0 tempos"));
        assert_eq!(human(Unit::Epochs, 1).as_deref(), Some("1h 12m"));
        assert_eq!(human(Unit::Rao, 500_000).as_deref(), Some("0.000500000 TAO"));
        assert_eq!(human(Unit::Share, 32_767).as_deref(), Some("50.00%"));
        assert_eq!(human(Unit::Count, 5), None);
    }
}
