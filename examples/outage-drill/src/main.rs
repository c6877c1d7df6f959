//! The outage drill: a server falls sick under two clients, one bare and one behind a breaker, a bulkhead and a limiter.
//!
//! Start reading at [`clients`]: that is the part to copy.

mod clients;
mod drill;
mod picture;
mod report;
mod server;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let plan = drill::Plan::standard();
    println!("{}", report::introduction(&plan));
    let record = drill::run(&plan, |progress| println!("{progress}"))?;
    println!("\n{}", report::table(&plan, &record));

    let path = picture_path()?;
    fs::write(&path, picture::draw(&plan, &record))?;
    println!("The picture of this run: {}", path.display());
    Ok(())
}

/// Under `target`, where what is built belongs; where there is none, here.
fn picture_path() -> Result<PathBuf, std::io::Error> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let folder = if target.is_dir() { target.as_path() } else { Path::new(".") };
    Ok(fs::canonicalize(folder)?.join("outage-drill.svg"))
}
