//! Counts the instructions of the pure functions with Valgrind. The count is the same in every run, even on a busy
//! machine. A count above its limit is an error.

use genesys_open_messaging::GenesysOpenMessaging;
use genesys_open_messaging::settings::Prepared;
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use handover_guest::contract::{
    AgentEvent, Authenticity, Conversation, EventSource, MappingError, Outbound, ProviderRequest, Rejection,
    Unsupported, Webhook,
};
use handover_guest::provider::Handover;
use handover_native_bench::{forged, user_message, webhook_event};
use std::hint::black_box;

/// The limits, five percent above the counts with the pinned compiler. Lower a limit when its function becomes faster.
const VERIFY: u64 = 147_700;
const MAP: u64 = 22_300;
const BUILD: u64 = 63_600;

fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    let mut tool = Callgrind::default();
    tool.hard_limits([(EventKind::Ir, instructions)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(tool);
    config
}

#[library_benchmark(config = at_most(VERIFY))]
#[bench::two_kilobytes(forged())]
fn verify((settings, webhook): (Vec<u8>, Webhook)) -> Result<Authenticity, Rejection> {
    black_box(GenesysOpenMessaging::verify_webhook(&Prepared::open(&settings)?, &webhook))
}

#[library_benchmark(config = at_most(MAP))]
#[bench::two_kilobytes(webhook_event())]
fn map((settings, source): (Vec<u8>, EventSource)) -> Result<Vec<AgentEvent>, MappingError> {
    black_box(GenesysOpenMessaging::map_agent_events(&Prepared::open(&settings)?, &source))
}

#[library_benchmark(config = at_most(BUILD))]
#[bench::two_kilobytes(user_message())]
fn build(
    (settings, conversation, message): (Vec<u8>, Conversation, Outbound),
) -> Result<Vec<ProviderRequest>, Unsupported> {
    black_box(GenesysOpenMessaging::build_outbound_message(&Prepared::open(&settings)?, &conversation, &message))
}

library_benchmark_group!(name = pure_functions, benchmarks = [verify, map, build]);

main!(library_benchmark_groups = pure_functions);
