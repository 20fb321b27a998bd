//! The gateway as a separate process.

use crate::folder::Folder;
use crate::sandbox::Sandbox;
use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const TOKEN: &str = "a-token-of-20-or-more";

/// A gateway process. Dropping it stops the process.
pub(crate) struct Gateway {
    process: Child,
    pub(crate) address: String,
    /// Reads the log continuously, so that the pipe does not fill up.
    log: Option<JoinHandle<String>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    pub(crate) fn start(folder: &Folder, token: &str) -> Self {
        let mut gateway = Self::start_logging_to(folder, token, Stdio::piped());
        let mut errors = gateway.process.stderr.take().expect("a piped log");
        gateway.log = Some(thread::spawn(move || {
            let mut log = String::new();
            errors.read_to_string(&mut log).expect("text");
            log
        }));
        gateway
    }

    pub(crate) fn start_logging_to(folder: &Folder, token: &str, log: impl Into<Stdio>) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin("handover"))
            .args(["serve", "--config", "gateway.toml"])
            .current_dir(&folder.0)
            .env("TOKEN", token)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the gateway starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a piped output")).read_line(&mut line).expect("a line");
        let announced: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
        Self { process, address: announced["listen"].as_str().expect("an address").to_owned(), log: None }
    }

    /// Stops the gateway with SIGTERM, as service managers do. Returns its log.
    pub(crate) fn stop(mut self) -> String {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill");
        assert!(stopped.success());
        assert!(self.process.wait().expect("the gateway exits").success());
        self.log.take().expect("a log that is read").join().expect("text")
    }
}

