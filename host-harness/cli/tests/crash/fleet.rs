//! The gateway processes and the NATS server.

use crate::gateway::{self, free_port};
use crate::proxy::Proxy;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) struct Fleet {
    folder: TempDir,
    /// The port and the process of each gateway. A gateway that was killed for good is removed.
    gateways: Vec<(u16, Child)>,
    nats: Option<Nats>,
}

impl Fleet {
    /// Starts gateways with this configuration. `callback` is the URL of the platform's callback.
    pub(crate) async fn start(
        count: usize,
        folder: TempDir,
        connections: &str,
        callback: Option<&str>,
        nats: Option<Nats>,
        proxy: &Proxy,
    ) -> Self {
        let store = nats
            .as_ref()
            .map_or_else(String::new, |nats| format!("[store]\nnats = \"nats://127.0.0.1:{}\"\n", nats.port));
        let rest = format!("{connections}{store}");
        let ports: Vec<u16> = (0..count).map(|_| gateway::write_config(folder.path(), callback, &rest)).collect();
        let gateways = ports.iter().map(|port| (*port, spawn(folder.path(), *port))).collect();
        proxy.forward_to(ports.clone());
        let fleet = Self { folder, gateways, nats };
        for port in ports {
            gateway::wait_until_ready(port).await;
        }
        fleet
    }

    /// Returns the resident memory of the first gateway, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.gateways[0].1.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
    }

    /// Returns the port of the first gateway.
    pub(crate) fn port(&self) -> u16 {
        self.gateways[0].0
    }

    /// Returns the CPU time that all gateways have used (proc(5), `/proc/pid/stat`, in hundredths of a second).
    pub(crate) fn cpu_time(&self) -> Duration {
        let ticks = self.gateways.iter().map(|(_, gateway)| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", gateway.id())).unwrap();
            let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
            fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
        });
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// Kills a random gateway with SIGKILL, and restarts it unless `for_good` is set.
    pub(crate) async fn kill_one(&mut self, for_good: bool) {
        let victim = fastrand::usize(0..self.gateways.len());
        let (port, gateway) = &mut self.gateways[victim];
        gateway.kill().unwrap();
        gateway.wait().unwrap();
        let port = *port;
        if for_good {
            self.gateways.remove(victim);
            return;
        }
        self.gateways[victim].1 = spawn(self.folder.path(), port);
        gateway::wait_until_ready(port).await;
    }

    pub(crate) async fn restart_nats(&mut self) {
        if let Some(nats) = &mut self.nats {
            nats.restart().await;
        }
    }

    pub(crate) fn stop(mut self) {
        for (_, gateway) in &mut self.gateways {
            gateway.kill().unwrap();
            gateway.wait().unwrap();
        }
        if std::env::var_os("KEEP_LOGS").is_some() {
            eprintln!("logs are in {}", self.folder.keep().display());
        }
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    gateway::command(folder, port).spawn().unwrap()
}

/// A NATS server that syncs every write to disk before it acknowledges it.
pub(crate) struct Nats {
    process: Child,
    port: u16,
    folder: TempDir,
}

pub(crate) fn has_nats() -> bool {
    Command::new("nats-server").arg("--version").stdout(Stdio::null()).status().is_ok()
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Nats {
    pub(crate) async fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let store = folder.path().display();
        let config =
            format!("listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{store}\", sync_interval: always }}\n");
        std::fs::write(folder.path().join("nats.conf"), config).unwrap();
        let nats = Self { process: Self::spawn(folder.path()), port, folder };
        nats.wait_until_ready().await;
        nats
    }

    fn spawn(folder: &Path) -> Child {
        let mut command = Command::new("nats-server");
        command.arg("--config").arg(folder.join("nats.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    async fn wait_until_ready(&self) {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nats-server does not listen");
    }

    async fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = Self::spawn(self.folder.path());
        self.wait_until_ready().await;
    }
}
