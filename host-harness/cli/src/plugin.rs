//! The plugin that a command uses, with its host and its connection.

use crate::arguments;
use crate::features::Features;
use crate::progress;
use crate::settings::SettingsFile;
use anyhow::{Context, bail};
use handover_host::contract::SettingsProblem;
use handover_host::{
    AllowedOrigins, BotConnection, ConnectError, Connection, Error, Host, HttpClient, HttpClientLimits, Limits,
    Provider,
};
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The provider for Genesys Cloud Open Messaging.
pub(crate) const BUILT_IN: &[u8] = include_bytes!(env!("GENESYS_OPEN_MESSAGING"));
/// The provider for the Genesys Bot Connector.
pub(crate) const BUILT_IN_FOR_BOTS: &[u8] = include_bytes!(env!("GENESYS_BOT_CONNECTOR"));
/// What `--plugin` names [`BUILT_IN_FOR_BOTS`]. A file of this name is `./genesys-bot-connector`.
const NAME_FOR_BOTS: &str = "genesys-bot-connector";

/// A setting that only [`BUILT_IN_FOR_BOTS`] has, by which a missing `--plugin` is recognized.
const SETTING_OF_BOTS: &str = "product";

/// The largest input, in bytes. It exceeds the input limit of the host, so that the host reports inputs that are too
/// large.
const MAX_INPUT_BYTES: u64 = 16 << 20;

/// The progress message during compilation.
pub(crate) const COMPILING: &str = "compiling the plugin";

/// Reads a plugin file, or returns a built-in plugin.
pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    match path {
        None => Ok(BUILT_IN.to_vec()),
        Some(path) if is_built_in(path) => Ok(BUILT_IN_FOR_BOTS.to_vec()),
        Some(path) => std::fs::read(path).with_context(|| format!("{}: the plugin cannot be read", path.display())),
    }
}

/// Returns whether `--plugin` names a built-in plugin. It may reach the origins of its settings.
fn is_built_in(path: &Path) -> bool {
    path == Path::new(NAME_FOR_BOTS)
}

/// The plugin of a gateway's connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plugin {
    BuiltIn,
    BuiltInForBots,
    /// A WebAssembly component.
    Component(PathBuf),
    /// The output of `handover compile`.
    Precompiled(PathBuf),
}

impl Plugin {
    pub(crate) async fn load(&self, host: &Host) -> anyhow::Result<Provider> {
        let _spinner = progress::show(COMPILING);
        match self {
            Self::BuiltIn => Ok(host.load(BUILT_IN).await?),
            Self::BuiltInForBots => Ok(host.load(BUILT_IN_FOR_BOTS).await?),
            Self::Component(path) => Ok(host.load(&read(Some(path))?).await?),
            Self::Precompiled(path) => {
                let metadata = std::fs::metadata(path).with_context(|| path.display().to_string())?;
                if metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
                    bail!("{}: users other than its owner can write it (chmod go-w)", path.display());
                }
                // SAFETY: the operator configured the file as output of `handover compile`, which replaces it by
                // renaming, and only its owner can write it.
                let loaded = unsafe { host.load_precompiled_file(path) }.await;
                loaded.with_context(|| format!("{}: create it again with `handover compile`", path.display()))
            }
        }
    }
}

/// The write permissions of the group and of others (chmod(2)).
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Creates a host with network access.
pub(crate) fn host() -> anyhow::Result<Host> {
    let mut limits = Limits::default();
    // A command makes one call at a time. A higher limit would only reserve address space.
    limits.concurrent_calls = 16;
    let client = HttpClient::new(HttpClientLimits::default())?;
    Ok(Host::builder().limits(limits).http(client).build()?)
}

pub(crate) async fn load(path: Option<&Path>) -> anyhow::Result<Provider> {
    let component = read(path)?;
    let name = path
        .filter(|path| !is_built_in(path))
        .map_or_else(|| "the built-in plugin".into(), |path| path.display().to_string());
    let _spinner = progress::show(COMPILING);
    host()?.load(&component).await.with_context(|| format!("{name} cannot be loaded"))
}

/// Connects for handovers. The error lists all problems of the settings.
pub(crate) async fn connect(arguments: &arguments::Connection) -> anyhow::Result<Connection> {
    let file = SettingsFile::read(&arguments.settings)?;
    let provider = load(arguments.plugin.as_deref()).await?;
    permit(arguments, &provider)?;
    connect_with(&provider, &file, &arguments.allow_origins, is_trusted(arguments)).await
}

/// Connects for bots, by default with the built-in plugin for them. Otherwise like [`connect`].
pub(crate) async fn connect_bots(arguments: &arguments::Connection) -> anyhow::Result<BotConnection> {
    let file = SettingsFile::read(&arguments.settings)?;
    let provider = load(Some(arguments.plugin.as_deref().unwrap_or(Path::new(NAME_FOR_BOTS)))).await?;
    permit(arguments, &provider)?;
    bots_with(&provider, &file, &arguments.allow_origins, is_trusted(arguments)).await
}

