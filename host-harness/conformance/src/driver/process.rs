//! A host in another process: calls and results as lines of JSON.

use super::{Call, Driver, Made};
use async_trait::async_trait;
use serde::Deserialize;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The time after which a host that does not answer is ended. Longer than any call may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// The time to wait for the status of a host that has closed its output.
const GRACE: Duration = Duration::from_secs(1);

/// A host in another process, which has loaded the component.
pub struct HostProcess(Mutex<State>);

struct State {
    /// Killed when it is dropped.
    process: Child,
    calls: ChildStdin,
    results: Lines<BufReader<ChildStdout>>,
    /// Why no further call is possible.
    ended: Option<String>,
}

/// A host did not start.
#[derive(Debug, thiserror::Error)]
#[error("the host `{command}` cannot be started: {error}")]
pub struct StartError {
    command: String,
    error: std::io::Error,
}

/// A line of the process.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Made(Made),
    /// The call failed.
    Failed(String),
}

impl HostProcess {
    /// Starts a host by a simple command of the shell (use `env` for variables), to which the component's path is added.
    /// The command runs until its standard input ends.
    ///
    /// # Errors
    /// The shell cannot be started, which does not include a command that does not exist.
    pub fn start(command: &str, component: &Path) -> Result<Self, StartError> {
        let failed = |error| StartError { command: command.to_owned(), error };
        let mut process = Command::new("sh")
            .arg("-c")
            .arg(format!("exec {command} \"$1\""))
            .arg("sh")
            .arg(component)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let missing = || failed(std::io::Error::other("it has no standard input or output"));
        let calls = process.stdin.take().ok_or_else(missing)?;
        let results = BufReader::new(process.stdout.take().ok_or_else(missing)?).lines();
        Ok(Self(Mutex::new(State { process, calls, results, ended: None })))
    }
}

impl State {
    async fn exchange(&mut self, call: &Call) -> Result<Line, String> {
        let mut line = serde_json::to_vec(call).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let answered = timeout(DEADLINE, async {
            self.calls.write_all(&line).await?;
            self.results.next_line().await
        });
        match answered.await {
            Ok(Ok(Some(text))) => {
                serde_json::from_str(&text).map_err(|error| format!("the host's answer is not a result: {error}"))
            }
            Ok(Ok(None) | Err(_)) => Err(self.why_it_ended().await),
            Err(_) => Err(format!("the host did not answer within {} s", DEADLINE.as_secs())),
        }
    }

    async fn why_it_ended(&mut self) -> String {
        match timeout(GRACE, self.process.wait()).await {
            Ok(Ok(status)) => format!("the host has ended: {status}"),
            _ => "the host has closed its input or output".to_owned(),
        }
    }
}

#[async_trait]
impl Driver for HostProcess {
    async fn make(&self, call: &Call) -> Result<Made, String> {
        let mut state = self.0.lock().await;
        if let Some(why) = &state.ended {
            return Err(why.clone());
        }
        match state.exchange(call).await {
            Ok(Line::Made(made)) => Ok(made),
            Ok(Line::Failed(why)) => Err(why),
            Err(why) => {
                // A later answer could be to this call.
                state.ended = Some(why.clone());
                Err(why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::{Instance, Network, SettingsOfCall, VerifiedBy};
    use serde_json::json;

    fn call() -> Call {
        Call {
            function: "describe",
            settings: SettingsOfCall::None {},
            arguments: json!({}),
            network: Network::Offline,
            instance: Instance::Fresh,
            verifier: VerifiedBy::Host,
        }
    }

    /// Makes two calls of a host that is a script of the shell.
    async fn two_calls(script: &str) -> [Result<Made, String>; 2] {
        let host = HostProcess::start(&format!("sh -c '{script}'"), Path::new("component.wasm")).expect("it starts");
        [host.make(&call()).await, host.make(&call()).await]
    }

    #[tokio::test]
    async fn reads_a_result_for_each_call_in_order() {
        let script = r#"while read call; do n=$((n + 1)); echo "{\"made\": {\"result\": [\"$0\", $n]}}"; done"#;
        let [first, second] = two_calls(script).await.map(|made| made.expect("a result").result);
        assert_eq!((first, second), (json!(["component.wasm", 1]), json!(["component.wasm", 2])));
    }

    #[tokio::test]
    async fn a_failed_call_does_not_end_the_host() {
        let script = r#"while read call; do echo "{\"failed\": \"the plugin trapped\"}"; done"#;
        for made in two_calls(script).await {
            assert_eq!(made.err().as_deref(), Some("the plugin trapped"));
        }
    }

    #[tokio::test]
    async fn a_host_that_ended_is_not_asked_again() {
        for (script, why) in [
            ("exit 3", "the host has ended: exit status: 3"),
            ("read call; echo nonsense; cat", "the host's answer is not a result: "),
            ("read call; exec >&-; read call", "the host has closed its input or output"),
        ] {
            for made in two_calls(script).await {
                let error = made.err().unwrap_or_default();
                assert!(error.starts_with(why), "{script}: {error}");
            }
        }
    }
}
