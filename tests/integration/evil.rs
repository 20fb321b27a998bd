//! What comes of a hostile plugin, and of a hostile contact center: an error that names what was reached for, or nothing;
//! and never any harm to the next call. Each case of the evil guest is tested by the function of its name.

use crate::support::{limits, settings, webhook};
use axum::Router;
use axum::routing::get;
use evil_guest::{Case, for_each_case};
use handover_host::contract::{
    AgentEvent, Conversation, EventKind, EventSource, Outbound, OutboundMessage, ProviderRequest, ProvisioningMode,
    Setting,
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

/// A case without a test does not compile.
macro_rules! tested {
    ($($case:ident)*) => {
        const _: &[fn()] = &[$($case),*];
    };
}
for_each_case!(tested);

const LOOPED: CallError = CallError::Limit { limit: Limit::CpuTime, allowed: 200 };
const MEMORY: CallError = CallError::Limit { limit: Limit::Memory, allowed: 32 << 20 };

fn strict() -> Limits {
    let mut strict = limits();
    strict.cpu_time = Duration::from_millis(200);
    strict
}

/// A host with a good plugin in it.
struct Stage {
    host: Host,
    good: Connection,
}

fn source() -> EventSource {
    EventSource::Webhook(br#"{"id":"1","type":"Text","text":"hi"}"#.to_vec())
}

impl Stage {
    async fn new() -> Self {
        let mut patience = HttpClientLimits::default();
        patience.read = Duration::from_millis(400);
        patience.total = Duration::from_millis(1_500);
        patience.response = 64 << 10;
        let client = HttpClient::new(patience).expect("a client");
        let host = Host::builder().limits(strict()).http(client).build().expect("a host");
        let good = host.load(handover_tests::GENESYS).await.expect("it loads").connect_unchecked(vec![]);
        Self { host, good }
    }

    async fn evil(&self, case: Case) -> Connection {
        let evil = case.of(handover_tests::EVIL).expect("the slot");
        self.host.load(&evil).await.expect("it loads").connect_unchecked(vec![])
    }

    /// With this origin lent.
    async fn reaching(&self, case: Case, origin: &str) -> Connection {
        let evil = case.of(handover_tests::EVIL).expect("the slot");
        let provider = self.host.load(&evil).await.expect("it loads");
        provider.connect(settings(&[("url", origin)]), &origin.parse().expect("an origin")).await.expect("it connects")
    }

    /// The good plugin answers as ever.
    async fn is_unharmed(&self) {
        let events = self.good.map_agent_events(&source()).await.expect("mapped");
        assert_eq!(events.len(), 1);
        match &events[0].kind {
            EventKind::Message(message) => assert_eq!(message.text.as_deref(), Some("hi")),
            kind => panic!("{kind:?}"),
        }
    }
}

/// The error in which a call ends, the second time as the first.
async fn ends<T: Debug>(case: Case, call: impl AsyncFn(&Connection) -> Result<T, CallError>) -> CallError {
    let stage = Stage::new().await;
    let evil = stage.evil(case).await;
    let first = call(&evil).await.expect_err("it goes wrong");
    stage.is_unharmed().await;
    assert_eq!(call(&evil).await.expect_err("it goes wrong again"), first);
    stage.is_unharmed().await;
    first
}

async fn mapping_ends(case: Case) -> CallError {
    ends(case, async |evil| answered(evil.map_agent_events(&source()).await)).await
}

async fn building_ends(case: Case) -> CallError {
    let message = Outbound { id: "1".into(), time: 1, message: OutboundMessage::Typing };
    ends(case, async |evil| answered(evil.build_outbound_message(&conversation(), &message).await)).await
}

/// What the guest was answered, each with what it asked for.
async fn answers(case: Case, origin: &str) -> Vec<(String, String)> {
    let stage = Stage::new().await;
    let checks = stage.reaching(case, origin).await.check_connection(None).await.expect("no trap");
    stage.is_unharmed().await;
    checks.into_iter().map(|check| (check.name, check.message)).collect()
}

fn all_say(answers: &[(String, String)], number: usize, said: &str) {
    assert_eq!(answers.len(), number);
    for (name, answer) in answers {
        assert_eq!(answer, said, "{name:?}");
    }
}

fn conversation() -> Conversation {
    Conversation { recipient: "user-1".into(), handover: 1, id: None }
}

fn request() -> ProviderRequest {
    let (idempotency_key, recipient, operation) = ("1".into(), "user-1".into(), "message".into());
    ProviderRequest { idempotency_key, recipient, operation, ttl_ms: None, body: vec![] }
}

/// A server that counts what it is asked, and answers 204.
async fn counting() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().fallback(get(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(http::StatusCode::NO_CONTENT)
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (origin, asked)
}

/// A server that does this with each connection, once a request has come.
async fn answering<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> String
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

async fn loading_ends(case: Case) -> CallError {
    let stage = Stage::new().await;
    let evil = case.of(handover_tests::EVIL).expect("the slot");
    let error = stage.host.load(&evil).await.expect_err("it does not load");
    stage.is_unharmed().await;
    match error {
        LoadError::Describe(error) => error,
        error => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_describe() {
    assert_eq!(loading_ends(Case::loop_in_describe).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_at_start() {
    assert_eq!(loading_ends(Case::loop_at_start).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_check_settings() {
    let stage = Stage::new().await;
    let evil = Case::loop_in_check_settings.of(handover_tests::EVIL).expect("the slot");
    let provider = stage.host.load(&evil).await.expect("it loads");
    let no_settings: Vec<Setting> = vec![];
    match provider.connect(no_settings, &"https://example.com".parse().expect("an origin")).await {
        Err(ConnectError::Call(error)) => assert_eq!(error, LOOPED),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it does not connect"),
    }
    stage.is_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_verify_webhook() {
    let error =
        ends(Case::loop_in_verify_webhook, async |evil| answered(evil.verify_webhook(&webhook(&[], b"{}")).await))
            .await;
    assert_eq!(error, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_map_agent_events() {
    assert_eq!(mapping_ends(Case::loop_in_map_agent_events).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_build_outbound_message() {
    assert_eq!(building_ends(Case::loop_in_build_outbound_message).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_deliver() {
    assert_eq!(ends(Case::loop_in_deliver, async |evil| answered(evil.deliver(&request()).await)).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_find_delivery() {
    let find = async |evil: &Connection| answered(evil.find_delivery(&conversation(), &request()).await);
    assert_eq!(ends(Case::loop_in_find_delivery, find).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_observe_conversation() {
    let observe = async |evil: &Connection| answered(evil.observe_conversation(&conversation()).await);
    assert_eq!(ends(Case::loop_in_observe_conversation, observe).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_check_connection() {
    assert_eq!(ends(Case::loop_in_check_connection, async |evil| evil.check_connection(None).await).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_provision() {
    let provision = async |evil: &Connection| evil.provision("https://a.example/", ProvisioningMode::Plan).await;
    assert_eq!(ends(Case::loop_in_provision, provision).await, LOOPED);
}

#[tokio::test(flavor = "multi_thread")]
async fn loop_in_cabi_realloc() {
    assert_eq!(mapping_ends(Case::loop_in_cabi_realloc).await, LOOPED);
}

/// All that it may have is no error, and is gone with the call.
#[tokio::test(flavor = "multi_thread")]
async fn memory_to_the_limit() {
    let stage = Stage::new().await;
    let evil = stage.evil(Case::memory_to_the_limit).await;
    for _ in 0..3 {
        assert_eq!(evil.map_agent_events(&source()).await.expect("mapped").len(), 1);
        stage.is_unharmed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_past_the_limit() {
    assert_eq!(mapping_ends(Case::memory_past_the_limit).await, MEMORY);
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion() {
    let stack = CallError::Limit { limit: Limit::Stack, allowed: 256 << 10 };
    assert_eq!(mapping_ends(Case::recursion).await, stack);
}

fn trapped(what: &str) -> CallError {
    CallError::Trapped(what.into())
}

/// Which is also what `abort` is in wasm.
#[tokio::test(flavor = "multi_thread")]
async fn trap() {
    assert_eq!(mapping_ends(Case::trap).await, trapped("wasm trap: wasm `unreachable` instruction executed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn panic() {
    assert_eq!(mapping_ends(Case::panic).await, trapped("wasm trap: wasm `unreachable` instruction executed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn access_out_of_bounds() {
    assert_eq!(mapping_ends(Case::access_out_of_bounds).await, trapped("wasm trap: out of bounds memory access"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_of_2_gigabytes() {
    assert_eq!(
        mapping_ends(Case::text_of_2_gigabytes).await,
        CallError::Broken("string pointer/length out of bounds of memory".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn list_of_4_gigabytes() {
    assert_eq!(
        building_ends(Case::list_of_4_gigabytes).await,
        CallError::Broken("list pointer/length out of bounds of memory".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_events() {
    assert_eq!(mapping_ends(Case::a_million_events).await, MEMORY);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_allowed() {
    let items = CallError::Limit { limit: Limit::Items, allowed: 1_000 };
    assert_eq!(mapping_ends(Case::more_events_than_allowed).await, items);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf8() {
    assert_eq!(
        mapping_ends(Case::text_that_is_not_utf8).await,
        CallError::Broken("invalid utf-8 sequence of 1 bytes from index 0".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_too_long() {
    let id = CallError::Limit { limit: Limit::Id, allowed: 512 };
    assert_eq!(mapping_ends(Case::an_id_that_is_too_long).await, id);
}

/// A fresh instance remembers nothing, and one that is used again nothing of another connection.
#[tokio::test(flavor = "multi_thread")]
async fn memory_of_earlier_calls() {
    let evil = Case::memory_of_earlier_calls.of(handover_tests::EVIL).expect("the slot");
    let remembered = async |connection: &Connection| {
        let events = connection.map_agent_events(&source()).await.expect("mapped");
        match events[..] {
            [AgentEvent { kind: EventKind::Ignored(ref calls), .. }] => calls.clone(),
            _ => panic!("{events:?}"),
        }
    };
    for (reuse, second) in [(1, "0"), (1_000, "1")] {
        let host = Host::builder().limits(strict()).reuse(reuse).build().expect("a host");
        let provider = host.load(&evil).await.expect("it loads");
        let (one, other) = (provider.connect_unchecked(vec![]), provider.connect_unchecked(vec![]));
        assert_eq!(remembered(&one).await, "0");
        assert_eq!(remembered(&one).await, second);
        assert_eq!(remembered(&other).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn send_from_a_pure_function() {
    assert_eq!(mapping_ends(Case::send_from_a_pure_function).await, CallError::Impure("http.send"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_get_from_a_pure_function() {
    assert_eq!(mapping_ends(Case::cache_get_from_a_pure_function).await, CallError::Impure("cache.get"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_put_from_a_pure_function() {
    assert_eq!(mapping_ends(Case::cache_put_from_a_pure_function).await, CallError::Impure("cache.put"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_from_a_pure_function() {
    assert_eq!(mapping_ends(Case::clock_from_a_pure_function).await, CallError::Impure("wall-clock.now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn origin_that_is_not_granted() {
    let (origin, asked) = counting().await;
    let answers = answers(Case::origin_that_is_not_granted, &origin).await;
    all_say(&answers, 4, "HttpError::OriginNotAllowed");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_to_elsewhere() {
    let (origin, asked) = counting().await;
    let answers = answers(Case::paths_to_elsewhere, &origin).await;
    all_say(&answers, 14, "invalid path");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_headers() {
    let (origin, asked) = counting().await;
    let answers = answers(Case::forbidden_headers, &origin).await;
    all_say(&answers, 9, "invalid headers");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests() {
    let (origin, asked) = counting().await;
    let answers = answers(Case::ten_thousand_requests, &origin).await;
    let expected = [("last", "HttpError::TooManyRequests"), ("went", "64")];
    assert_eq!(answers, expected.map(|(name, answer)| (name.to_owned(), answer.to_owned())));
    assert_eq!(asked.load(Ordering::SeqCst), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_large() {
    let (origin, asked) = counting().await;
    all_say(&answers(Case::a_request_too_large, &origin).await, 1, "invalid body");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Each byte comes in time, and all of them do not.
#[tokio::test(flavor = "multi_thread")]
async fn a_dripping_response() {
    let origin = answering(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    all_say(&answers(Case::a_dripping_response, &origin.await).await, 1, "HttpError::TimedOut");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_response() {
    let origin = answering(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"4\r\naaaa\r\n").await.is_ok() {}
    });
    all_say(&answers(Case::an_endless_response, &origin.await).await, 1, "HttpError::ResponseTooLarge");
}

/// The plugin sees the redirect; nobody follows it.
#[tokio::test(flavor = "multi_thread")]
async fn redirect_to_elsewhere() {
    let (elsewhere, asked) = counting().await;
    let origin = answering(move |mut stream| {
        let answer = format!("HTTP/1.1 302 LookupOutcome\r\nlocation: {elsewhere}/\r\ncontent-length: 0\r\n\r\n");
        async move {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    all_say(&answers(Case::redirect_to_elsewhere, &origin.await).await, 1, "302");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Two connections of one plugin, with settings of their own, see nothing of each other.
#[tokio::test(flavor = "multi_thread")]
async fn the_cache_of_another_connection() {
    let stage = Stage::new().await;
    let case = Case::the_cache_of_another_connection;
    let (one, other) =
        (stage.reaching(case, "https://a.example").await, stage.reaching(case, "https://b.example").await);
    let seen = async |connection: &Connection| -> Vec<String> {
        let checks = connection.check_connection(None).await.expect("no trap");
        checks.into_iter().map(|check| check.message).collect()
    };
    assert_eq!(seen(&one).await, ["None"; 4]);
    assert_eq!(seen(&other).await, ["None"; 4], "the other's is not there");
    assert_eq!(seen(&one).await, ["Some([109, 105, 110, 101])", "None", "None", "None"], "one's own is");
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_values_and_keys_too_long() {
    let answers = answers(Case::cache_values_and_keys_too_long, "https://a.example").await;
    let kept: Vec<_> = answers.iter().map(|(_, kept)| kept.as_str()).collect();
    assert_eq!(kept, ["false", "false", "true"]);
}

/// What an attack took comes back: in a process of its own, where nobody else takes any.
#[test]
fn memory_comes_back() {
    let own = std::env::current_exe().expect("a path");
    let alone = ["--exact", "evil::rounds", "--ignored", "--nocapture"];
    let output = std::process::Command::new(own).args(alone).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let figures = said.lines().find_map(|line| line.strip_prefix("resident "));
    let figures: Vec<i64> = figures.unwrap_or_default().split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [before, after] = figures[..] else { panic!("{said}{}", String::from_utf8_lossy(&output.stderr)) };
    // Sixty calls that took up to 32 MiB each.
    assert!(after - before < 16 << 20, "{before} bytes before, {after} after");
}

#[tokio::test]
#[ignore = "run by memory_comes_back"]
async fn rounds() {
    let stage = Stage::new().await;
    let mut evil = Vec::new();
    for case in [
        Case::memory_to_the_limit,
        Case::memory_past_the_limit,
        Case::recursion,
        Case::panic,
        Case::a_million_events,
        Case::text_of_2_gigabytes,
    ] {
        evil.push(stage.evil(case).await);
    }
    stage.is_unharmed().await;
    let before = resident();
    for _ in 0..10 {
        for evil in &evil {
            let _ = evil.map_agent_events(&source()).await;
        }
        stage.is_unharmed().await;
    }
    println!("resident {before} {}", resident());
}

/// Bytes of this process that are in memory (proc(5), `/proc/pid/statm`, in pages of 4 KiB).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4_096
}
