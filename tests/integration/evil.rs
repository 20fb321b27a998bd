//! Hostile plugins and contact centers. Each attack either fails with an error that names the violated limit or has no
//! effect, and the next call works. The test of each case of the evil guest has the name of the case.

use crate::support::{connect, limits, settings, webhook};
use axum::Router;
use axum::routing::get;
use evil_guest::{Case, for_each_case};
use handover_host::contract::{
    AgentEvent, Conversation, EventKind, EventSource, Outbound, OutboundMessage, ProviderRequest, ProvisioningMode,
    Routing,
};
use handover_host::{
    CallError, ConnectError, Connection, Host, HttpClient, HttpClientLimits, Limit, Limits, LoadError,
};
use handover_tests::answered;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Requires a test for each case: a case without a test does not compile.
macro_rules! tested {
    ($($case:ident)*) => {
        const _: &[fn()] = &[$($case),*];
    };
}
for_each_case!(tested);

const CPU_TIME_EXCEEDED: CallError = CallError::Limit { limit: Limit::CpuTime, allowed: 200 };
const MEMORY_EXCEEDED: CallError = CallError::Limit { limit: Limit::Memory, allowed: 32 << 20 };

fn strict() -> Limits {
    let mut strict = limits();
    strict.cpu_time = Duration::from_millis(200);
    strict
}

/// A host with a well-behaved plugin.
struct Environment {
    host: Host,
    well_behaved: Connection,
}

fn source() -> EventSource {
    EventSource::Webhook(br#"{"id":"1","type":"Text","text":"hi"}"#.to_vec())
}

impl Environment {
    async fn new() -> Self {
        let mut limits = HttpClientLimits::default();
        limits.read = Duration::from_millis(400);
        limits.total = Duration::from_millis(1_500);
        limits.response = 64 << 10;
        let client = HttpClient::new(limits).expect("a client");
        let host = Host::builder().limits(strict()).http(client).build().expect("a host");
        let well_behaved = host.load(handover_tests::GENESYS).await.expect("the provider loads");
        Self { host, well_behaved: connect(&well_behaved, &[]).await }
    }

    async fn evil(&self, case: Case) -> Connection {
        let evil = case.of(handover_tests::EVIL).expect("the slot");
        let evil = self.host.load(&evil).await.expect("the guest loads");
        evil.connect_offline(vec![]).await.expect("it accepts any settings")
    }

    /// Connects the evil guest with access to this origin.
    async fn evil_with_origin(&self, case: Case, origin: &str) -> Connection {
        let evil = case.of(handover_tests::EVIL).expect("the slot");
        let provider = self.host.load(&evil).await.expect("the guest loads");
        provider
            .connect(settings(&[("url", origin)]), &origin.parse().expect("an origin"))
            .await
            .expect("the connection")
    }

    /// Asserts that the well-behaved plugin still works.
    async fn assert_unharmed(&self) {
        let events = self.well_behaved.map_agent_events(&source()).await.expect("mapped");
        assert_eq!(events.len(), 1);
        match &events[0].kind {
            EventKind::Message(message) => assert_eq!(message.text.as_deref(), Some("hi")),
            kind => panic!("{kind:?}"),
        }
    }
}

/// Calls the evil guest twice. Asserts that both calls fail with the same error, and returns it.
async fn call_error<T: Debug>(case: Case, call: impl AsyncFn(&Connection) -> Result<T, CallError>) -> CallError {
    let environment = Environment::new().await;
    let evil = environment.evil(case).await;
    let first = call(&evil).await.expect_err("a failed call");
    environment.assert_unharmed().await;
    assert_eq!(call(&evil).await.expect_err("a failed call"), first);
    environment.assert_unharmed().await;
    first
}

async fn map_error(case: Case) -> CallError {
    call_error(case, async |evil| answered(evil.map_agent_events(&source()).await)).await
}

async fn build_error(case: Case) -> CallError {
    let message = Outbound { id: "1".into(), time: 1, message: OutboundMessage::Typing };
    call_error(case, async |evil| answered(evil.build_outbound_message(&conversation(), &message).await)).await
}

/// Returns the name of each host function call of the guest with the answer that it got.
async fn answers(case: Case, origin: &str) -> Vec<(String, String)> {
    let environment = Environment::new().await;
    let checks = environment.evil_with_origin(case, origin).await.check_connection(None).await.expect("no trap");
    environment.assert_unharmed().await;
    checks.into_iter().map(|check| (check.name, check.message)).collect()
}

fn assert_answers(answers: &[(String, String)], number: usize, expected: &str) {
    assert_eq!(answers.len(), number);
    for (name, answer) in answers {
        assert_eq!(answer, expected, "{name:?}");
    }
}

fn conversation() -> Conversation {
    Conversation { recipient: "user-1".into(), handover: 1, id: None }
}

fn request() -> ProviderRequest {
    let (idempotency_key, recipient, operation) = ("1".into(), "user-1".into(), "message".into());
    ProviderRequest { idempotency_key, recipient, operation, ttl_ms: None, body: vec![] }
}

/// Starts a server that counts requests and answers 204.
async fn counting_server() -> (String, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let router = Router::new().fallback(get(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(http::StatusCode::NO_CONTENT)
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (origin, requests)
}

/// Starts a server that calls `answer` with each connection after it has read a request.
async fn answering_server<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            tokio::spawn(answer(stream));
        }
    });
    origin
}

