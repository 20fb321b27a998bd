//! The disk with the store and the log is full.

use crate::environment::{Environment, Gateway, until};
use reqwest::StatusCode;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Messages that each user and each agent sends.
const MESSAGES: usize = 24;

/// A disk of 32 MiB in its own mount namespace. Does not require root.
struct Disk {
    /// Keeps the namespace alive.
    holder: Child,
    path: PathBuf,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Disk {
    /// Returns `None` if the kernel does not allow this user to mount.
    fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let script = "mount -t tmpfs -o size=32m tmpfs \"$0\" && echo mounted && exec sleep infinity";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(path);
        let mut disk = Self { holder: command.stdout(Stdio::piped()).spawn().ok()?, path: path.to_owned() };
        let mut line = String::new();
        BufReader::new(disk.holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (line == "mounted\n").then_some(disk)
    }

    /// Wraps a command so that it runs in the mount namespace and logs to the disk.
    fn run(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside
            .args(["--preserve-credentials", "--user", "--mount", "--target", &self.holder.id().to_string()])
            .args(["sh", "-c", "exec \"$0\" \"$@\" 2>>\"$LOG\""])
            .arg(command.get_program())
            .args(command.get_args())
            .env("LOG", self.path.join("log"))
            .stdout(Stdio::null());
        for (name, value) in command.get_envs() {
            inside.env(name, value.unwrap());
        }
        inside
    }

    /// Returns the path of the file that fills the disk, as seen from outside the namespace.
    fn ballast(&self) -> PathBuf {
        let path = self.path.strip_prefix("/").unwrap();
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(path).join("ballast")
    }

    /// Fills the disk to the last byte.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        for size in [4_096, 1] {
            let error = loop {
                if let Err(error) = file.write_all(&vec![b'x'; size]) {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::StorageFull);
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_no_acknowledged_message() {
    let environment =
        Environment::start("[log]\nlevel = \"debug\"\n[store]\nsqlite = \"FOLDER/disk/handover.sqlite\"\n").await;
    let Some(disk) = Disk::mount(&environment.folder.path().join("disk")) else {
        // No package would enable this, so it is not a failure even if CI is set.
        return eprintln!("full disk: skipped, this user may not mount (unshare --user --mount)");
    };
    let mut gateway = environment.start_gateway(disk.run(&environment.command())).await;
    let conversations = environment.begin(4).await;
    let talks = environment.talk(&conversations, MESSAGES, Duration::from_millis(500));
    tokio::time::sleep(Duration::from_secs(2)).await;
    disk.fill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(gateway.is_running());
    assert!(environment.metric("handover_log_lines_lost_total").await > 0);
    assert_eq!(environment.readiness().await, Some(StatusCode::SERVICE_UNAVAILABLE));
    // Kill the gateway and start it again while the disk is full.
    drop(gateway);
    let mut gateway = Gateway::spawn(disk.run(&environment.command()));
    until("started", async || environment.readiness().await == Some(StatusCode::SERVICE_UNAVAILABLE)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(gateway.is_running());
    disk.free();
    let undeliverable = environment.settle(talks, &conversations, MESSAGES).await;
    eprintln!("full disk: the contact center stopped retrying {undeliverable} messages");
    gateway.stop();
}
