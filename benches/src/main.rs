//! Benchmarks webhooks over HTTP with the plugin, with the same provider linked natively, and with a typical receiver
//! in Node. Each receiver runs on its own core under the same load. Prints the results with those of `cargo bench`, the
//! effect of calls that compute forever on others, and the time to start.

mod crowd;
mod hosts;
mod layers;
mod load;
mod neighbours;
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
        ["neighbours"] => report::print_neighbours(),
        ["hosts"] => report::print_hosts(),
        _ => {
            bail!(
                "usage: handover-bench [receive native|warm|fresh | load ADDRESS BYTES SECONDS | crowd | neighbours | hosts]"
            )
        }
    }
}