async fn load_error(case: Case) -> CallError {
    let environment = Environment::new().await;
    let evil = case.of(handover_tests::EVIL).expect("the slot");
    let error = environment.host.load(&evil).await.expect_err("a component that does not load");
    environment.assert_unharmed().await;
    match error {
        LoadError::Describe(error) => error,
        error => panic!("{error}"),
    }
}

async fn connect_error(case: Case) -> CallError {
    let environment = Environment::new().await;
    let evil = case.of(handover_tests::EVIL).expect("the slot");
    let provider = environment.host.load(&evil).await.expect("the guest loads");
    let error = match provider.connect_offline(Vec::new()).await {
        Err(ConnectError::Call(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the connection succeeded"),
    };
    environment.assert_unharmed().await;
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_describe() {
    assert_eq!(load_error(Case::loop_in_describe).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_at_start() {
    assert_eq!(load_error(Case::loop_at_start).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_check_settings() {
    assert_eq!(connect_error(Case::loop_in_check_settings).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_verify_webhook() {
    let error = call_error(Case::loop_in_verify_webhook, async |evil| {
        answered(evil.verify_webhook(&webhook(&[], b"{}")).await)
    })
    .await;
    assert_eq!(error, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_map_agent_events() {
    assert_eq!(map_error(Case::loop_in_map_agent_events).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_receive_webhook() {
    let receive = async |evil: &Connection| answered(evil.receive_webhook(&webhook(&[], b"{}")).await);
    assert_eq!(call_error(Case::loop_in_receive_webhook, receive).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_fetch_agent_messages() {
    let fetch = async |evil: &Connection| answered(evil.fetch_agent_messages(&conversation()).await);
    assert_eq!(call_error(Case::loop_in_fetch_agent_messages, fetch).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_check_availability() {
    let check = async |evil: &Connection| answered(evil.check_availability(&Routing::default()).await);
    assert_eq!(call_error(Case::loop_in_check_availability, check).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_build_outbound_message() {
    assert_eq!(build_error(Case::loop_in_build_outbound_message).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_deliver() {
    assert_eq!(
        call_error(Case::loop_in_deliver, async |evil| answered(evil.deliver(&request()).await)).await,
        CPU_TIME_EXCEEDED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_find_delivery() {
    let find = async |evil: &Connection| answered(evil.find_delivery(&conversation(), &request()).await);
    assert_eq!(call_error(Case::loop_in_find_delivery, find).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_observe_conversation() {
    let poll = async |evil: &Connection| answered(evil.observe_conversation(&conversation()).await);
    assert_eq!(call_error(Case::loop_in_observe_conversation, poll).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_check_connection() {
    assert_eq!(
        call_error(Case::loop_in_check_connection, async |evil| answered(evil.check_connection(None).await)).await,
        CPU_TIME_EXCEEDED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_provision() {
    let provision =
        async |evil: &Connection| answered(evil.provision("https://a.example/", ProvisioningMode::Plan).await);
    assert_eq!(call_error(Case::loop_in_provision, provision).await, CPU_TIME_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_cabi_realloc() {
    assert_eq!(connect_error(Case::loop_in_cabi_realloc).await, CPU_TIME_EXCEEDED);
}

/// Using all of the allowed memory is not an error. The call releases it.
#[tokio::test(flavor = "multi_thread")]
async fn memory_to_the_limit() {
    let environment = Environment::new().await;
    let evil = environment.evil(Case::memory_to_the_limit).await;
    for _ in 0..3 {
        assert_eq!(evil.map_agent_events(&source()).await.expect("mapped").len(), 1);
        environment.assert_unharmed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_past_the_limit() {
    assert_eq!(map_error(Case::memory_past_the_limit).await, MEMORY_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion() {
    let stack = CallError::Limit { limit: Limit::Stack, allowed: 256 << 10 };
    assert_eq!(map_error(Case::recursion).await, stack);
}

fn trapped(what: &str) -> CallError {
    CallError::Trapped(what.into())
}

/// `abort` is the same instruction in wasm.
#[tokio::test(flavor = "multi_thread")]
async fn trap() {
    assert_eq!(map_error(Case::trap).await, trapped("wasm trap: wasm `unreachable` instruction executed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn panic() {
    assert_eq!(map_error(Case::panic).await, trapped("wasm trap: wasm `unreachable` instruction executed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn access_out_of_bounds() {
    assert_eq!(map_error(Case::access_out_of_bounds).await, trapped("wasm trap: out of bounds memory access"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_2_gigabytes() {
    assert_eq!(
        map_error(Case::text_of_2_gigabytes).await,
        CallError::Broken("string pointer/length out of bounds of memory".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn list_of_4_gigabytes() {
    assert_eq!(
        build_error(Case::list_of_4_gigabytes).await,
        CallError::Broken("list pointer/length out of bounds of memory".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_events() {
    assert_eq!(map_error(Case::a_million_events).await, MEMORY_EXCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_allowed() {
    let items = CallError::Limit { limit: Limit::Items, allowed: 1_000 };
    assert_eq!(map_error(Case::more_events_than_allowed).await, items);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf8() {
    assert_eq!(
        map_error(Case::text_that_is_not_utf8).await,
        CallError::Broken("invalid utf-8 sequence of 1 bytes from index 0".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_too_long() {
    let id = CallError::Limit { limit: Limit::Id, allowed: 512 };
    assert_eq!(map_error(Case::an_id_that_is_too_long).await, id);
}

/// A new instance has no earlier state. A reused instance has no state of another connection.
#[tokio::test(flavor = "multi_thread")]
async fn memory_of_earlier_calls() {
    let evil = Case::memory_of_earlier_calls.of(handover_tests::EVIL).expect("the slot");
    let earlier_calls = async |connection: &Connection| {
        let events = connection.map_agent_events(&source()).await.expect("mapped");
        match events[..] {
            [AgentEvent { kind: EventKind::Ignored(ref calls), .. }] => calls.clone(),
            _ => panic!("{events:?}"),
        }
    };
    for (reuse, second) in [(1, "0"), (1_000, "1")] {
        let host = Host::builder().limits(strict()).reuse(reuse).build().expect("a host");
        let provider = host.load(&evil).await.expect("the guest loads");
        let connect = async || provider.connect_offline(vec![]).await.expect("it accepts any settings");
        let (one, other) = (connect().await, connect().await);
        assert_eq!(earlier_calls(&one).await, "0");
        assert_eq!(earlier_calls(&one).await, second);
        assert_eq!(earlier_calls(&other).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn send_from_a_pure_function() {
    assert_eq!(map_error(Case::send_from_a_pure_function).await, CallError::Impure("http.send"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_get_from_a_pure_function() {
    assert_eq!(map_error(Case::cache_get_from_a_pure_function).await, CallError::Impure("cache.get"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_put_from_a_pure_function() {
    assert_eq!(map_error(Case::cache_put_from_a_pure_function).await, CallError::Impure("cache.put"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_from_a_pure_function() {
    assert_eq!(map_error(Case::clock_from_a_pure_function).await, CallError::Impure("wall-clock.now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn origin_that_is_not_granted() {
    let (origin, requests) = counting_server().await;
    let answers = answers(Case::origin_that_is_not_granted, &origin).await;
    assert_answers(&answers, 4, "HttpError::OriginNotAllowed");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_to_elsewhere() {
    let (origin, requests) = counting_server().await;
    let answers = answers(Case::paths_to_elsewhere, &origin).await;
    assert_answers(&answers, 14, "invalid path");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_headers() {
    let (origin, requests) = counting_server().await;
    let answers = answers(Case::forbidden_headers, &origin).await;
    assert_answers(&answers, 9, "invalid headers");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests() {
    let (origin, requests) = counting_server().await;
    let answers = answers(Case::ten_thousand_requests, &origin).await;
    let expected = [("last", "HttpError::TooManyRequests"), ("went", "64")];
    assert_eq!(answers, expected.map(|(name, answer)| (name.to_owned(), answer.to_owned())));
    assert_eq!(requests.load(Ordering::SeqCst), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_large() {
    let (origin, requests) = counting_server().await;
    assert_answers(&answers(Case::a_request_too_large, &origin).await, 1, "invalid body");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

/// Each byte arrives within the read timeout, but the whole response exceeds the total timeout.
#[tokio::test(flavor = "multi_thread")]
async fn a_dripping_response() {
    let origin = answering_server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    assert_answers(&answers(Case::a_dripping_response, &origin.await).await, 1, "HttpError::TimedOut");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_response() {
    let origin = answering_server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"4\r\naaaa\r\n").await.is_ok() {}
    });
    assert_answers(&answers(Case::an_endless_response, &origin.await).await, 1, "HttpError::ResponseTooLarge");
}

/// The plugin receives the redirect. The host does not follow it.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_to_elsewhere() {
    let (elsewhere, requests) = counting_server().await;
    let origin = answering_server(move |mut stream| {
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n");
        async move {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    assert_answers(&answers(Case::redirect_to_elsewhere, &origin.await).await, 1, "302");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

/// Two connections of one plugin with different settings cannot read each other's cache.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_of_another_connection() {
    let environment = Environment::new().await;
    let case = Case::the_cache_of_another_connection;
    let (one, other) = (
        environment.evil_with_origin(case, "https://a.example").await,
        environment.evil_with_origin(case, "https://b.example").await,
    );
    let seen = async |connection: &Connection| -> Vec<String> {
        let checks = connection.check_connection(None).await.expect("no trap");
        checks.into_iter().map(|check| check.message).collect()
    };
    assert_eq!(seen(&one).await, ["None"; 4]);
    assert_eq!(seen(&other).await, ["None"; 4], "the entries of another connection are not visible");
    assert_eq!(
        seen(&one).await,
        ["Some([109, 105, 110, 101])", "None", "None", "None"],
        "the connection's own entries are visible"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_values_and_keys_too_long() {
    let answers = answers(Case::cache_values_and_keys_too_long, "https://a.example").await;
    let kept: Vec<_> = answers.iter().map(|(_, kept)| kept.as_str()).collect();
    assert_eq!(kept, ["false", "false", "true"]);
}

/// Runs the attacks in a separate process, so that other tests do not affect the memory.
#[test]
fn failed_calls_release_their_memory() {
    let executable = std::env::current_exe().expect("a path");
    let arguments = ["--exact", "evil::repeated_attacks", "--ignored", "--nocapture"];
    let output = std::process::Command::new(executable).args(arguments).output().expect("the test runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let figures = stdout.lines().find_map(|line| line.strip_prefix("resident "));
    let figures: Vec<i64> = figures.unwrap_or_default().split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [before, after] = figures[..] else { panic!("{stdout}{}", String::from_utf8_lossy(&output.stderr)) };
    // Sixty calls used up to 32 MiB each.
    assert!(after - before < 16 << 20, "{before} bytes before, {after} after");
}

#[tokio::test]
#[ignore = "run by failed_calls_release_their_memory"]
async fn repeated_attacks() {
    let environment = Environment::new().await;
    let mut evil = Vec::new();
    for case in [
        Case::memory_to_the_limit,
        Case::memory_past_the_limit,
        Case::recursion,
        Case::panic,
        Case::a_million_events,
        Case::text_of_2_gigabytes,
    ] {
        evil.push(environment.evil(case).await);
    }
    environment.assert_unharmed().await;
    let before = resident();
    for _ in 0..10 {
        for evil in &evil {
            let _ = evil.map_agent_events(&source()).await;
        }
        environment.assert_unharmed().await;
    }
    println!("resident {before} {}", resident());
}

/// Returns the resident memory of this process in bytes (proc(5), `/proc/pid/statm`, in pages of 4 KiB).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4_096
}
