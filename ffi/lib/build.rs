//! How the shared library is linked: under the name of its interface's version, and without a C runtime of its own.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The number is OC_ABI_VERSION.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libovercurrent.so.1");
        println!("cargo:rustc-cdylib-link-arg=-nostartfiles");
    }
}
