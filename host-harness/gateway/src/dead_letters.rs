//! What was given up, as it is stored: for somebody to look at, to redrive or to drop.

use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::mailbox::{CallbackOutcome, DeadLetter, DeadLetterContent, SendError};
use crate::mailboxes::{Address, ChangeError, Mailboxes};
use crate::platform_event::PlatformEvent;
use crate::store::{Content, Family, SaveError, StoreError};
use serde::{Deserialize, Serialize};

/// A dead letter, and whose it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredDeadLetter {
    /// Whose mailbox it came from.
    pub address: Address,
    /// What was given up.
    pub dead_letter: DeadLetter,
}

/// Why a dead letter was not redriven. It still exists.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRedriven {
    /// Its handover is not in progress any more.
    #[error("its handover is over; drop it, or say it anew in another handover")]
    Over,
    /// There are no bytes to deliver.
    #[error("it was never built: say it anew")]
    NotBuilt,
    /// The platform did not take it; why.
    #[error("{0}")]
    NotAccepted(String),
    /// Too much waits.
    #[error("too much waits for this recipient already; try again later")]
    Full,
    /// Others were always faster.
    #[error("others change the same mailbox all the time")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tries once more: a request is put last of what waits for the recipient, an event is posted to the platform. Then
/// it is no longer a dead letter.
///
/// # Errors
/// It cannot be delivered, or not now.
pub(crate) async fn redrive(service: &ConnectionService, stored: &StoredDeadLetter) -> Result<(), NotRedriven> {
    let id = &stored.dead_letter.id;
    match &stored.dead_letter.content {
        DeadLetterContent::Outbound { request: None, .. } => return Err(NotRedriven::NotBuilt),
        DeadLetterContent::Outbound { .. } => {
            let again = service
                .mailboxes()
                .change(&stored.address, service.rules(), |mailbox| mailbox.redrive(&stored.dead_letter, now()));
            match again.await {
                Ok(Some(())) => {}
                Ok(None) | Err(ChangeError::Refused(SendError::NoHandover(_))) => return Err(NotRedriven::Over),
                Err(ChangeError::Refused(SendError::NoRoom(_))) => return Err(NotRedriven::Full),
                Err(ChangeError::Contended) => return Err(NotRedriven::Contended),
                Err(ChangeError::Store(error)) => return Err(error.into()),
            }
        }
        DeadLetterContent::Callback(event, _) => {
            let callback = service.callback().ok_or_else(|| NotRedriven::NotAccepted("there is no callback".into()))?;
            match callback
                .call(&PlatformEvent::of(&stored.address, id, event), stored.dead_letter.attempts.saturating_add(1))
                .await
            {
                CallbackOutcome::Accepted => {}
                CallbackOutcome::Retry(_, why) | CallbackOutcome::Refused(why) => {
                    return Err(NotRedriven::NotAccepted(why));
                }
            }
        }
    }
    service.mailboxes().delete_dead_letter(service.name(), id).await?;
    Ok(())
}

impl Mailboxes {
    /// Stores a dead letter; storing it again changes nothing.
    pub(crate) async fn store_dead_letter(&self, stored: &StoredDeadLetter) -> Result<(), StoreError> {
        let value = serde_json::to_vec(stored)
            .map_err(|error| StoreError::Broken(format!("a dead dead_letter that cannot be written: {error}")))?;
        let content = Content { value, due: None };
        match self
            .store()
            .save(Family::DeadLetter, &key(&stored.address.connection, &stored.dead_letter.id), None, content)
            .await
        {
            // It was stored already, by somebody who was cut short.
            Ok(_) | Err(SaveError::Conflict) => Ok(()),
            Err(SaveError::Store(error)) => Err(error),
            Err(error @ SaveError::TooLarge(_)) => Err(StoreError::Broken(error.to_string())),
        }
    }

    /// A dead letter of a connection; missing if there is none of this id.
    ///
    /// # Errors
    /// The store fails, or holds what no gateway wrote.
    pub async fn dead_letter(&self, connection: &str, id: &str) -> Result<Option<StoredDeadLetter>, StoreError> {
        let Some(record) = self.store().load(Family::DeadLetter, &key(connection, id)).await? else { return Ok(None) };
        let stored = serde_json::from_slice(&record.content.value);
        stored.map(Some).map_err(|error| StoreError::unreadable("a dead dead_letter", &error))
    }

    /// The dead letters of a connection whose ids come after this one, at most so many, in the order of their ids.
    ///
    /// # Errors
    /// The store fails, or holds what no gateway wrote.
    pub async fn dead_letters(
        &self,
        connection: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let prefix = key(connection, "");
        let keys = self.store().keys(Family::DeadLetter, Some(&key(connection, after)), limit).await?;
        let mut dead_letters = Vec::new();
        for id in keys.iter().map_while(|key| key.strip_prefix(&prefix)) {
            match self.dead_letter(connection, id).await {
                // The others are shown all the same.
                Err(StoreError::Broken(why)) => tracing::error!(connection, dead_letter = id, why, "cannot be read"),
                dead_letter => dead_letters.extend(dead_letter?),
            }
        }
        Ok(dead_letters)
    }

    /// Forgets a dead letter; whether there was one.
    ///
    /// # Errors
    /// The store fails.
    pub async fn delete_dead_letter(&self, connection: &str, id: &str) -> Result<bool, StoreError> {
        let key = key(connection, id);
        let Some(record) = self.store().load(Family::DeadLetter, &key).await? else { return Ok(false) };
        match self.store().remove(Family::DeadLetter, &key, record.revision).await {
            Ok(()) => Ok(true),
            // A dead letter never changes: somebody else has dropped it.
            Err(SaveError::Conflict) => Ok(false),
            Err(SaveError::Store(error)) => Err(error),
            Err(error @ SaveError::TooLarge(_)) => Err(StoreError::Broken(error.to_string())),
        }
    }
}

fn key(connection: &str, id: &str) -> String {
    format!("{connection}/{id}")
}
