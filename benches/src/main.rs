//! Whole webhooks by HTTP: through the plugin, through the same provider linked natively, and through what people write
//! in Node, each on a core of its own before the same load. Prints them with the layers that `cargo bench` measured.

mod crowd;
mod layers;
mod load;
mod receiver;
mod report;
mod start;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => report::print(),
        ["receive", kind] => receiver::run(kind),
        ["load", address, size, seconds] => load::run(address, size.parse()?, seconds.parse()?),
        ["crowd"] => crowd::run(),
        _ => bail!("usage: handover-bench [receive native|warm|fresh | load ADDRESS BYTES SECONDS | crowd]"),
    }
}