fn config(rest: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n[platform]\ntokens = [{{ env = \"TOKEN\" }}]\n[connection.acme]\nsettings = \"settings.toml\"\n{rest}"
    )
}

#[test]
fn serves_until_sigterm_and_logs_no_secret() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "listen = \"127.0.0.1:0\"\n");
    let secret = sandbox.announced("client_secret").to_owned();
    folder.write("settings.toml", sandbox.settings("BotHandover", &secret));
    folder.write("gateway.toml", config(""));
    let gateway = Gateway::start(&folder, TOKEN);

    let url = format!("http://{}", gateway.address);
    let dead_letters = |token: &str, command: &[&str]| {
        let arguments = [&["dead-letters"], command, &["--gateway", &url, "--connection", "acme"]].concat();
        folder.run_in(&[("HANDOVER_TOKEN", token)], &arguments)
    };
    assert_eq!(dead_letters(TOKEN, &["list"]).0, 0);
    for (token, command) in
        [("another-token-of-20-or-more", &["list"][..]), (TOKEN, &["show", "x"]), (TOKEN, &["drop", "x"])]
    {
        let (status, out, error) = dead_letters(token, command);
        assert_eq!((status, out.as_str()), (1, ""), "{error}");
    }

    let log = gateway.stop();
    for secret in [secret.as_str(), sandbox.announced("webhook_secret"), TOKEN] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// Sends a `GET` request and returns the raw response.
fn get(gateway: &Gateway, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(&gateway.address).expect("the gateway listens");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("sends the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn keeps_serving_and_counts_lost_lines_if_the_log_cannot_be_written() {
    let folder = Folder::new();
    folder.write("gateway.toml", format!("log = {{ level = \"debug\" }}\n{}", config("")));
    let full_disk =
        || Stdio::from(std::fs::File::options().write(true).open("/dev/full").expect("/dev/full, which Linux has"));
    let closed_pipe = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    // A full pipe without a reader that drains it. Its capacity on Linux is 64 KiB (pipe(7)).
    let (_reader, mut full_pipe) = std::io::pipe().expect("a pipe");
    full_pipe.write_all(&[b'\n'; 65_536]).expect("fills the pipe");
    for (target, log) in [("full disk", full_disk()), ("closed pipe", closed_pipe()), ("full pipe", full_pipe.into())] {
        let mut gateway = Gateway::start_logging_to(&folder, TOKEN, log);
        // With a full pipe, lines are lost only after the queue is full.
        let lost = (0..400).any(|_| {
            for _ in 0..50 {
                assert!(get(&gateway, "/handover/unknown").starts_with("HTTP/1.1 "), "{target}");
            }
            let metrics = get(&gateway, "/metrics");
            let lost = metrics.lines().find_map(|line| line.strip_prefix("handover_log_lines_lost_total "));
            lost.expect("the metric").parse::<u64>().expect("a number") > 0
        });
        assert!(lost, "{target}");
        assert_eq!(gateway.process.try_wait().expect("the process state"), None, "{target}");
        // The gateway still exits cleanly, although its standard output has no reader either.
        let stopped = Command::new("kill").arg(gateway.process.id().to_string()).status().expect("kill");
        assert!(stopped.success());
        assert!(gateway.process.wait().expect("the gateway exits").success(), "{target}");
    }
}

#[test]
fn store_check_names_unreadable_records() {
    let folder = Folder::new();
    folder.write("gateway.toml", config(""));
    drop(Gateway::start(&folder, TOKEN));
    assert_eq!(folder.run(&["store", "check", "handover.sqlite"]), (0, String::new(), String::new()));
    assert_eq!(folder.run(&["store", "check", "none.sqlite"]).0, 2);
    let file = folder.0.path().join("handover.sqlite");
    let store = rusqlite::Connection::open(&file).expect("a database");
    let sql = "INSERT INTO record (family, key, revision, value, due) VALUES (1, 'acme/ada', 1, x'7b', 0)";
    store.execute(sql, []).expect("inserts the record");
    // A record of a connection that the configuration no longer contains.
    let sql = "INSERT INTO record (family, key, revision, value, due) VALUES (1, 'globex/ada', 2, x'7b', 0)";
    store.execute(sql, []).expect("inserts the record");
    drop(store);
    let (status, faults, _) = folder.run(&["store", "check", "handover.sqlite"]);
    assert_eq!(status, 1);
    assert!(faults.contains("mailbox acme/ada"), "{faults}");

    // The gateway skips each record, counts it, and logs it once.
    let gateway = Gateway::start(&folder, TOKEN);
    let quarantined = "handover_quarantined_mailboxes{connection=\"acme\"} 1";
    let deadline = Instant::now() + Duration::from_secs(20);
    while !get(&gateway, "/metrics").contains(quarantined) {
        assert!(Instant::now() < deadline, "{}", get(&gateway, "/metrics"));
    }
    thread::sleep(Duration::from_millis(2_500));
    let metrics = get(&gateway, "/metrics");
    assert!(metrics.contains("handover_mailboxes_not_served{connection=\"globex\"} 1"), "{metrics}");
    let log = gateway.stop();
    assert_eq!(log.matches("is quarantined until it changes").count(), 1, "{log}");
    assert_eq!(log.matches("was the connection renamed or removed").count(), 1, "{log}");
}

/// Returns the built-in provider with an additional custom section, so that it is a different component (component
/// model, "Binary format").
fn other_component() -> Vec<u8> {
    let mut component = include_bytes!(env!("GENESYS_OPEN_MESSAGING")).to_vec();
    component.extend_from_slice(b"\x00\x06\x05other");
    component
}

#[test]
fn starts_from_a_precompiled_component() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["compile", "--output", "genesys.cwasm"]), (0, String::new(), String::new()));
    folder.write("gateway.toml", config("precompiled = \"genesys.cwasm\"\n"));
    assert!(!Gateway::start(&folder, TOKEN).address.is_empty());

    // Compiling another plugin does not make it trusted: it reaches only allowed origins.
    folder.write("other.wasm", other_component());
    assert_eq!(folder.run(&["compile", "other.wasm", "--output", "other.cwasm"]).0, 0);

    let refusal = || {
        let (status, _, error) = folder.run_in(&[("TOKEN", TOKEN)], &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        error
    };
    let path = folder.0.path().join("genesys.cwasm");
    std::fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("sets the permissions");
    let error = refusal();
    assert!(error.contains("gateway.toml:6: connection.acme.precompiled"), "{error}");
    assert!(error.contains("users other than its owner can write it"), "{error}");
    folder.write("gateway.toml", config("precompiled = \"other.cwasm\"\n"));
    assert!(refusal().contains("which is not allowed"));
    folder.write("gateway.toml", config("precompiled = \"genesys.cwasm\"\n"));
    std::fs::remove_file(&path).expect("removes the file");
    folder.write("genesys.cwasm", include_bytes!(env!("GENESYS_OPEN_MESSAGING")));
    assert!(refusal().contains("create it again with `handover compile`"));
    folder.write("gateway.toml", config("plugin = \"genesys.wasm\"\nprecompiled = \"genesys.cwasm\"\n"));
    assert!(refusal().contains("expected either plugin or precompiled"));
}

