//! The gateway, as a process of its own.

use crate::folder::Folder;
use crate::sandboxed::Sandbox;
use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const TOKEN: &str = "a-token-of-20-or-more";

/// A gateway's process, stopped when it is dropped.
pub(crate) struct Gateway {
    process: Child,
    pub(crate) listens: String,
    /// Read all the time: a gateway that logs into a full pipe stands still.
    log: Option<JoinHandle<String>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    pub(crate) fn start(folder: &Folder, token: &str) -> Self {
        let mut gateway = Self::start_logging_to(folder, token, Stdio::piped());
        let mut errors = gateway.process.stderr.take().expect("its log");
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
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let announced: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
        Self { process, listens: announced["listen"].as_str().expect("an address").to_owned(), log: None }
    }

    /// Stops it by SIGTERM, as service managers do; what it has logged.
    pub(crate) fn stop(mut self) -> String {
        let stopped = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill");
        assert!(stopped.success());
        assert!(self.process.wait().expect("it ends").success());
        self.log.take().expect("it is read").join().expect("text")
    }
}

fn config(rest: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n[platform]\ntokens = [{{ env = \"TOKEN\" }}]\n[connection.acme]\nsettings = \"settings.toml\"\n{rest}"
    )
}

#[test]
fn it_serves_until_it_is_asked_to_stop_and_says_nothing_that_is_secret() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "listen = \"127.0.0.1:0\"\n");
    let secret = sandbox.told("client_secret").to_owned();
    folder.write("settings.toml", sandbox.settings("BotHandover", &secret));
    folder.write("gateway.toml", config(""));
    let gateway = Gateway::start(&folder, TOKEN);

    let url = format!("http://{}", gateway.listens);
    let letters = |token: &str, act: &[&str]| {
        let arguments = [&["dead-letters"], act, &["--gateway", &url, "--connection", "acme"]].concat();
        folder.run_in(&[("HANDOVER_TOKEN", token)], &arguments)
    };
    assert_eq!(letters(TOKEN, &["list"]).0, 0);
    for (token, act) in
        [("another-token-of-20-or-more", &["list"][..]), (TOKEN, &["show", "x"]), (TOKEN, &["drop", "x"])]
    {
        let (status, out, error) = letters(token, act);
        assert_eq!((status, out.as_str()), (1, ""), "{error}");
    }

    let log = gateway.stop();
    for secret in [secret.as_str(), sandbox.told("webhook_secret"), TOKEN] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// What the gateway answers to `GET` and this path.
fn get(gateway: &Gateway, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(&gateway.listens).expect("it listens");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing_and_is_counted() {
    let folder = Folder::new();
    folder.write("gateway.toml", format!("log = {{ level = \"debug\" }}\n{}", config("")));
    let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").expect("Linux has it"));
    let gone = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    // A pipe that nobody reads, and that is full: Linux gives it 64 KiB (pipe(7)).
    let (_unread, mut stuck) = std::io::pipe().expect("a pipe");
    stuck.write_all(&[b'\n'; 65_536]).expect("it has room");
    for (what, log) in [("full disk", full()), ("reader that is gone", gone()), ("reader that is stuck", stuck.into())]
    {
        let mut gateway = Gateway::start_logging_to(&folder, TOKEN, log);
        // Where nobody reads, the queue has to be full before lines are lost.
        let lost = (0..400).any(|_| {
            for _ in 0..50 {
                assert!(get(&gateway, "/handover/nobody").starts_with("HTTP/1.1 "), "{what}");
            }
            let metrics = get(&gateway, "/metrics");
            let lost = metrics.lines().find_map(|line| line.strip_prefix("handover_log_lines_lost_total "));
            lost.expect("it is counted").parse::<u64>().expect("a number") > 0
        });
        assert!(lost, "{what}");
        assert_eq!(gateway.process.try_wait().expect("its state"), None, "{what}");
        // It ends in order all the same, although its standard output has no reader either.
        let stopped = Command::new("kill").arg(gateway.process.id().to_string()).status().expect("kill");
        assert!(stopped.success());
        assert!(gateway.process.wait().expect("it ends").success(), "{what}");
    }
}

#[test]
fn a_store_is_checked_and_what_is_broken_in_it_is_named() {
    let folder = Folder::new();
    folder.write("gateway.toml", config(""));
    drop(Gateway::start(&folder, TOKEN));
    assert_eq!(folder.run(&["store", "check", "handover.sqlite"]), (0, String::new(), String::new()));
    assert_eq!(folder.run(&["store", "check", "none.sqlite"]).0, 2);
    let file = folder.0.path().join("handover.sqlite");
    let store = rusqlite::Connection::open(&file).expect("a database");
    let sql = "INSERT INTO record (family, key, revision, value, due) VALUES (1, 'acme/ada', 1, x'7b', 0)";
    store.execute(sql, []).expect("it is written");
    // Of a connection that the configuration does not have any more.
    let sql = "INSERT INTO record (family, key, revision, value, due) VALUES (1, 'globex/ada', 2, x'7b', 0)";
    store.execute(sql, []).expect("it is written");
    drop(store);
    let (status, faults, _) = folder.run(&["store", "check", "handover.sqlite"]);
    assert_eq!(status, 1);
    assert!(faults.contains("mailbox acme/ada"), "{faults}");

    // The gateway skips it, counts it, and logs it once.
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

/// The provider built in, and yet another component: with a custom section more (component model, "Binary format").
fn other() -> Vec<u8> {
    let mut component = include_bytes!(env!("GENESYS_COMPONENT")).to_vec();
    component.extend_from_slice(b"\x00\x06\x05other");
    component
}

#[test]
fn it_starts_from_what_was_compiled_before() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["compile", "--output", "genesys.cwasm"]), (0, String::new(), String::new()));
    folder.write("gateway.toml", config("precompiled = \"genesys.cwasm\"\n"));
    assert!(!Gateway::start(&folder, TOKEN).listens.is_empty());

    // Another plugin is trusted no more because it was compiled: it reaches nothing that is not allowed.
    folder.write("other.wasm", other());
    assert_eq!(folder.run(&["compile", "other.wasm", "--output", "other.cwasm"]).0, 0);

    let refusal = || {
        let (status, _, error) = folder.run_in(&[("TOKEN", TOKEN)], &["serve", "--config", "gateway.toml"]);
        assert_eq!(status, 2, "{error}");
        error
    };
    let path = folder.0.path().join("genesys.cwasm");
    std::fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("it is ours");
    let error = refusal();
    assert!(error.contains("gateway.toml:6: connection.acme.precompiled"), "{error}");
    assert!(error.contains("users other than its owner can write it"), "{error}");
    folder.write("gateway.toml", config("precompiled = \"other.cwasm\"\n"));
    assert!(refusal().contains("which is not allowed"));
    folder.write("gateway.toml", config("precompiled = \"genesys.cwasm\"\n"));
    std::fs::remove_file(&path).expect("it is there");
    folder.write("genesys.cwasm", include_bytes!(env!("GENESYS_COMPONENT")));
    assert!(refusal().contains("create it again with `handover compile`"));
    folder.write("gateway.toml", config("plugin = \"genesys.wasm\"\nprecompiled = \"genesys.cwasm\"\n"));
    assert!(refusal().contains("expected either plugin or precompiled"));
}

#[test]
fn what_is_wrong_with_the_configuration_is_told_with_its_place() {
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
