//! The axon over real sockets.

mod admission;
mod auth;
mod body;
mod config;
mod health;
mod load;
mod routes;
mod shutdown;
mod support;
