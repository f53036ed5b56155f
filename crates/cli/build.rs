//! The template is a part of the command: a file that is added or removed there is noticed here alone.

fn main() {
    println!("cargo::rerun-if-changed=../../template");
}
