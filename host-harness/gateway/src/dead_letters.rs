//! Stores, returns, redrives and deletes dead letters.

use crate::address::Address;
use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::mailbox::{CallbackOutcome, DeadLetter, DeadLetterContent, SendError};
use crate::mailboxes::Mailboxes;
use crate::platform_event::PlatformEvent;
use crate::record;
use crate::repository::ChangeError;
use crate::store::{Content, Family, StoreError, none_on_conflict};
use serde::{Deserialize, Serialize};

/// A stored dead letter.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredDeadLetter {
    /// The mailbox of the dead letter.
    pub address: Address,
    /// The dead letter.
    pub dead_letter: DeadLetter,
}

/// Why a dead letter was not redriven. It still exists.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRedriven {
    /// Its handover has ended.
    #[error("its handover has ended; delete it, or send the message in another handover")]
    Over,
    /// It has no request, because its message could not be built.
    #[error("it could not be built; send the message again")]
    NotBuilt,
    /// The platform did not accept it, for this reason.
    #[error("{0}")]
    NotAccepted(String),
    /// The queue of the recipient is full.
    #[error("the queue of this recipient is full; try again later")]
    Full,
    /// Every attempt conflicted with another change.
    #[error("the mailbox is changed by others all the time")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Redrives a dead letter: queues its request, or posts its event to the platform. Then deletes it.
///
/// # Errors
/// The dead letter cannot be delivered, or cannot be delivered now.
pub(crate) async fn redrive(service: &ConnectionService, stored: &StoredDeadLetter) -> Result<(), NotRedriven> {
    let id = &stored.dead_letter.id;
    match &stored.dead_letter.content {
        DeadLetterContent::Outbound { request: None, .. } => return Err(NotRedriven::NotBuilt),
        DeadLetterContent::Outbound { .. } => {
            let queued = service
                .mailboxes()
                .change(&stored.address, service.rules(), |mailbox| mailbox.redrive(&stored.dead_letter, now()));
            match queued.await {
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
    /// Stores a dead letter. Storing it again has no effect.
    pub(crate) async fn store_dead_letter(&self, stored: &StoredDeadLetter) -> Result<(), StoreError> {
        let key = key(&stored.address.connection, &stored.dead_letter.id);
        let content = Content { value: record::encode("a dead letter", stored)?, due: None };
        // A conflict means that it was stored before an interruption.
        none_on_conflict(self.store().save(Family::DeadLetter, &key, None, content).await)?;
        Ok(())
    }

    /// Returns a dead letter of a connection; `None` if there is none with this id.
    ///
    /// # Errors
    /// The store fails, or the record is not readable by this version.
    pub async fn dead_letter(&self, connection: &str, id: &str) -> Result<Option<StoredDeadLetter>, StoreError> {
        let Some(record) = self.store().load(Family::DeadLetter, &key(connection, id)).await? else { return Ok(None) };
        record::decode("a dead letter", &record.content.value).map(Some)
    }

    /// Returns at most `limit` dead letters of a connection with ids after this one, in the order of their ids.
    ///
    /// # Errors
    /// The store fails, or contains data that no gateway wrote.
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
                // The others are returned anyway.
                Err(error) if error.is_permanent() => {
                    tracing::error!(connection, dead_letter = id, %error, "a dead letter is not readable")
                }
                dead_letter => dead_letters.extend(dead_letter?),
            }
        }
        Ok(dead_letters)
    }

    /// Deletes a dead letter. Returns whether there was one.
    ///
    /// # Errors
    /// The store fails.
    pub async fn delete_dead_letter(&self, connection: &str, id: &str) -> Result<bool, StoreError> {
        let key = key(connection, id);
        let Some(record) = self.store().load(Family::DeadLetter, &key).await? else { return Ok(false) };
        // A dead letter never changes, so a conflict means that another request deleted it.
        Ok(none_on_conflict(self.store().remove(Family::DeadLetter, &key, record.revision).await)?.is_some())
    }
}

fn key(connection: &str, id: &str) -> String {
    format!("{connection}/{id}")
}
