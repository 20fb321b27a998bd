//! `handover conformance`

use super::NEGATIVE_RESULT;
use crate::arguments::Conformance;
use crate::{output, plugin, progress};
use anyhow::Context;
use handover_conformance::vectors::VectorFile;
use handover_conformance::{HostProcess, Report, RunError};
use include_dir::{Dir, include_dir};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../tests/vectors");

pub(crate) async fn run(arguments: Conformance) -> anyhow::Result<ExitCode> {
    let component = plugin::read(arguments.plugin.or(arguments.plugin_option).as_deref())?;
    let mut vectors = built_in()?;
    if let Some(folder) = &arguments.vectors {
        vectors.extend(read_folder(folder)?);
    }
    let spinner = progress::show("running the test cases");
    let report = match &arguments.host {
        Some(command) => run_in(command, &component, &vectors).await?,
        None => handover_conformance::run(&component, &vectors).await,
    };
    drop(spinner);
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            output::print(format_args!("failed  load: {error}"))?;
            return Ok(ExitCode::from(NEGATIVE_RESULT));
        }
    };
    output::print(&report)?;
    if let Some(file) = &arguments.junit {
        std::fs::write(file, report.junit()?)
            .with_context(|| format!("{}: the report cannot be written", file.display()))?;
    }
    Ok(if report.failed().next().is_some() { ExitCode::from(NEGATIVE_RESULT) } else { ExitCode::SUCCESS })
}

async fn run_in(command: &str, component: &[u8], vectors: &[VectorFile]) -> anyhow::Result<Result<Report, RunError>> {
    let mut file = tempfile::Builder::new().suffix(".wasm").tempfile().context("cannot create a temporary file")?;
    file.write_all(component).context("cannot write a temporary file")?;
    Ok(handover_conformance::run_in(HostProcess::start(command, file.path())?, component, vectors).await)
}

fn built_in() -> anyhow::Result<Vec<VectorFile>> {
    let folders = BUILT_IN.dirs();
    let files =
        folders.flat_map(|folder| folder.files()).filter(|file| file.path().extension().is_some_and(|e| e == "json"));
    files
        .map(|file| {
            let text = file.contents_utf8().context("a built-in vector file is not UTF-8")?;
            Ok(VectorFile::parse(&file.path().display().to_string(), text)?)
        })
        .collect()
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<VectorFile>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{}: the folder cannot be read", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: the file cannot be read", path.display()))?;
            Ok(VectorFile::parse(&path.display().to_string(), &text)?)
        })
        .collect()
}
