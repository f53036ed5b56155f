//! The rules of a subnet: hyperparameters, prices and what the chain emits.

use serde::{Deserialize, Serialize};
use subnetkit_yuma::{LiquidAlpha, Params};

/// Rao in one TAO, and in one alpha.
const TOKEN: u64 = 1_000_000_000;

/// What becomes of incentive that the owner's own hotkeys earn; nobody is paid it either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecycleOrBurn {
    /// It stays counted as issued.
    #[default]
    Burn,
    /// It is taken out of what is issued, to be emitted anew.
    Recycle,
}

/// The rules of a subnet, named as the chain's hyperparameters where these exist. The defaults are those of a new subnet
/// (runtime `spec_version` 425); where the chain has no default (its market), they are a small subnet's.
///
/// ```
/// use subnetkit_lab::chain::Rules;
///
/// let rules = Rules { tempo: 100, commit_reveal_weights_enabled: false, ..Rules::default() };
/// assert_eq!(rules.immunity_period, 5_000);
/// rules.check()?;
/// # Ok::<(), subnetkit_lab::chain::RulesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Blocks per epoch.
    pub tempo: u16,
    /// The share of active stake that must support a weight before it counts; 65535 is all of it.
    pub kappa: u16,
    /// What remains of a bond from one epoch to the next, in millionths.
    pub bonds_moving_average: u64,
    /// How far weights above consensus are cut when bonds are formed; 65535 cuts them fully.
    pub bonds_penalty: u16,
    /// Whether bonds follow the third version of Yuma Consensus or the second.
    pub yuma3_on: bool,
    /// Whether bonds follow weights at rates that depend on the distance from consensus; acts only with `yuma3_on`.
    pub liquid_alpha_on: bool,
    /// The lowest rate of liquid alpha; 65535 is 1.
    pub alpha_low: u16,
    /// The highest rate of liquid alpha; 65535 is 1.
    pub alpha_high: u16,
    /// The slope between the two, in hundredths.
    pub alpha_sigmoid_steepness: i16,
    /// Blocks without weights after which a validator's stake no longer counts, in thousandths of the tempo.
    pub activity_cutoff_factor_milli: u32,
    /// Most neurons the subnet takes.
    pub max_allowed_uids: u16,
    /// Most validator permits the subnet gives.
    pub max_allowed_validators: u16,
    /// Fewest uids a row of weights must name (or all of them, in a smaller subnet).
    pub min_allowed_weights: u16,
    /// Largest share of one weight, of 65535: validators conform to it, the chain no longer refuses by it.
    pub max_weights_limit: u16,
    /// Blocks between two settings, or commits, of weights by one hotkey.
    pub weights_rate_limit: u64,
    /// Whether weights are hidden until the chain itself opens them.
    pub commit_reveal_weights_enabled: bool,
    /// Epochs from the commit of weights to their reveal.
    pub commit_reveal_period: u64,
    /// The least stake, alpha and weighted root stake in rao, that counts and may set weights.
    pub stake_threshold: u64,
    /// What a rao of root stake weighs against a rao of alpha; `u64::MAX` is as much.
    pub tao_weight: u64,
    /// Blocks during which a new neuron is not replaced, unless too few others could be.
    pub immunity_period: u16,
    /// As long as no more neurons than this are past their immunity, immune ones are replaced.
    pub min_non_immune_uids: u16,
    /// How many of the owner's own neurons are never replaced.
    pub immune_owner_uids_limit: u16,
    /// Whether hotkeys may register.
    pub network_registration_allowed: bool,
    /// Price of a registration when the subnet begins, rao of TAO.
    pub burn: u64,
    /// The least price, rao of TAO.
    pub min_burn: u64,
    /// The greatest price, rao of TAO.
    pub max_burn: u64,
    /// Blocks in which the price falls to half of what it was.
    pub burn_half_life: u16,
    /// What the price is multiplied by with each registration.
    pub burn_increase_mult: f64,
    /// Alpha that a block emits to the subnet's participants, rao.
    pub alpha_emission: u64,
    /// TAO that a block emits to the subnet's pool, rao. What finds no alpha beside it buys alpha.
    pub tao_emission: u64,
    /// Whether the owner gets a cut of the emission.
    pub owner_cut_enabled: bool,
    /// The owner's cut, of 65535.
    pub subnet_owner_cut: u16,
    /// What becomes of the incentive of the owner's hotkeys.
    pub recycle_or_burn: RecycleOrBurn,
    /// What a validator's hotkey keeps of its stakers' dividends, of 65535.
    pub delegate_take: u16,
    /// Whether root's part of the dividends is paid, as it is while the prices of all subnets together exceed 1 TAO;
    /// otherwise it is recycled.
    pub root_dividends: bool,
    /// TAO in the subnet's pool when it begins, rao.
    pub pool_tao: u64,
    /// Price of alpha when the subnet begins, TAO per alpha.
    pub alpha_price: f64,
    /// How far traders push the price of alpha: the standard deviation of its return over a day of 7,200 blocks, if nobody
    /// brings it back. 0 means that nobody trades.
    pub market_volatility: f64,
    /// Blocks after which others have brought the price back half of the way, buying what is cheap and selling what is dear.
    /// 0 means that nobody does, and the price walks at random.
    pub market_half_life: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            tempo: 360,
            kappa: 32_767,
            bonds_moving_average: 900_000,
            bonds_penalty: u16::MAX,
            yuma3_on: true,
            liquid_alpha_on: false,
            alpha_low: 45_875,
            alpha_high: 58_982,
            alpha_sigmoid_steepness: 1_000,
            activity_cutoff_factor_milli: 13_889,
            max_allowed_uids: 256,
            max_allowed_validators: 64,
            min_allowed_weights: 1,
            max_weights_limit: u16::MAX,
            weights_rate_limit: 100,
            commit_reveal_weights_enabled: true,
            commit_reveal_period: 1,
            stake_threshold: 0,
            tao_weight: 971_718_665_099_567_868,
            immunity_period: 5_000,
            min_non_immune_uids: 10,
            immune_owner_uids_limit: 1,
            network_registration_allowed: true,
            burn: TOKEN,
            min_burn: 500_000,
            max_burn: 100 * TOKEN,
            burn_half_life: 360,
            burn_increase_mult: 1.26,
            alpha_emission: TOKEN,
            tao_emission: 5_000_000,
            owner_cut_enabled: true,
            subnet_owner_cut: 11_796,
            recycle_or_burn: RecycleOrBurn::Burn,
            delegate_take: 11_796,
            root_dividends: true,
            pool_tao: 1_000 * TOKEN,
            alpha_price: 0.01,
            market_volatility: 0.05,
            market_half_life: 0,
        }
    }
}

