//! The incentive laboratory: a subnet's own hooks against populations of miners and validators.

mod about;
mod asking;
mod assertions;
mod books;
mod cast;
pub mod chain;
mod chance;
mod clock;
mod desk;
mod error;
mod findings;
mod html;
mod lab;
mod miner;
mod number;
mod play;
mod report;
mod scene;
mod sweep;
mod table;
mod timeline;
mod validator;
mod watch;
mod weighing;

pub use chain::Rules;
pub use error::{Hook, LabError, Moment};
pub use lab::Lab;
pub use miner::Miner;
pub use report::{
    Alone, Epoch, NeuronEpoch, Party, Report, Strategy, ValidatorSummary, WeightsRow, WhatIf, WhatIfPoint,
    Withheld,
};
pub use validator::Validator;