/// A connection for handovers or, if the plugin has none, for bots.
pub(crate) enum AnyConnection {
    Handover(Connection),
    Bots(BotConnection),
}

/// Connects for handovers or, if the plugin has none, for bots. Otherwise like [`connect`].
pub(crate) async fn connect_any(arguments: &arguments::Connection) -> anyhow::Result<AnyConnection> {
    let file = SettingsFile::read(&arguments.settings)?;
    if arguments.plugin.is_none() && file.settings.iter().any(|setting| setting.key == SETTING_OF_BOTS) {
        bail!("{}: these are settings for bots; add --plugin {NAME_FOR_BOTS}", arguments.settings.display());
    }
    let provider = load(arguments.plugin.as_deref()).await?;
    permit(arguments, &provider)?;
    let (origins, trusted) = (&arguments.allow_origins, is_trusted(arguments));
    Ok(match provider.has_handovers() {
        true => AnyConnection::Handover(connect_with(&provider, &file, origins, trusted).await?),
        false => AnyConnection::Bots(bots_with(&provider, &file, origins, trusted).await?),
    })
}

/// Returns whether the plugin is built in.
fn is_trusted(arguments: &arguments::Connection) -> bool {
    arguments.plugin.as_deref().is_none_or(is_built_in)
}

/// Checks that the feature is enabled for the organization, if there is one.
fn permit(arguments: &arguments::Connection, provider: &Provider) -> anyhow::Result<()> {
    if let Some(organization) = &arguments.organization {
        let features = Features::from_environment()?;
        let feature = if provider.has_handovers() { features.open_messaging } else { features.bot_connector };
        feature.permits(organization)?;
    }
    Ok(())
}

/// Connects with the settings of a file. If `origins` is empty, a trusted plugin may reach the origins of its settings.
pub(crate) async fn connect_with(
    provider: &Provider,
    file: &SettingsFile,
    origins: &[String],
    trusted: bool,
) -> anyhow::Result<Connection> {
    let allowed = allowed_origins(provider, file, origins, trusted).await?;
    let connection = provider.connect(file.settings.clone(), &allowed).await.map_err(describe)?;
    warn(file, connection.warnings());
    Ok(connection)
}

/// Connects for bots. Otherwise like [`connect_with`].
pub(crate) async fn bots_with(
    provider: &Provider,
    file: &SettingsFile,
    origins: &[String],
    trusted: bool,
) -> anyhow::Result<BotConnection> {
    let allowed = allowed_origins(provider, file, origins, trusted).await?;
    let connection = provider.connect_bots(file.settings.clone(), &allowed).await.map_err(describe)?;
    warn(file, connection.warnings());
    Ok(connection)
}

/// Returns the origins that the plugin may reach. The error lists all problems of the settings.
async fn allowed_origins(
    provider: &Provider,
    file: &SettingsFile,
    origins: &[String],
    trusted: bool,
) -> anyhow::Result<AllowedOrigins> {
    // The check returns the origins of the settings.
    let accepted = match provider.check_settings(&file.settings).await {
        Ok(accepted) => accepted,
        Err(Error::Call(error)) => return Err(error.into()),
        Err(Error::Provider(problems)) => {
            let problems: Vec<_> = problems.iter().map(|problem| file.describe(problem)).collect();
            bail!("the settings are not valid\n{}", problems.join("\n"));
        }
    };
    Ok(match (origins, trusted) {
        ([], true) => AllowedOrigins::from_settings(&accepted.origins),
        (origins, _) => origins.iter().try_fold(AllowedOrigins::none(), |allowed, origin| allowed.allow(origin))?,
    })
}

fn describe(error: ConnectError) -> anyhow::Error {
    match error {
        ConnectError::OriginNotAllowed(origin) => anyhow::anyhow!(
            "the plugin requires {url}, which is not allowed; to allow it, use --allow-origin {url}, or allow-origins in \
             the gateway's configuration",
            url = origin.url
        ),
        error => error.into(),
    }
}

fn warn(file: &SettingsFile, warnings: &[SettingsProblem]) {
    for warning in warnings {
        // Ignored because standard error may be closed.
        let _ = writeln!(std::io::stderr(), "{}", file.describe(warning));
    }
}

/// Reads a file, or standard input for `-`. Reads at most `MAX_INPUT_BYTES`.
pub(crate) fn input(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = |source: &mut dyn Read| -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        source.take(MAX_INPUT_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    if path == Path::new("-") {
        return read(&mut std::io::stdin().lock()).context("standard input cannot be read");
    }
    std::fs::File::open(path)
        .and_then(|mut file| read(&mut file))
        .with_context(|| format!("{}: the file cannot be read", path.display()))
}
