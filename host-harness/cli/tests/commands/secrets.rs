//! Puts a canary into every secret. No canary may appear in output, logs, responses or metrics, whether calls succeed
//! or fail.

use crate::folder::Folder;
use crate::sandbox::Sandbox;
use crate::serving::Gateway;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CLIENT: &str = "canary-client-secret-5f1c";
const WRONG_CLIENT: &str = "canary-wrong-client-secret-77aa";
const WEBHOOK: &str = "canary-webhook-secret-90b2";
const NEXT_WEBHOOK: &str = "canary-webhook-secret-to-come-31";
const BUS: &str = "canary-event-bus-key-0d4e";
const TRIGGER: &str = "canary-trigger-key-1e5f";
const COPILOT: &str = "canary-copilot-token-2f60";
const TOKEN: &str = "canary-platform-token-3a71";
const ACCESS: &str = "canary-access-token-5c93";
const TOKENS: &str = r#"{"access_token":"canary-access-token-5c93","token_type":"bearer","expires_in":86400}"#;
const CALLBACK: &str = "canary-callback-secret-4b82-32by";

/// Returns every form in which a secret could appear: plain, hexadecimal and Base64.
fn forms() -> Vec<String> {
    let secrets = [CLIENT, WRONG_CLIENT, WEBHOOK, NEXT_WEBHOOK, BUS, TRIGGER, COPILOT, TOKEN, CALLBACK, ACCESS];
    let hex = |secret: &str| secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms: Vec<String> = secrets.iter().flat_map(|secret| [(*secret).to_owned(), hex(secret)]).collect();
    for secret in secrets {
        // Base64 after 0, 1 or 2 other bytes. The ends are cut off, because they depend on the adjacent bytes.
        for prefix in ["", "a", "aa"] {
            let encoded = BASE64_STANDARD.encode(format!("{prefix}{secret}"));
            forms.extend(encoded.get(4..encoded.len() - 4).map(str::to_owned));
        }
    }
    forms
}

fn settings(sandbox: &Sandbox, client_secret: &str) -> String {
    format!(
        "host = {:?}\ndeployment-name = \"BotHandover\"\nqueue = \"Support\"\nwebhook-secret = [{NEXT_WEBHOOK:?}, {WEBHOOK:?}]\n\
         client-id = {:?}\nclient-secret = {client_secret:?}\nevent-bus-key = {BUS:?}\ntrigger-key = {TRIGGER:?}\n\
         copilot-url = \"https://copilot.example.com/agent\"\ncopilot-token = {COPILOT:?}\n\
         copilot-organization = \"o\"\ncopilot-project = \"p\"\ncopilot-config = \"c\"\n",
        sandbox.announced("origin"),
        sandbox.announced("client_id"),
    )
}

