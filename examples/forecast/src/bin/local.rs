//! The whole subnet on this machine: a chain, validators, and miners, of which one is slow and one is wrong.

use std::process::ExitCode;
use std::time::Duration;

use subnet::forward::Forecaster;
use subnet::reward::Payout;
use subnet::score::Judge;
use subnet::{AlphaPrice, Forecast, Question};

use subnetkit::local::Local;
use subnetkit::prelude::*;

fn main() -> ExitCode {
    Local::<AlphaPrice>::new(Judge::default(), Payout::default(), Forecaster).slow(Slow).wrong(Wrong).main()
}

/// Takes its time. Before the cut-off, that costs nothing.
struct Slow;

#[async_trait]
impl Forward<AlphaPrice> for Slow {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        subnetkit::tokio::time::sleep(Duration::from_millis(400)).await;
        Forecaster.forward(call).await
    }
}

/// Knows better than the market: what goes up comes down, and today.
struct Wrong;

#[async_trait]
impl Forward<AlphaPrice> for Wrong {
    async fn forward(&self, call: Call<Question>) -> Result<Forecast, Refusal> {
        let last = call.request.past.last().map_or(0.0, |price| price.tao);
        let Forecast { tao } = Forecaster.forward(call).await?;
        Ok(Forecast { tao: last - (tao - last) })
    }
}
