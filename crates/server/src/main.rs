//! The `portico` server.
fn main() {}
