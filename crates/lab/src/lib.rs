//! The incentive laboratory: a subnet's own hooks against populations of miners and validators.
