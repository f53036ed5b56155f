//! The laboratory, from outside.
