//! The laboratory as a subnet's author meets it.

mod markup;
mod page;