#[test]
fn reports_configuration_errors_of_bots_with_their_position() {
    const LIST: &str = "FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST";
    let folder = Folder::new();
    folder.write("bots.toml", "host = \"mypurecloud.de\"\nsecret = \"a-secret-of-16-or-more-chars\"\n");
    let bots = |intent: &str| {
        format!(
            r#"[{{"id": "b", "name": "B", "versions": [{{"version": "1", "languages": ["de"], "intents": [{intent}]}}]}}]"#
        )
    };
    folder.write("bots.json", bots(r#"{"name": "finished"}"#));
    folder.write("blank.json", bots(r#"{"name": " finished"}"#));
    let with = |name: &str, bots: &str, more: &str| {
        config(&format!("[bot-connection.{name}]\nsettings = \"bots.toml\"\nbots = \"{bots}\"\n{more}"))
    };
    for (text, expected) in [
        (with("acme", "bots.json", ""), "gateway.toml:6: bot-connection.acme: expected a name that no other"),
        (with("bots", "none.json", ""), "none.json: the file cannot be read"),
        (with("bots", "bots.toml", ""), "bots.toml: not a list of bots"),
        (with("bots", "blank.json", ""), "gateway.toml:8: bot-connection.bots.bots"),
        (with("bots", "blank.json", ""), "bots[0].versions[0].intents[0].name"),
        (with("bots", "bots.json", "response-timeout = \"1s\"\n"), "gateway.toml:9: expected 1500ms to 1m"),
        (with("bots", "bots.json", "organization = \"acme\"\n"), "gateway.toml:9: bot-connection.bots.organization"),
        (with("bots", "bots.json", "organization = \"acme\"\n"), LIST),
    ] {
        folder.write("gateway.toml", text);
        let variables = [("TOKEN", TOKEN), (LIST, "globex")];
        let (status, _, error) = folder.run_in(&variables, &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        assert!(error.contains(expected), "{error}");
    }
    folder.write("gateway.toml", with("bots", "bots.json", ""));
    assert!(!Gateway::start(&folder, TOKEN).address.is_empty());
}

#[test]
fn reports_configuration_errors_with_their_position() {
    let folder = Folder::new();
    for (text, variables, expected) in [
        (config("giveup = \"1h\"\n"), &[("TOKEN", TOKEN)][..], "gateway.toml:6: unknown field `giveup`"),
        (config(""), &[], "the environment variable TOKEN is not set"),
        (config(""), &[("TOKEN", "short")], "token 1 is too weak"),
        (
            config("").replace("settings.toml", "none.toml"),
            &[("TOKEN", TOKEN)],
            "none.toml: the settings cannot be read",
        ),
        (config("").replace("acme", "Acme"), &[("TOKEN", TOKEN)], "a connection's name has"),
    ] {
        folder.write("gateway.toml", text);
        let (status, _, error) = folder.run_in(variables, &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("short"), "{error}");
    }
}
