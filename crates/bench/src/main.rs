//! Load on axons and dendrites, side by side with what they could at best do and with Python.

fn main() {}