/// Why no subnet can be run by some rules.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A rule that must not be zero is.
    #[error("`{rule}` must be at least 1, not 0")]
    Zero {
        /// The rule.
        rule: &'static str,
    },
    /// A rule is more than the whole.
    #[error("`{rule}` must be at most {most}, not {value}")]
    TooLarge {
        /// The rule.
        rule: &'static str,
        /// What it is.
        value: u64,
        /// The most it may be.
        most: u64,
    },
    /// A rule is not a number that can be reckoned with.
    #[error("`{rule}` must be a number from {least} to {most}, not {value}")]
    OutOfRange {
        /// The rule.
        rule: &'static str,
        /// What it is.
        value: f64,
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
    },
}

impl Rules {
    /// Whether a subnet can be run by these rules.
    ///
    /// # Errors
    /// The first rule that makes it impossible.
    pub fn check(&self) -> Result<(), RulesError> {
        let counts = [
            ("tempo", self.tempo),
            ("max_allowed_uids", self.max_allowed_uids),
            ("max_allowed_validators", self.max_allowed_validators),
        ];
        if let Some(&(rule, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(RulesError::Zero { rule });
        }
        let bounded = [
            ("bonds_moving_average", self.bonds_moving_average, 1_000_000),
            ("min_burn", self.min_burn, self.max_burn),
            ("alpha_emission", self.alpha_emission, MOST_EMITTED),
            ("tao_emission", self.tao_emission, MOST_EMITTED),
            ("pool_tao", self.pool_tao, SUPPLY),
        ];
        for (rule, value, most) in bounded {
            if value > most {
                return Err(RulesError::TooLarge { rule, value, most });
            }
        }
        let ranges = [
            ("burn_increase_mult", self.burn_increase_mult, 0.0, 1_000.0),
            ("alpha_price", self.alpha_price, 1e-6, 1e6),
            ("market_volatility", self.market_volatility, 0.0, 10.0),
        ];
        for (rule, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(RulesError::OutOfRange { rule, value, least, most });
            }
        }
        Ok(())
    }

    /// Blocks without weights after which a validator's stake no longer counts.
    pub fn activity_cutoff(&self) -> u64 {
        subnetkit_yuma::activity_cutoff(self.activity_cutoff_factor_milli, self.tempo)
    }

    /// What of the rules an epoch reads.
    pub(super) fn epoch_params(&self) -> Params {
        let liquid = LiquidAlpha {
            low: self.alpha_low,
            high: self.alpha_high,
            steepness: self.alpha_sigmoid_steepness,
        };
        Params {
            tempo: self.tempo,
            kappa: self.kappa,
            bonds_moving_average: self.bonds_moving_average,
            bonds_penalty: self.bonds_penalty,
            yuma3_on: self.yuma3_on,
            liquid_alpha: self.liquid_alpha_on.then_some(liquid),
            max_allowed_validators: self.max_allowed_validators,
            stake_threshold: self.stake_threshold,
            tao_weight: self.tao_weight,
            activity_cutoff_factor_milli: self.activity_cutoff_factor_milli,
        }
    }
}

/// All the TAO there will ever be, in rao.
const SUPPLY: u64 = 21_000_000 * TOKEN;
/// The most that a block may emit, in rao: far beyond any chain, and far from overflowing.
const MOST_EMITTED: u64 = 1_000 * TOKEN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_make_no_subnet_are_named() {
        assert_eq!(Rules::default().check(), Ok(()));
        let none = Rules { tempo: 0, ..Rules::default() };
        assert_eq!(none.check().unwrap_err().to_string(), "`tempo` must be at least 1, not 0");
        let dear = Rules { min_burn: 2, max_burn: 1, ..Rules::default() };
        assert_eq!(dear.check().unwrap_err().to_string(), "`min_burn` must be at most 1, not 2");
        let wild = Rules { market_volatility: f64::NAN, ..Rules::default() };
        assert!(wild.check().is_err());
    }
}
