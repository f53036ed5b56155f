//! The one crate a subnet depends on.
