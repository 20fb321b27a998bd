//! The plugin of a command, the host that it runs in, and its connection.

use crate::arguments;
use crate::features::Features;
use crate::progress;
use crate::settings::SettingsFile;
use anyhow::{Context, bail};
use handover_host::{
    AllowedOrigins, ConnectError, Connection, Error, Host, HttpClient, HttpClientLimits, Limits, Provider,
};
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The provider for Genesys Cloud Open Messaging.
pub(crate) const BUILT_IN: &[u8] = include_bytes!(env!("GENESYS_COMPONENT"));

/// What takes a moment, and more of one in a build for development.
pub(crate) const COMPILING: &str = "compiling the plugin";

/// The bytes of a plugin.
pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    match path {
        None => Ok(BUILT_IN.to_vec()),
        Some(path) => std::fs::read(path).with_context(|| format!("{}: the plugin cannot be read", path.display())),
    }
}

/// Where the plugin of a gateway's connection comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plugin {
    BuiltIn,
    /// A component.
    Component(PathBuf),
    /// What `handover compile` wrote.
    Precompiled(PathBuf),
}

impl Plugin {
    pub(crate) async fn load(&self, host: &Host) -> anyhow::Result<Provider> {
        let _shown = progress::show(COMPILING);
        match self {
            Self::BuiltIn => Ok(host.load(BUILT_IN).await?),
            Self::Component(path) => Ok(host.load(&read(Some(path))?).await?),
            Self::Precompiled(path) => {
                let whose = std::fs::metadata(path).with_context(|| path.display().to_string())?;
                if whose.permissions().mode() & OTHERS_WRITE != 0 {
                    bail!("{}: others than its owner can write it (chmod go-w)", path.display());
                }
                // SAFETY: the operator vouches for the file by naming it as what `handover compile` wrote, which takes
                // the place of an older one by renaming; and nobody else can write it.
                let loaded = unsafe { host.load_precompiled_file(path) }.await;
                loaded.with_context(|| format!("{}: make it again, by `handover compile`", path.display()))
            }
        }
    }
}

/// Bits of a file's mode: its group and everybody (chmod(2)).
const OTHERS_WRITE: u32 = 0o022;

/// A host with a network.
pub(crate) fn host() -> anyhow::Result<Host> {
    let mut limits = Limits::default();
    // One command makes one call at a time; more would only reserve address space.
    limits.concurrent_calls = 16;
    let client = HttpClient::new(HttpClientLimits::default())?;
    Ok(Host::builder().limits(limits).http(client).build()?)
}

pub(crate) async fn load(path: Option<&Path>) -> anyhow::Result<Provider> {
    let component = read(path)?;
    let name = path.map_or_else(|| "the plugin built in".into(), |path| path.display().to_string());
    let _shown = progress::show(COMPILING);
    host()?.load(&component).await.with_context(|| format!("{name} cannot be loaded"))
}

/// Connects, or says everything that is wrong with the settings.
pub(crate) async fn connect(arguments: &arguments::Connection) -> anyhow::Result<Connection> {
    if let Some(organization) = &arguments.organization {
        Features::from_environment()?.open_messaging.permits(organization)?;
    }
    let file = SettingsFile::read(&arguments.settings)?;
    let provider = load(arguments.plugin.as_deref()).await?;
    connect_with(&provider, &file, &arguments.allow_origins, arguments.plugin.is_none()).await
}

/// Connects with the settings of a file. A trusted plugin may reach what its settings name if no origins are said.
pub(crate) async fn connect_with(
    provider: &Provider,
    file: &SettingsFile,
    origins: &[String],
    trusted: bool,
) -> anyhow::Result<Connection> {
    // The origins that the settings lead to are known once they have been checked.
    let accepted = match provider.check_settings(&file.settings).await {
        Ok(accepted) => accepted,
        Err(Error::Call(error)) => return Err(error.into()),
        Err(Error::Provider(problems)) => {
            let problems: Vec<_> = problems.iter().map(|problem| file.place(problem)).collect();
            bail!("the settings cannot be used\n{}", problems.join("\n"));
        }
    };
    let allowed = match (origins, trusted) {
        ([], true) => AllowedOrigins::from_settings(&accepted.origins),
        (origins, _) => origins.iter().try_fold(AllowedOrigins::none(), |allowed, origin| allowed.allow(origin))?,
    };
    let connection = provider.connect(file.settings.clone(), &allowed).await.map_err(|error| match error {
        ConnectError::OriginNotAllowed(origin) => anyhow::anyhow!(
            "the plugin wants to reach {url}, which is not allowed; if it may, allow it: --allow-origin {url}, or \
             allow-origins of the gateway's configuration",
            url = origin.url
        ),
        error => error.into(),
    })?;
    for warning in connection.warnings() {
        // Nobody has to read it.
        let _ = writeln!(std::io::stderr(), "{}", file.place(warning));
    }
    Ok(connection)
}

/// The bytes of a file, or of standard input for `-`. More than any host takes are cut off, and then refused for
/// their size.
pub(crate) fn input(path: &Path) -> anyhow::Result<Vec<u8>> {
    const MOST: u64 = 16 << 20;
    let read = |source: &mut dyn Read| -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        source.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    if path == Path::new("-") {
        return read(&mut std::io::stdin().lock()).context("standard input cannot be read");
    }
    std::fs::File::open(path)
        .and_then(|mut file| read(&mut file))
        .with_context(|| format!("{}: the file cannot be read", path.display()))
}
