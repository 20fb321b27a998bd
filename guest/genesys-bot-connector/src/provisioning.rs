//! Creates the integration at Genesys, as far as the API permits.
//!
//! Every step reads first and keeps existing objects. The names that Genesys does not publish (the type of the
//! integration, the property with the URL, the type of the credentials) are read from Genesys. A failed step skips the
//! steps after it, which depend on it.

use crate::integration::{self, Integration, is_of_product};
use crate::settings::Prepared;
use crate::wire::api::{
    Configuration, CredentialInfo, Integration as WireIntegration, IntegrationType as WireType, Schema,
};
use crate::wire::setup as wire;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use genesys_cloud::api::{Api, Call, Kind, accepted, read, segment, unreadable};
use genesys_cloud::ids::is_uuid;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::imports::Imports;
use handover_guest::json::Object;
use serde::Serialize;

const INTEGRATIONS: &str = "/api/v2/integrations";
/// The steps, in the order of their dependencies.
const STEPS: [&str; 5] = ["credentials", "integration-type", "integration", "configuration", "status"];

/// Runs all steps. `url` is the URL at which Genesys asks the bots.
///
/// # Errors
/// None: each failure is a step.
pub fn provision(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    url: &str,
    mode: ProvisioningMode,
) -> Result<Vec<ProvisioningStep>, Failure> {
    let mut steps = Vec::with_capacity(STEPS.len());
    if let Err(failure) = run(imports, settings, url, mode, &mut steps) {
        let name = STEPS.get(steps.len()).copied().unwrap_or_default();
        steps.push(step(name, StepOutcome::Failed, why(failure)));
    }
    for name in STEPS.iter().skip(steps.len()) {
        steps.push(step(name, StepOutcome::Skipped, "an earlier step failed, or has to be applied first".into()));
    }
    Ok(steps)
}

fn run(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    url: &str,
    mode: ProvisioningMode,
    steps: &mut Vec<ProvisioningStep>,
) -> Result<(), Failure> {
    let mut api = Api::new(imports, settings.credentials()?);
    let name = settings.integration()?;
    api.new_token()?;
    steps.push(step("credentials", StepOutcome::Present, "accepted".into()));
    let mut provisioning = Provisioning { api, settings, name, mode };
    let kind = provisioning.find_type()?;
    steps.push(step("integration-type", StepOutcome::Present, format!("{} ({})", clip(&kind.name), clip(&kind.id))));
    let (made, integration) = provisioning.integration(&kind)?;
    steps.push(made);
    let Some(integration) = integration else { return Ok(()) };
    steps.push(provisioning.configuration(&kind, &integration, url)?);
    steps.push(provisioning.status(&integration)?);
    Ok(())
}

struct Provisioning<'a, 'i, I> {
    api: Api<'i, I>,
    settings: &'a Prepared<'i>,
    /// The name or the id of the integration.
    name: &'a str,
    mode: ProvisioningMode,
}

/// A type of integration.
struct IntegrationType {
    id: String,
    name: String,
    /// The key of the credentials in the configuration, and the name of their type. Absent if Genesys names none, or
    /// several.
    credentials: Option<(String, String)>,
}

impl<I: Imports> Provisioning<'_, '_, I> {
    fn find_type(&mut self) -> Result<IntegrationType, Failure> {
        let product = self.settings.product;
        let mut found = Vec::new();
        self.api.pages(&format!("{INTEGRATIONS}/types?"), |page| {
            let types = page.entities().map(WireType::of).filter(|kind| is_of_product(product, kind.id(), kind.name()));
            found.extend(types.filter_map(IntegrationType::of));
            None::<()>
        })?;
        match (found.pop(), found.len()) {
            (Some(kind), 0) => Ok(kind),
            (None, _) => Err(Failure::Credentials(
                "this organization has no such type of integration: install it from AppFoundry, or ask Genesys for the \
                 subscription"
                    .into(),
            )),
            (Some(_), others) => Err(Failure::Permanent(format!(
                "{} types of integration could be the one: create the integration under Admin > Integrations",
                others + 1
            ))),
        }
    }

