//! Delivers late answers.

use crate::answer::LATE_ANSWER;
use crate::settings::Prepared;
use crate::wire::api::OutgoingMessageResponse;
use genesys_cloud::api::{Api, Call, Kind, accepted};
use handover_guest::contract::{Delivery, Failure, ProviderRequest};
use handover_guest::imports::Imports;
use handover_guest::{json, outbound};

/// Delivers a late answer. Genesys answers 409 when the session is over or the integration is not active; then no
/// repetition can succeed.
///
/// # Errors
/// The failure, classified by what the caller can do about it.
pub fn deliver(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    request: &ProviderRequest,
) -> Result<Delivery, Failure> {
    if request.operation != LATE_ANSWER {
        return Err(Failure::Permanent("this provider did not build the request".into()));
    }
    let mut api = Api::new(imports, settings.credentials()?);
    let call = Call::post("/api/v2/integrations/botconnectors/outgoing/messages".into(), request.body.clone());
    let response = accepted(api.call(&call)?, Kind::Changes)?;
    // The answer was accepted, whatever the response contains.
    let document = json::read(&response.body);
    let id = document.as_ref().and_then(|body| OutgoingMessageResponse::of(body.root()).message_id());
    Ok(outbound::delivered(id, None))
}
