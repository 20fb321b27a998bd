//! Benchmarks a call in three layers: native, in a warm instance, and in a fresh instance. The difference between warm
//! and native is the cost of crossing the boundary and of computing in WebAssembly. The difference between fresh and
//! warm is the cost of a new instance per call, mostly page faults at the first access to its memory.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark")]

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use handover_bench::{COMPONENT, SIZES, message, native, settings, webhook};
use handover_host::contract::OutboundMessage;
use handover_host::{Connection, Host, Limits};
use std::hint::black_box;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

fn connection(runtime: &Runtime, reuse: u32) -> Connection {
    let host = Host::builder().limits(Limits::default()).reuse(reuse).build().expect("a host");
    runtime.block_on(async {
        let provider = host.load(COMPONENT).await.expect("the component loads");
        provider.connect_offline(settings()).await.expect("the settings are valid")
    })
}

fn layers(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (warm, fresh) = (connection(&runtime, u32::MAX), connection(&runtime, 1));
    let native_settings = native::prepare(&settings()).expect("the settings are valid");

    for (name, size) in SIZES {
        let mut group = criterion.benchmark_group("verify+map");
        let host_webhook = webhook(size);
        group.bench_function(BenchmarkId::new("native", name), |bencher| {
            let webhook = native::webhook(host_webhook.clone());
            bencher.iter_batched(
                || webhook.clone(),
                |webhook| assert_eq!(native::receive(&native_settings, black_box(webhook)), Some(1)),
                BatchSize::SmallInput,
            );
        });
        let (warm_provider, fresh_provider) = (warm.verified_by_provider(), fresh.verified_by_provider());
        for (layer, connection) in
            [("warm", &warm_provider), ("fresh", &fresh_provider), ("warm-declared", &warm), ("fresh-declared", &fresh)]
        {
            group.bench_function(BenchmarkId::new(layer, name), |bencher| {
                bencher.iter(|| {
                    runtime.block_on(async {
                        let received = connection.receive_webhook(black_box(&host_webhook)).await.expect("no trap");
                        assert!(received.events.is_ok());
                    });
                });
            });
        }
        group.finish();
    }

    let mut group = criterion.benchmark_group("build");
    let (conversation, outbound) = message(400);
    let OutboundMessage::Text(text) = &outbound.message else { return };
    group.bench_function(BenchmarkId::new("native", "0.5k"), |bencher| {
        bencher.iter(|| assert_eq!(native::build(&native_settings, black_box(&conversation), text), Some(1)));
    });
    for (layer, connection) in [("warm", &warm), ("fresh", &fresh)] {
        group.bench_function(BenchmarkId::new(layer, "0.5k"), |bencher| {
            bencher.iter(|| {
                let built = connection.build_outbound_message(black_box(&conversation), &outbound);
                assert!(runtime.block_on(built).is_ok());
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(50);
    targets = layers
}
criterion_main!(benches);
