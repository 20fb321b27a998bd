//! The commands and files in the documents, as a reader runs them. The Rust code of the documents is compiled by the doc
//! tests of `handover-host`, and `gateway.example.toml` is parsed by a test of `handover`.

use crate::support::{RunningProcess, build};
use genesys_sandbox::{Config, Sandbox};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The directory of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Returns the code blocks of a document in a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(document)).expect("a document");
    let start = format!("```{language}\n");
    let blocks = text.split(&start).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

/// A directory in which commands run that call `handover`.
struct Shell {
    folder: tempfile::TempDir,
    path: String,
}

impl Shell {
    fn new() -> Self {
        let handover = build("handover");
        let binaries = handover.parent().expect("a directory").display();
        let path = format!("{binaries}:{}", std::env::var("PATH").unwrap_or_default());
        Self { folder: tempfile::tempdir().expect("a directory"), path }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).expect("written");
    }

    /// Writes the settings of a connection to the sandbox.
    fn write_settings(&self, name: &str, sandbox: &Sandbox) {
        let announcement = sandbox.announcement();
        let settings = format!(
            "host = \"{}\"\ndeployment-name = \"{}\"\nwebhook-secret = \"{}\"\nclient-id = \"{}\"\nclient-secret = \"{}\"\n",
            announcement.origin,
            announcement.integration_name,
            announcement.webhook_secret,
            announcement.client_id,
            announcement.client_secret,
        );
        self.write(name, settings);
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("PLATFORM_TOKEN", "a-token-of-20-or-more")
            .env("GENESYS_CLIENT_SECRET", "a-secret");
        command
    }

    /// Runs a script, which must succeed.
    async fn run(&self, script: &str) -> String {
        let mut command = self.command(script);
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("bash runs");
        let Output { status, stdout, stderr } = output;
        let (out, error) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{status} from:\n{script}\n{out}\n{error}");
        out.into_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_names_existing_make_targets() {
    for block in blocks("README.md", "sh") {
        for line in block.lines() {
            let command =
                line.split('#').next().unwrap_or_default().replace("make ", "make --dry-run --no-print-directory ");
            let status = Command::new("bash").args(["-c", &command]).current_dir(ROOT).stdout(Stdio::null()).status();
            assert!(status.expect("bash runs").success(), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_of_genesys_runs() {
    let shell = Shell::new();
    let sandbox = Sandbox::start(Config::default()).await.expect("the sandbox starts");
    shell.write_settings("acme.toml", &sandbox);
    for block in blocks("docs/genesys.md", "sh") {
        shell.run(&block).await;
    }
    let [settings] = &blocks("docs/genesys.md", "toml")[..] else { panic!("expected one example of settings") };
    shell.write("acme.toml", settings);
    let message = r#"{"recipient": "sess-42", "id": "m-1", "time": 1772359200123, "message": {"text": "Hello"}}"#;
    shell.run(&format!("echo '{message}' | handover build --settings acme.toml -")).await;
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_providers_run() {
    let shell = Shell::new();
    shell.write("my-provider.wasm", handover_tests::ECHO);
    for block in blocks("docs/providers.md", "sh") {
        shell.run(&block).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_the_gateway_run() {
    let shell = Shell::new();
    let sandbox = Sandbox::start(Config::default()).await.expect("the sandbox starts");
    shell.write_settings("acme.toml", &sandbox);
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let here =
        |text: &str| text.replace("127.0.0.1:8080", &free.to_string()).replace("/run/secrets/callback", "callback");
    shell.write("callback", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let [config] = &blocks("docs/gateway.md", "toml")[..] else { panic!("expected one example of a configuration") };
    shell.write("gateway.toml", here(config));
    let scripts = blocks("docs/gateway.md", "sh");
    let script_with = |part: &str| scripts.iter().find(|script| script.contains(part)).expect("a block");

    let serve = script_with("handover serve");
    let _gateway = RunningProcess::start(shell.command(&format!("exec {serve}")).stdout(Stdio::null()));
    let started = format!("until curl --silent --fail http://{free}/readyz; do sleep 0.1; done");
    tokio::time::timeout(std::time::Duration::from_secs(60), shell.run(&started)).await.expect("the gateway starts");

    let api = here(script_with("curl"));
    let (variables, requests) = api.split_once('\n').expect("variables");
    for request in requests.lines() {
        // The stream of events does not end.
        let request = request.replace("curl", "curl --silent --fail-with-body --max-time 20");
        let request = if request.contains(" -N ") { format!("! timeout 1 {request}") } else { request };
        shell.run(&format!("{variables}\n{request}")).await;
    }

    // Without a dead letter, only the list succeeds.
    let dead_letters = script_with("dead-letters list").replace("HANDOVER_TOKEN=…", "HANDOVER_TOKEN=$PLATFORM_TOKEN");
    for line in dead_letters.lines().filter(|line| line.starts_with("handover")) {
        let expected = if line.contains(" list ") { 0 } else { 1 };
        let line = line.replace("--connection", &format!("--gateway http://{free} --connection"));
        shell.run(&format!("export HANDOVER_TOKEN=$PLATFORM_TOKEN; {{ {line}\n}} || [ $? = {expected} ]")).await;
    }
    sandbox.stop().await;
}
