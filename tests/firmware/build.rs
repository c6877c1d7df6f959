//! The linker scripts: where a board has its memory.

use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    // One map serves most boards; the others are named by the runner.
    let flash = env::var("FIRMWARE_FLASH").unwrap_or("0x0".into());
    let ram = env::var("FIRMWARE_RAM").unwrap_or("0x20000000".into());
    let memory = format!("MEMORY {{ FLASH : ORIGIN = {flash}, LENGTH = 128K\nRAM : ORIGIN = {ram}, LENGTH = 16K }}\n");
    fs::write(Path::new(&out).join("memory.x"), memory).unwrap();
    fs::copy("riscv.x", Path::new(&out).join("riscv.x")).unwrap();
    println!("cargo:rustc-link-search={out}");
    // Here and not among the compiler's flags, with which Rust's own library would be built anew.
    let riscv = env::var("CARGO_CFG_TARGET_ARCH").unwrap() == "riscv32";
    for word in if riscv { ["-melf32lriscv", "-Triscv.x"].as_slice() } else { &["-Tlink.x"] } {
        println!("cargo:rustc-link-arg-bins={word}");
    }
    println!("cargo:rerun-if-changed=riscv.x");
    println!("cargo:rerun-if-env-changed=FIRMWARE_FLASH");
    println!("cargo:rerun-if-env-changed=FIRMWARE_RAM");
}
