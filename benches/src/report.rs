//! Prints tables of the calls and of the webhooks over HTTP, then each ratio on a separate line.

use crate::layers::median;
use crate::{hosts, neighbours, start};
use anyhow::{Context, bail, ensure};
use handover_bench::{COMPONENT, SIZES, settings};
use handover_host::{Host, Limits, MAX_STACK_AT_ONCE};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The duration of the load on each receiver, in seconds.
const LOAD_SECONDS: u64 = 5;
/// The number of rounds, of which the median is reported.
const ROUNDS: usize = 3;

/// The results of one receiver.
#[derive(Clone, Copy)]
struct Measurement {
    /// Responses per second.
    rate: f64,
    /// CPU time per response, in microseconds.
    cpu: f64,
}

pub(crate) fn print() -> anyhow::Result<()> {
    let mut ratios = Vec::new();
    println!("\n| a call, in µs | native | warm | fresh | warm / native | fresh / native |\n|---|---|---|---|---|---|");
    for (call, group, suffix, [warm_aim, fresh_aim]) in [
        ("verify+map", "verify+map", "", ["<= 2.2", "<= 4.5"]),
        ("map, verified by the host", "verify+map", "-declared", ["<= 1.4", "<= 4"]),
        ("build", "build", "", ["<= 2.5", "none"]),
    ] {
        for size in SIZES.iter().map(|(size, _)| *size).filter(|size| group != "build" || *size == "0.5k") {
            let native = median(group, "native", size)?;
            let [warm, fresh] = ["warm", "fresh"].map(|layer| median(group, &format!("{layer}{suffix}"), size));
            let (warm, fresh) = (warm?, fresh?);
            println!(
                "| {call} {size} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
                native / 1e3,
                warm / 1e3,
                fresh / 1e3,
                warm / native,
                fresh / native
            );
            // The aims are for a message of ordinary length.
            let [warm_aim, fresh_aim] = if size == "0.5k" { [warm_aim, fresh_aim] } else { ["none", "none"] };
            let name = call.replace(", ", ",").replace(' ', "-");
            ratios.push((format!("warm/native:{name}:{size}"), warm / native, warm_aim));
            ratios.push((format!("fresh/native:{name}:{size}"), fresh / native, fresh_aim));
        }
    }

    println!("\n| a webhook by HTTP, on one core | requests a second | µs of CPU |\n|---|---|---|");
    for (size, bytes) in [SIZES[0], SIZES[1], SIZES[2]] {
        let kinds = ["native", "warm", "fresh", "node"];
        let mut rounds: [Vec<Measurement>; 4] = Default::default();
        // Interleave the receivers, so that other load on the machine affects all of them equally.
        for _ in 0..ROUNDS {
            for (kind, round) in kinds.iter().zip(&mut rounds) {
                round.push(measure(kind, bytes)?);
            }
        }
        let [Some(native), Some(warm), Some(fresh), Some(node)] = rounds.map(|mut round| {
            round.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
            round.get(ROUNDS / 2).copied()
        }) else {
            bail!("a receiver has no measurements");
        };
        for (kind, measurement) in kinds.iter().zip([native, warm, fresh, node]) {
            println!("| {kind} {size} | {:.0} | {:.1} |", measurement.rate, measurement.cpu);
        }
        let [fresh_aim, warm_aim] = match size {
            "0.5k" => [">= 5", ">= 7.5"],
            "64k" => [">= 1.5", "none"],
            _ => ["none", "none"],
        };
        ratios.push((format!("http:fresh/node:rate:{size}"), fresh.rate / node.rate, fresh_aim));
        ratios.push((format!("http:warm/node:rate:{size}"), warm.rate / node.rate, warm_aim));
        ratios.push((format!("http:native/node:rate:{size}"), native.rate / node.rate, "none"));
    }
    ratios.push(("component:kB".into(), COMPONENT.len() as f64 / 1e3, "<= 500"));
    ratios.push(("load-precompiled:ms".into(), load_precompiled()?, "<= 1"));
    let executable = std::env::current_exe()?;
    let [compiling, precompiled] = start::measure(&executable.with_file_name("handover"))?;
    ratios.push(("start:compiling:ms".into(), compiling, "<= 100"));
    ratios.push(("start:precompiled:ms".into(), precompiled, "<= 100"));
    ratios.extend(hosts::print()?);
    ratios.extend(neighbours()?);
    let crowd = Command::new(executable).arg("crowd").stderr(Stdio::inherit()).output()?;
    let resident: f64 = String::from_utf8(crowd.stdout)?
        .trim()
        .parse()
        .context("the measurement of concurrent calls printed no number")?;
    ratios.push(("calls-at-once:1000:MB".into(), resident / 1e6, "<= 256"));
    println!();
    for (name, value, aim) in ratios {
        println!("ratio {name} {value:.2} aim {aim}");
    }
    Ok(())
}

