//! A plugin that exceeds a limit gets an error that names the limit.

use crate::support::{connect, connection, limits, valid_settings};
use async_trait::async_trait;
use evil_guest::Case;
use handover_host::contract::EventSource;
use handover_host::{CallError, Error, Host, Limit, Limits, Transport, TransportError};
use std::time::Duration;

#[tokio::test]
async fn limits_the_memory_of_a_call() {
    // A well-behaved plugin with too little memory.
    let mut small = limits();
    small.memory = 2 << 20;
    let host = Host::builder().limits(small).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads in little memory");
    let large = format!(r#"{{"id":"1","type":"Text","text":"{}"}}"#, "ä".repeat(400_000));
    let mapped = connect(&provider, &[]).await.map_agent_events(&EventSource::Webhook(large.clone().into())).await;
    assert_eq!(mapped, Err(Error::Call(CallError::Limit { limit: Limit::Memory, allowed: 2 << 20 })));
}

/// Small calls succeed under the total limit, and every call releases its memory.
#[tokio::test]
async fn limits_the_total_memory() {
    let mut small = limits();
    small.total_memory = 2 << 20;
    let host = Host::builder().limits(small).reuse(1000).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let connection = connect(&provider, &[]).await;
    let map = async |characters: usize| {
        let body = format!(r#"{{"id":"1","type":"Text","text":"{}"}}"#, "a".repeat(characters));
        connection.map_agent_events(&EventSource::Webhook(body.into())).await
    };
    for _ in 0..20 {
        assert!(map(10).await.is_ok());
        assert_eq!(
            map(800_000).await,
            Err(Error::Call(CallError::Busy { limit: Limit::TotalMemory, allowed: 2 << 20 }))
        );
    }
}

/// Idle instances do not block other plugins, and return the same results as new instances.
#[tokio::test(flavor = "multi_thread")]
async fn idle_instances_do_not_block_other_plugins() {
    let host = Host::builder().limits(limits()).reuse(1000).build().expect("a host");
    let source = || EventSource::Webhook(br#"{"id":"1","type":"Text","text":"hi"}"#.to_vec());
    let mut expected = None;
    for _ in 0..4 {
        let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
        let connection = connect(&provider, &[]).await;
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let connection = connection.clone();
                tokio::spawn(async move { connection.map_agent_events(&source()).await })
            })
            .collect();
        for call in calls {
            let events = call.await.expect("no panic").expect("no trap");
            assert_eq!(*expected.get_or_insert_with(|| events.clone()), events);
        }
    }
}

/// A contact center that does not answer blocks the calls that wait for it, but no webhook.
#[tokio::test(flavor = "multi_thread")]
async fn an_unresponsive_contact_center_blocks_no_pure_call() {
    for connection_calls in [2, limits().connection_calls] {
        let mut shared = limits();
        shared.connection_calls = connection_calls;
        assert_pure_calls_complete(shared).await;
    }
}

/// Asserts that pure calls complete while 20 calls wait for the contact center.
async fn assert_pure_calls_complete(shared: Limits) {
    let host = Host::builder().limits(shared).http(Unresponsive).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
    let connection = provider.connect(valid_settings(), &allowed).await.expect("the connection");
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move { connection.check_connection(None).await })
        })
        .collect();
    let body = br#"{"id":"1","type":"Text","text":"hi"}"#;
    for _ in 0..50 {
        connection.map_agent_events(&EventSource::Webhook(body.to_vec())).await.expect("mapped");
    }
    assert!(waiting.iter().all(|call| !call.is_finished()));
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

/// A contact center that does not answer blocks no other connection.
#[tokio::test(flavor = "multi_thread")]
async fn an_unresponsive_contact_center_blocks_no_other_connection() {
    let mut shared = limits();
    shared.connection_calls = 2;
    let host = Host::builder().limits(shared).http(UnresponsiveIn("mypurecloud.de")).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let connect = async |region: &str| {
        let mut settings = valid_settings();
        settings.iter_mut().filter(|setting| setting.key == "host").for_each(|host| host.value = region.into());
        let origins = format!("https://api.{region} https://login.{region}").parse().expect("origins");
        provider.connect(settings, &origins).await.expect("the connection")
    };
    let (silent, answering) = (connect("mypurecloud.de").await, connect("mypurecloud.ie").await);
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let silent = silent.clone();
            tokio::spawn(async move { silent.check_connection(None).await })
        })
        .collect();
    for _ in 0..10 {
        answering.check_connection(None).await.expect("no trap");
    }
    assert!(waiting.iter().all(|call| !call.is_finished()));
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

/// A transport that never answers in this region, and refuses all requests elsewhere.
struct UnresponsiveIn(&'static str);

#[async_trait]
impl Transport for UnresponsiveIn {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        if request.uri().host().is_some_and(|host| host.ends_with(self.0)) {
            std::future::pending::<()>().await;
        }
        Ok(http::Response::builder().status(403).body(Vec::new()).expect("a response"))
    }
}

