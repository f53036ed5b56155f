//! The validator through its outermost boundaries: recorded vectors, HTTP over real sockets, the ledger's file.

mod vectors;