/// Starts a server that acts as a platform that refuses every callback, and as a contact center that issues tokens and
/// refuses every request with them. Returns its origin.
async fn refusing_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let (status, body) = match &request[..read] {
                request if request.starts_with(b"POST /oauth/token ") => ("200 OK", TOKENS),
                request if request.starts_with(b"GET /api/") => ("409 Conflict", "{}"),
                _ => ("500 Internal Server Error", ""),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

/// Collects everything that the gateway and the commands return.
struct Transcript {
    http: Client,
    text: String,
}

impl Transcript {
    async fn send(&mut self, request: RequestBuilder) -> (u16, String) {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
        let body = answer.text().await.expect("text");
        self.text += &format!("{status} {headers}\n{body}\n");
        (status, body)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_appears_anywhere() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(
        &folder,
        &format!(
            "listen = \"127.0.0.1:0\"\n[[clients]]\nsecret = {CLIENT:?}\n\
             [[integrations]]\nname = \"BotHandover\"\nwebhook-url = \"http://127.0.0.1:9/\"\nwebhook-secret = {WEBHOOK:?}\n"
        ),
    );
    folder.write("settings.toml", settings(&sandbox, CLIENT));
    folder.write("wrong.toml", settings(&sandbox, WRONG_CLIENT));
    let refusing = refusing_server().await;
    folder.write("gone.toml", settings(&sandbox, CLIENT).replace(sandbox.announced("origin"), &refusing));
    folder.write("unknown.toml", settings(&sandbox, CLIENT).replace("copilot-token", "copilot-tokn"));
    folder.write("twice.toml", settings(&sandbox, CLIENT) + &format!("client-secret = {CLIENT:?}\n"));
    folder.write("callback", format!("whsec_{}", BASE64_STANDARD.encode(CALLBACK)));
    let config = format!(
        "listen = \"127.0.0.1:0\"\n[platform]\ntokens = [{{ env = \"TOKEN\" }}]\n\
         [platform.callback]\nurl = {:?}\nsecrets = [{{ file = \"callback\" }}]\n[log]\nlevel = \"debug\"\n\
         [connection.acme]\nsettings = \"settings.toml\"\n[connection.other]\nsettings = \"wrong.toml\"\n\
         [connection.gone]\nsettings = \"gone.toml\"\n[demo]\nenabled = true\n",
        refusing
    );
    folder.write("gateway.toml", &config);
    let gateway = Gateway::start(&folder, TOKEN);
    let mut seen = Transcript { http: Client::builder().no_proxy().build().expect("a client"), text: String::new() };
    let url = format!("http://{}", gateway.address);

    // Follows the trace like the demo page, until the gateway exits.
    let stream = seen.http.get(format!("{url}/demo/api/trace")).bearer_auth(TOKEN).send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    let trace = tokio::spawn(stream.text());

    // The platform sends requests with a valid and an invalid token and with an invalid body. One connection has a
    // client that Genesys refuses. The contact center of another connection refuses everything, which creates a dead
    // letter.
    for connection in ["acme", "other", "gone"] {
        let to = format!("{url}/v1/connections/{connection}/recipients/sess-42/handover");
        for token in [TOKEN, NEXT_WEBHOOK] {
            let start = seen.http.post(&to).bearer_auth(token).header("idempotency-key", "1");
            seen.send(start.json(&json!({ "text": "Help!" }))).await;
        }
        let invalid = seen.http.post(&to).bearer_auth(TOKEN).header("idempotency-key", "2").body("{");
        seen.send(invalid).await;
        seen.send(seen.http.get(&to).bearer_auth(TOKEN)).await;
    }

    // The form is checked with the gateway's secrets. `acme` must not reach the contact center of `gone`.
    for (connection, host, expected) in [
        ("acme", sandbox.announced("origin"), "\"outcome\":\"ok\""),
        ("acme", &refusing, "which is not an allowed origin"),
        ("gone", &refusing, "\"outcome\":\"error\""),
    ] {
        let form = format!("{url}/demo/api/connections/{connection}/form");
        let (_, filled) = seen.send(seen.http.get(&form).bearer_auth(TOKEN)).await;
        let filled: Value = serde_json::from_str(&filled).expect("JSON");
        let mut entered = filled["settings"].clone();
        for setting in entered.as_array_mut().expect("a list") {
            if setting["key"] == "host" {
                setting["value"] = json!(host);
            }
        }
        for endpoint in ["problems", "checks"] {
            let request = seen.http.post(format!("{form}/{endpoint}")).bearer_auth(TOKEN).json(&entered);
            let (status, body) = seen.send(request).await;
            assert!(status == 200 && (endpoint == "problems" || body.contains(expected)), "{status} {body}");
        }
    }

    // Webhooks with a valid and an invalid signature, a valid and an invalid key, and unreadable bodies.
    let body = r#"{"id":"1","type":"Text","text":"hi","channel":{"to":{"id":"sess-42"}}}"#;
    let signature = |secret: &str| {
        let tag = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key").chain_update(body).finalize();
        format!("sha256={}", BASE64_STANDARD.encode(tag.into_bytes()))
    };
    let (right, wrong) = (signature(WEBHOOK), signature(CLIENT));
    let bearer = format!("Bearer {BUS}");
    for (header, value, body, status) in [
        ("x-hub-signature-256", right.as_str(), body, 200),
        ("x-hub-signature-256", wrong.as_str(), body, 401),
        ("x-hub-signature-256", WEBHOOK, body, 401),
        ("authorization", bearer.as_str(), "{}", 200),
        ("authorization", TRIGGER, "{\"topicName\": 1", 200),
        ("authorization", COPILOT, body, 401),
    ] {
        let webhook = seen.http.post(format!("{url}/handover/acme")).header(header, value).body(body);
        assert_eq!(seen.send(webhook).await.0, status, "{header} {body}");
    }

    // Wait for a dead letter and for a refused callback.
    let dead_letters = format!("{url}/v1/connections/gone/dead-letters");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (_, listed) = seen.send(seen.http.get(&dead_letters).bearer_auth(TOKEN)).await;
        let (_, metrics) = seen.send(seen.http.get(format!("{url}/metrics")).bearer_auth(TOKEN)).await;
        let is_counted = |name: &str, outcome: &str| {
            metrics.lines().any(|line| line.starts_with(name) && line.contains(outcome) && !line.ends_with(" 0"))
        };
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        if let Some(id) = listed[0]["id"].as_str()
            && is_counted("handover_callbacks_total{", "\"retry\"")
        {
            assert_eq!(seen.send(seen.http.get(format!("{dead_letters}/{id}")).bearer_auth(TOKEN)).await.0, 200);
            for outcome in ["accepted", "rejected", "malformed"] {
                assert!(is_counted("handover_webhooks_total{", outcome), "{metrics}");
            }
            break;
        }
        assert!(Instant::now() < deadline, "no dead letter in {listed}, or no callback in {metrics}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let log = gateway.stop();
    let trace = trace.await.expect("no panic").expect("text");
    for expected in ["\"webhook\"", "signature-mismatch", "\"request\"", "\"delivery\"", "\"callback\""] {
        assert!(trace.contains(expected), "{expected} is not in the trace: {trace}");
    }
    seen.text += &trace;
    for expected in ["webhook", "deliver"] {
        assert!(log.contains(expected), "{expected} is not logged: {log}");
    }
    seen.text += &log;

    // The commands with valid and invalid settings. The link to the copilot contains its token by design.
    let link = ["copilot-url", "--settings", "settings.toml", "--session", "1", "--user", "1"];
    assert!(folder.run(&link).1.contains(COPILOT));
    for settings in ["settings.toml", "wrong.toml", "unknown.toml", "twice.toml"] {
        for command in [
            &["check"][..],
            &["provision", "--url", "https://bot.example.com/"],
            &["verify", "--header", &format!("X-Hub-Signature-256: {wrong}"), "body.json"],
            &["map", "body.json"],
        ] {
            let (status, out, error) = folder.run(&[command, &["--settings", settings]].concat());
            // An unknown or duplicate key is misuse for every command. With other settings, the outcome depends on the
            // command.
            let misuse = ["unknown.toml", "twice.toml"].contains(&settings);
            assert_eq!(status == 2, misuse, "{command:?} {settings}: {out}{error}");
            seen.text += &format!("{out}{error}");
        }
    }
    for mistake in [format!("tokens = [{TOKEN:?}]"), format!("tokens = {{ enf = {TOKEN:?} }}"), TOKEN.to_owned()] {
        folder.write("gateway.toml", config.replace("tokens = [{ env = \"TOKEN\" }]", &mistake));
        let (status, out, error) = folder.run_in(&[("TOKEN", TOKEN)], &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        seen.text += &format!("{out}{error}");
    }

    for form in forms() {
        if let Some(at) = seen.text.find(&form) {
            let from = seen.text.floor_char_boundary(at.saturating_sub(200));
            panic!("{form} appears in: {}", &seen.text[from..at + form.len()]);
        }
    }
}
