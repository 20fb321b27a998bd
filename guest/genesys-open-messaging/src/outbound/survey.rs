//! Surveys after a handover: an invitation to a survey of Genesys, or the score of one that the platform asked.

use super::fields::{clipped, given};
use super::request::request;
use crate::ids::conversation_id;
use crate::operations::{CallOfConversation, PARTICIPANT_ATTRIBUTES, SURVEY};
use crate::wire::conversations::{CreateSurveyRequest, ParticipantAttributes};
use alloc::{collections::BTreeMap, string::ToString, vec, vec::Vec};
use handover_guest::contract::*;
use handover_guest::outbound::invalid;

/// The maximum length of a comment in participant data. Genesys documents no limit for Open Messaging.
const MAX_COMMENT_CHARACTERS: usize = 1000;

/// Builds the request for an invitation to the survey with this form.
pub(super) fn invitation(
    form: Option<&str>,
    conversation: &Conversation,
    outbound: &Outbound,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let Some(survey_form_context_id) = form else {
        return Err(invalid("request-survey", "a connection with the setting survey-form"));
    };
    let conversation_id = conversation_id(conversation).ok_or(Unsupported::NoConversation)?;
    let survey = CreateSurveyRequest { conversation_id, survey_form_context_id };
    Ok(vec![request(conversation, &outbound.id, SURVEY, &survey)?])
}

/// Builds the request that records a score as participant data. It may be repeated without harm.
pub(super) fn score(
    conversation: &Conversation,
    outbound: &Outbound,
    answer: &SurveyScore,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    if answer.maximum == 0 || answer.score > answer.maximum {
        return Err(invalid("survey-score.score", "a number up to the maximum, which is at least 1"));
    }
    let conversation_id = conversation_id(conversation).ok_or(Unsupported::NoConversation)?;
    let mut attributes =
        BTreeMap::from([("surveyScore", answer.score.to_string()), ("surveyMaximum", answer.maximum.to_string())]);
    if let Some(comment) = given(&answer.comment) {
        attributes.insert("surveyComment", clipped(comment, MAX_COMMENT_CHARACTERS).into_owned());
    }
    let body = ParticipantAttributes { attributes };
    let body = CallOfConversation { conversation_id, body };
    Ok(vec![request(conversation, &outbound.id, PARTICIPANT_ATTRIBUTES, &body)?])
}