    /// Finds the integration of the settings, or creates it. An id must exist.
    fn integration(&mut self, kind: &IntegrationType) -> Result<(ProvisioningStep, Option<Integration>), Failure> {
        let name = self.name;
        let found = if is_uuid(name) {
            Some(integration::by_id(&mut self.api, self.settings, name)?)
        } else {
            let is_of_type = |one: WireIntegration<'_>| one.integration_type().and_then(WireType::id) == Some(&kind.id);
            integration::named(&mut self.api, name, is_of_type)?
        };
        let message = |id: &str| format!("{} has the id {}", clip(name), clip(id));
        match found {
            Some(one) => Ok((step("integration", StepOutcome::Present, message(&one.id)), Some(one))),
            None if self.mode == ProvisioningMode::Plan => {
                Ok((step("integration", StepOutcome::Planned, format!("creates {}", clip(name))), None))
            }
            None => {
                let request = wire::CreateIntegrationRequest { name, integration_type: wire::Id { id: &kind.id } };
                let made = self.change(Call::post, INTEGRATIONS.into(), json(&request)?)?;
                let id = WireIntegration::of(read(&made)?.root()).id().map(ToString::to_string);
                let id = id.ok_or_else(|| unreadable("the new integration has no id"))?;
                let step = step("integration", StepOutcome::Applied, message(&id));
                Ok((step, Some(Integration { id, is_enabled: false, reported: None })))
            }
        }
    }

    /// Enters the URL and the secret. Credentials that exist are kept, because their values cannot be read.
    fn configuration(
        &mut self,
        kind: &IntegrationType,
        integration: &Integration,
        url: &str,
    ) -> Result<ProvisioningStep, Failure> {
        let property = self.url_property(kind)?;
        let path = format!("{INTEGRATIONS}/{}/config/current", segment(&integration.id)?);
        let response = accepted(self.api.call(&Call::get(path.clone()))?, Kind::Reads)?;
        let document = read(&response)?;
        let current = Configuration::of(document.root());
        let has_url = current.properties().and_then(|properties| properties.text(&property)) == Some(url);
        let has = |key: &str| current.credentials().and_then(|credentials| credentials.object(key)).is_some();
        let missing = kind.credentials.as_ref().filter(|(key, _)| !has(key));
        let by_hand = kind.credentials.is_none().then(|| {
            let header = clip(self.settings.header);
            format!("; under Configuration > Credentials, enter the secret with the field name {header} by hand")
        });
        if has_url && missing.is_none() {
            let outcome = if by_hand.is_some() { StepOutcome::Manual } else { StepOutcome::Present };
            let credentials = by_hand.as_deref().unwrap_or("; the credentials exist, but cannot be compared");
            return Ok(step("configuration", outcome, format!("{property} is {}{credentials}", clip(url))));
        }
        let credentials = by_hand.as_deref().unwrap_or(if missing.is_some() { ", and the secret" } else { "" });
        let message = format!("{property} {}{credentials}", clip(url));
        if self.mode == ProvisioningMode::Plan {
            return Ok(step("configuration", StepOutcome::Planned, message));
        }
        let credential = match missing {
            Some((key, kind)) => Some((key.as_str(), json(&wire::Id { id: &self.create_credential(kind)? })?)),
            None => None,
        };
        let (version, name) = current
            .version()
            .zip(current.name())
            .ok_or_else(|| unreadable("the configuration of the integration has no version or no name"))?;
        // Everything else stays as it is.
        let body = format!(
            r#"{{"name":{},"version":{version},"properties":{},"advanced":{},"notes":{},"credentials":{}}}"#,
            json(&name)?,
            with_member(current.properties(), Some((&property, json(&url)?)))?,
            with_member(current.advanced(), None)?,
            json(&current.notes().unwrap_or_default())?,
            with_member(current.credentials(), credential)?,
        );
        self.change(Call::put, path, body)?;
        let outcome = if by_hand.is_some() { StepOutcome::Manual } else { StepOutcome::Applied };
        Ok(step("configuration", outcome, message))
    }

