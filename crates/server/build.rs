//! What macros put into the program and do not watch themselves.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    // A release holds the built site; a debug build reads it when it runs.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../../target/site");
    }
}
