//! The subnetkit command.
