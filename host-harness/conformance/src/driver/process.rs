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

/// A host in another process, which has loaded the component.
pub struct HostProcess(Mutex<State>);

struct State {
    /// Killed when it is dropped.
    _process: Child,
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
    /// Starts a host by a command of the shell, to which the component's path is added. The command runs until its
    /// standard input ends.
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
        Ok(Self(Mutex::new(State { _process: process, calls, results, ended: None })))
    }
}

impl State {
    async fn exchange(&mut self, call: &Call) -> Result<Line, String> {
        let mut line = serde_json::to_vec(call).map_err(|error| error.to_string())?;
        line.push(b'\n');
        self.calls.write_all(&line).await.map_err(|error| format!("the host has ended: {error}"))?;
        let answered = timeout(DEADLINE, self.results.next_line()).await;
        let answered = answered.map_err(|_| format!("the host did not answer within {} s", DEADLINE.as_secs()))?;
        let answered = answered.map_err(|error| format!("the host's answer is not readable: {error}"))?;
        let text = answered.ok_or("the host has ended")?;
        serde_json::from_str(&text).map_err(|error| format!("the host's answer is not a result: {error}"))
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