/// A plugin that computes yields its thread to other tasks.
#[tokio::test(flavor = "current_thread")]
async fn a_computing_plugin_yields_its_thread() {
    let mut strict = limits();
    strict.cpu_time = Duration::from_millis(500);
    let host = Host::builder().limits(strict).build().expect("a host");
    let evil = Case::loop_in_map_agent_events.of(handover_tests::EVIL).expect("the slot");
    let evil = host.load(&evil).await.expect("the component loads");
    let evil = evil.connect_offline(vec![]).await.expect("it accepts any settings");
    let looping = tokio::spawn(async move { evil.map_agent_events(&EventSource::Webhook(b"{}".to_vec())).await });
    let other_task = tokio::spawn(async move {
        let mut polls = 0;
        while !looping.is_finished() {
            tokio::task::yield_now().await;
            polls += 1;
        }
        (polls, looping.await.expect("no panic"))
    });
    let (polls, result) = other_task.await.expect("no panic");
    assert_eq!(result, Err(Error::Call(CallError::Limit { limit: Limit::CpuTime, allowed: 500 })));
    assert!(polls > 10, "the other task was polled {polls} times while the plugin ran");
}

/// A contact center that never answers.
struct Unresponsive;

#[async_trait]
impl Transport for Unresponsive {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn limits_the_time_of_a_call() {
    let mut short = limits();
    short.call_time = Duration::from_secs(1);
    let host = Host::builder().limits(short).http(Unresponsive).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
    let connection = provider.connect(valid_settings(), &allowed).await.expect("the connection");
    let late = Err(Error::Call(CallError::Limit { limit: Limit::CallTime, allowed: 1000 }));
    assert_eq!(connection.check_connection(None).await, late);
    assert_eq!(connection.check_connection(None).await, late);
}

/// A call that never got a permit has sent nothing, so its error is `Busy` and its outcome is known.
#[tokio::test]
async fn a_call_without_a_permit_is_busy() {
    let mut narrow = limits();
    narrow.connection_calls = 1;
    let host = Host::builder().limits(narrow).http(Unresponsive).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
    let connection = provider.connect(valid_settings(), &allowed).await.expect("the connection");
    let waiting = connection.clone();
    let waiting = tokio::spawn(async move { waiting.check_connection(None).await });
    let short = connection.with_call_time(Duration::from_millis(50));
    let busy = Err(Error::Call(CallError::Busy { limit: Limit::ConnectionCalls, allowed: 1 }));
    // Until the other call holds the permit, this call gets it and waits for an answer.
    let late = Err(Error::Call(CallError::Limit { limit: Limit::CallTime, allowed: 50 }));
    let mut outcome = short.check_connection(None).await;
    for _ in 0..100 {
        if outcome == late {
            outcome = short.check_connection(None).await;
        }
    }
    assert_eq!(outcome, busy);
    waiting.abort();
}

#[tokio::test]
async fn limits_the_size_of_results() {
    let mut small = limits();
    small.output = 15_000;
    let host = Host::builder().limits(small).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let long = format!(r#"{{"id":"1","type":"Text","text":"{}"}}"#, "a".repeat(20_000));
    let connection = connect(&provider, &[]).await;
    let mapped = connection.map_agent_events(&EventSource::Webhook(long.into())).await;
    assert_eq!(mapped, Err(Error::Call(CallError::Limit { limit: Limit::Output, allowed: 15_000 })));

    let mut few = limits();
    few.items = 3;
    let host = Host::builder().limits(few).build().expect("a host");
    let provider = host.load(handover_tests::GENESYS).await.expect("the component loads");
    let events = [r#"{"eventType":"Typing"}"#; 4].join(",");
    let many = format!(r#"{{"id":"1","type":"Event","events":[{events}]}}"#);
    let mapped = connect(&provider, &[]).await.map_agent_events(&EventSource::Webhook(many.into())).await;
    assert_eq!(mapped, Err(Error::Call(CallError::Limit { limit: Limit::Items, allowed: 3 })));
}

#[tokio::test]
async fn completes_a_thousand_concurrent_calls() {
    let connection = connection(&[]).await;
    let calls: Vec<_> = (0..1000)
        .map(|number| {
            let connection = connection.clone();
            tokio::spawn(async move {
                let body = format!(r#"{{"id":"{number}","type":"Text","text":"hi"}}"#);
                connection.map_agent_events(&EventSource::Webhook(body.into())).await
            })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        let events = call.await.expect("no panic").expect("mapped");
        assert!(events[0].id.ends_with(&format!(":{number}")), "{}", events[0].id);
    }
}