/// Prints only the measurement of the hosts for Node and Python.
pub(crate) fn print_hosts() -> anyhow::Result<()> {
    for (name, value, aim) in hosts::print()? {
        println!("ratio {name} {value:.2} aim {aim}");
    }
    Ok(())
}

/// Prints only the measurement of calls beside others that compute forever.
pub(crate) fn print_neighbours() -> anyhow::Result<()> {
    for (name, value, aim) in neighbours()? {
        println!("ratio {name} {value:.2} aim {aim}");
    }
    Ok(())
}

/// Prints the times of a connection's calls beside calls of another one that compute forever: as they are, and if no call
/// ran on the thread of its caller.
fn neighbours() -> anyhow::Result<Vec<(String, f64, &'static str)>> {
    let (as_it_is, yielding) =
        (neighbours::measure(Limits::default().stack)?, neighbours::measure(MAX_STACK_AT_ONCE + 1)?);
    println!("\n| calls that compute forever | p50, p99 in ms | if every call could yield at once |\n|---|---|---|");
    let mut ratios = Vec::new();
    for ((calls, ours), other) in neighbours::LOOPING.iter().zip(as_it_is).zip(yielding) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "| {calls} | {:.2}, {:.1} | {:.2}, {:.1} |",
            ms(ours.median),
            ms(ours.p99),
            ms(other.median),
            ms(other.p99)
        );
        ratios.push((format!("neighbours:{calls}:p99:at-once/yielding"), ms(ours.p99) / ms(other.p99), "<= 1.2"));
    }
    Ok(ratios)
}

/// Returns the median time to load a precompiled component, in milliseconds.
fn load_precompiled() -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let host = Host::builder().limits(Limits::default()).build()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("compiled");
    std::fs::write(&path, host.precompile(COMPONENT)?)?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        // SAFETY: this process has just compiled the component.
        let loaded = runtime.block_on(unsafe { host.load_precompiled_file(&path) })?;
        times.push(start.elapsed());
        let _ = runtime.block_on(loaded.check_settings(&settings()))?;
    }
    times.sort();
    let median: Duration = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok(median.as_secs_f64() * 1e3)
}

/// A receiver process on the first core. It is killed when this value is dropped.
struct Receiver {
    process: Child,
    address: String,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Ignored because the process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Receiver {
    fn start(kind: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]);
        if kind == "node" {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
            command.arg("node").arg(folder.join("receiver.mjs")).env("SECRET", handover_bench::SECRET);
        } else {
            command.arg(std::env::current_exe()?).args(["receive", kind]);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().context("taskset (util-linux) cannot be started")?;
        let mut address = String::new();
        BufReader::new(process.stdout.take().context("the receiver has no standard output")?)
            .read_line(&mut address)?;
        ensure!(!address.is_empty(), "the receiver {kind} did not start");
        Ok(Self { process, address: address.trim().to_owned() })
    }

    /// Returns the CPU time that the process has used (proc(5), `/proc/pid/stat`, in hundredths of a second).
    fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("/proc/pid/stat has no process name")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u64>().ok());
        let (user, system) = (ticks(11).context("no user time")?, ticks(12).context("no system time")?);
        Ok(Duration::from_millis((user + system) * 10))
    }
}

fn measure(kind: &str, bytes: usize) -> anyhow::Result<Measurement> {
    let receiver = Receiver::start(kind)?;
    let load = |seconds: u64| -> anyhow::Result<f64> {
        let output = Command::new("taskset")
            .args(["--cpu-list", "1"])
            .arg(std::env::current_exe()?)
            .args(["load", &receiver.address, &bytes.to_string(), &seconds.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "the load on {kind} failed");
        Ok(String::from_utf8(output.stdout)?.trim().parse()?)
    };
    // Warm up caches and just-in-time compilers.
    load(2)?;
    let before = receiver.cpu_time()?;
    let answered = load(LOAD_SECONDS)?;
    let used = receiver.cpu_time()?.saturating_sub(before);
    Ok(Measurement { rate: answered / LOAD_SECONDS as f64, cpu: used.as_secs_f64() * 1e6 / answered })
}
