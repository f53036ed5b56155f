//! What the runtime APIs answer about subnets, neurons and stake.
