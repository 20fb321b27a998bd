//! Feature flags from the environment. The variables have the same names as in Cognigy installations.

mod flag;

pub(crate) use flag::{Feature, InvalidVariable};

/// The features.
pub(crate) struct Features {
    /// The handover to Genesys Cloud Open Messaging.
    pub(crate) open_messaging: Feature,
    /// The opposite direction: Genesys asks the platform's bots.
    pub(crate) bot_connector: Feature,
}

impl Features {
    pub(crate) fn from_environment() -> Result<Self, InvalidVariable> {
        let lookup = |name: &str| std::env::var(name);
        Ok(Self {
            open_messaging: Feature::from_variables(
                lookup,
                "FEATURE_ENABLE_GENESYS_CLOUD_OM",
                Some("FEATURE_ENABLE_GENESYS_CLOUD_OM_WHITELIST"),
            )?,
            bot_connector: Feature::from_list(lookup, "FEATURE_USE_GENESYS_BOT_CONNECTOR_ENDPOINT_WHITELIST")?,
        })
    }
}