    /// Creates the credentials of the integration. Returns their id.
    fn create_credential(&mut self, kind: &str) -> Result<String, Failure> {
        let secret = self.settings.secrets.first().copied().unwrap_or_default();
        let body = format!(
            r#"{{"name":{},"type":{{"name":{}}},"credentialFields":{{{}:{}}}}}"#,
            json(&format!("{} secret", self.name))?,
            json(&kind)?,
            json(&self.settings.header)?,
            json(&secret)?,
        );
        let made = self.change(Call::post, format!("{INTEGRATIONS}/credentials"), body)?;
        let id = CredentialInfo::of(read(&made)?.root()).id().map(ToString::to_string);
        id.ok_or_else(|| unreadable("the new credentials have no id"))
    }

    /// Returns the name of the property with the URL, from the schema of the type's properties.
    fn url_property(&mut self, kind: &IntegrationType) -> Result<String, Failure> {
        let path = format!("{INTEGRATIONS}/types/{}/configschemas/properties", segment(&kind.id)?);
        let response = accepted(self.api.call(&Call::get(path))?, Kind::Reads)?;
        let document = read(&response)?;
        let is_url =
            |(name, property): &(&str, Object<'_>)| names_url(name) || property.text("title").is_some_and(names_url);
        let properties = Schema::of(document.root()).properties();
        let mut found = properties.into_iter().flat_map(Object::named_objects).filter(is_url).map(|(name, _)| name);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.into()),
            _ => Err(Failure::Permanent(
                "Genesys does not say which property has the URL: enter it under Admin > Integrations > Configuration"
                    .into(),
            )),
        }
    }

    fn status(&mut self, integration: &Integration) -> Result<ProvisioningStep, Failure> {
        if integration.is_enabled {
            return Ok(step("status", StepOutcome::Present, "enabled".into()));
        }
        if self.mode == ProvisioningMode::Plan {
            return Ok(step("status", StepOutcome::Planned, "enables the integration".into()));
        }
        let path = format!("{INTEGRATIONS}/{}", segment(&integration.id)?);
        self.change(Call::patch, path, r#"{"intendedState":"ENABLED"}"#.into())?;
        Ok(step("status", StepOutcome::Applied, "enabled".into()))
    }

    fn change(
        &mut self,
        call: impl FnOnce(String, Vec<u8>) -> Call,
        path: String,
        body: String,
    ) -> Result<Response, Failure> {
        accepted(self.api.call(&call(path, body.into_bytes()))?, Kind::Changes)
    }
}

impl IntegrationType {
    fn of(kind: WireType<'_>) -> Option<Self> {
        let specifications = kind.credentials().into_iter().flat_map(Object::named_objects);
        let mut types = specifications.filter_map(|(key, specification)| {
            let kind = specification.texts("credentialTypes").next()?;
            Some((key.to_string(), kind.to_string()))
        });
        let credentials = types.next().filter(|_| types.next().is_none());
        Some(Self { id: kind.id()?.into(), name: kind.name().unwrap_or_default().into(), credentials })
    }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| Failure::Permanent("the request cannot be written".into()))
}

/// Returns an object as it was sent, with a member in place of the one with its name.
fn with_member(object: Option<Object<'_>>, member: Option<(&str, String)>) -> Result<String, Failure> {
    let mut members = Vec::new();
    for (name, value) in object.into_iter().flat_map(Object::named_json) {
        if member.as_ref().is_none_or(|(replaced, _)| *replaced != name) {
            members.push(format!("{}:{value}", json(&name)?));
        }
    }
    if let Some((name, value)) = member {
        members.push(format!("{}:{value}", json(&name)?));
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// Returns whether one of the words of a name or a title is "URI" or "URL". A capital letter begins a word.
fn names_url(text: &str) -> bool {
    let mut word = String::new();
    let mut was_lower_case = false;
    for letter in text.chars().chain([' ']) {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_lower_case) {
            if ["uri", "url"].contains(&word.as_str()) {
                return true;
            }
            word.clear();
        }
        if letter.is_alphabetic() {
            word.extend(letter.to_lowercase());
        }
        was_lower_case = letter.is_lowercase();
    }
    false
}

fn step(name: &str, outcome: StepOutcome, message: String) -> ProvisioningStep {
    ProvisioningStep { name: name.into(), outcome, message }
}

fn why(failure: Failure) -> String {
    match failure {
        Failure::Retry(advice) => advice.message,
        Failure::Credentials(message) | Failure::Permanent(message) => message,
        Failure::Unsupported | Failure::StaleSettings => "the call is not possible".into(),
    }
}
