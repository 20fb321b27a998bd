//! The repository of mailboxes, and the recipients of conversations.

use crate::address::Address;
use crate::clock::now;
use crate::mailbox::time::after;
use crate::mailbox::{Mailbox, Rules};
use crate::platform_event::PlatformEvent;
use crate::publication::Publication;
use crate::record;
use crate::repository::{Loaded, Repository, StoredState};
use crate::store::{Content, Family, StoreError, none_on_conflict};
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number of conversations that are read at once. A cluster reads all keys for each page.
const CONVERSATIONS_PER_PAGE: usize = 100_000;

/// The record of a conversation.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StoredConversation {
    /// The address of the user of the conversation.
    pub(crate) recipient: String,
}

/// The repository of mailboxes.
pub type Mailboxes = Repository<Mailbox>;

/// A mailbox as it was loaded.
pub(crate) type LoadedMailbox = Loaded<Mailbox>;

impl LoadedMailbox {
    /// Creates a mailbox that is not stored yet.
    pub(crate) fn new_mailbox(recipient: &str) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self::new(Mailbox::new(id, recipient.to_owned()))
    }
}

impl StoredState for Mailbox {
    const FAMILY: Family = Family::Recipient;
    const NAME: &'static str = "a mailbox";
    type Rules = Rules;

    fn set_process_id(&mut self, process_id: &str) {
        Self::set_process_id(self, process_id);
    }

    fn correct_for_clock_step(&mut self, now: Timestamp) -> bool {
        Self::correct_for_clock_step(self, now)
    }

    fn due(&self, rules: &Rules) -> Option<Timestamp> {
        Self::due(self, rules)
    }

    fn has_work(&self) -> bool {
        Self::has_work(self)
    }

    fn publication(&self, address: &Address) -> Result<Publication, StoreError> {
        let mut publication = Publication::default();
        for queued in self.unpublished() {
            publication.add(address, self.id(), queued, PlatformEvent::of(address, &self.event_id(queued), queued))?;
        }
        Ok(publication)
    }

    fn published(&mut self, number: u64, rules: &Rules) {
        Self::published(self, number, rules);
    }
}

impl Mailboxes {
    /// Returns the recipient of a conversation, if a gateway stored it.
    pub(crate) async fn recipient(&self, connection: &str, conversation: &str) -> Result<Option<String>, StoreError> {
        let key = format!("{connection}/{conversation}");
        let Some(record) = self.store().load(Family::Conversation, &key).await? else { return Ok(None) };
        let stored: StoredConversation = record::decode("a conversation", &record.content.value)?;
        Ok(Some(stored.recipient))
    }

    /// Stores the recipient of a conversation, for as long as the mailbox exists, or for `retention` if it does not
    /// know the conversation.
    pub(crate) async fn store_conversation(
        &self,
        address: &Address,
        conversation: &str,
        retention: Duration,
    ) -> Result<(), StoreError> {
        let key = format!("{}/{conversation}", address.connection);
        let known = self.store().load(Family::Conversation, &key).await?;
        if let Some(known) = &known {
            match record::decode::<StoredConversation>("a conversation", &known.content.value) {
                Ok(stored) if stored.recipient == address.recipient => return Ok(()),
                Err(StoreError::LaterVersion { .. }) => return Ok(()),
                Ok(_) | Err(_) => {}
            }
        }
        let value = record::encode("a conversation", &StoredConversation { recipient: address.recipient.clone() })?;
        let content = Content { value, due: Some(after(now(), retention)) };
        // A conflict means that another gateway stored it at the same time.
        let revision = known.map(|known| known.revision);
        none_on_conflict(self.store().save(Family::Conversation, &key, revision, content).await)?;
        Ok(())
    }

    /// Removes a mailbox whose retention has passed, and its conversations. A mailbox that changed in the meantime
    /// stays.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn remove_expired(&self, address: &Address, rules: &Rules) -> Result<(), StoreError> {
        let Some(loaded) = self.loaded(address).await? else { return Ok(()) };
        if !loaded.state.is_expired(now(), rules) {
            return Ok(());
        }
        for conversation in loaded.state.conversations() {
            let key = format!("{}/{conversation}", address.connection);
            let Some(record) = self.store().load(Family::Conversation, &key).await? else { continue };
            match record::decode::<StoredConversation>("a conversation", &record.content.value) {
                // It is in use again.
                Ok(stored) if stored.recipient != address.recipient => continue,
                Err(StoreError::LaterVersion { .. }) => continue,
                Ok(_) | Err(_) => {}
            }
            // On a conflict the other change takes precedence.
            none_on_conflict(self.store().remove(Family::Conversation, &key, record.revision).await)?;
        }
        self.remove(address, &loaded).await
    }

    /// Removes conversations whose retention has passed and that no mailbox knows.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn remove_expired_conversations(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let keys = self.store().keys(Family::Conversation, after.as_deref(), CONVERSATIONS_PER_PAGE).await?;
            for key in &keys {
                self.remove_expired_conversation(key).await?;
            }
            after = keys.into_iter().next_back();
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn remove_expired_conversation(&self, key: &str) -> Result<(), StoreError> {
        let Some(record) = self.store().load(Family::Conversation, key).await? else { return Ok(()) };
        if record.content.due.is_some_and(|due| due > now()) {
            return Ok(());
        }
        let stored = match record::decode::<StoredConversation>("a conversation", &record.content.value) {
            Err(StoreError::LaterVersion { .. }) => return Ok(()),
            stored => stored.ok(),
        };
        if let (Some((connection, conversation)), Some(StoredConversation { recipient })) =
            (key.split_once('/'), stored)
        {
            let mailbox = match self.load(&Address { connection: connection.to_owned(), recipient }).await {
                // An unreadable mailbox keeps its conversations; the others are removed.
                Err(error) if error.is_permanent() => return Ok(()),
                mailbox => mailbox?,
            };
            if mailbox.is_some_and(|mailbox| mailbox.conversations().iter().any(|known| known == conversation)) {
                return Ok(());
            }
        }
        none_on_conflict(self.store().remove(Family::Conversation, key, record.revision).await).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{EventOrigin, Retries, Source};
    use crate::metrics::Metrics;
    use crate::repository::ChangeError;
    use crate::store::Position;
    use crate::store::sqlite::SqliteStore;
    use handover_host::contract::{AgentEvent, EventKind};
    use handover_host::handover::Policy;
    use std::sync::Arc;

    fn rules() -> Rules {
        Rules {
            policy: Policy::default(),
            replay_window: Duration::from_secs(600),
            poll_interval: None,
            has_callback: false,
            retries: Retries {
                initial_delay: Duration::from_secs(1),
                max_delay: Duration::from_secs(60),
                give_up_after: Duration::from_secs(3_600),
            },
            lookup_delay: Duration::from_secs(15),
            reconciliation_delay: None,
            outcome_timeout: None,
            agents_begin: false,
            retention: Duration::from_secs(86_400),
        }
    }

    fn mailboxes() -> (Mailboxes, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("the folder is created");
        let store = SqliteStore::open(&folder.path().join("gateway.sqlite")).expect("the store opens");
        (Mailboxes::new(Arc::new(store), Metrics::default()), folder)
    }

    #[tokio::test]
    async fn keeps_delays_when_the_clock_is_set_back() {
        let (mailboxes, _folder) = mailboxes();
        let address = Address { connection: "acme".into(), recipient: "ada".into() };
        let hour = 3_600_000;
        let policy = Policy { assignment_timeout: Some(Duration::from_millis(300)), ..Policy::default() };
        let rules = Rules { policy, ..rules() };
        let mut loaded = LoadedMailbox::new_mailbox("ada");
        loaded.state.correct_for_clock_step(now() + hour);
        loaded.state.begin(now() + hour, &rules).expect("no handover is in progress");
        loaded.state.published(1, &rules);
        mailboxes.save(&address, loaded, &rules).await.expect("it is stored");
        let due = || async {
            let read_due = |mailbox: &mut Mailbox| Ok::<_, std::convert::Infallible>(mailbox.due(&rules));
            let due = mailboxes.change(&address, &rules, read_due);
            due.await.expect("the store responds").expect("the mailbox exists").expect("a task is due")
        };
        let first = due().await;
        assert!(first <= now() + 300);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(due().await, first);
    }

    #[tokio::test]
    async fn publishes_in_the_transaction_that_stores_the_mailbox() {
        let folder = tempfile::tempdir().expect("the folder is created");
        let store = SqliteStore::open(&folder.path().join("gateway.sqlite")).expect("the store opens");
        let metrics = Metrics::default();
        let mailboxes = Mailboxes::new(Arc::new(store), metrics.clone());
        let address = Address { connection: "acme".into(), recipient: "ada".into() };
        let mut loaded = LoadedMailbox::new_mailbox("ada");
        loaded.state.begin(now(), &rules()).expect("no handover is in progress");
        let queued = loaded.state.unpublished().count();
        assert!(queued > 0, "the beginning is reported");
        mailboxes.save(&address, loaded, &rules()).await.expect("it is stored");
        let mailbox = mailboxes.load(&address).await.expect("the store responds").expect("the mailbox exists");
        assert_eq!(mailbox.unpublished().count(), 0);
        assert_eq!(mailboxes.latest().await.expect("the store responds"), Position(queued as u64));
        assert!(metrics.text().contains(r#"handover_events_total{connection="acme",event="queued"} 1"#));
    }

    #[tokio::test]
    async fn keeps_a_conversation_as_long_as_its_mailbox_knows_it() {
        let (mailboxes, _folder) = mailboxes();
        let address = Address { connection: "acme".into(), recipient: "ada".into() };
        let mut loaded = LoadedMailbox::new_mailbox("ada");
        loaded.state.begin(now(), &rules()).expect("no handover is in progress");
        let event = AgentEvent {
            id: "1".into(),
            recipient: None,
            handover: None,
            conversation_id: Some("known".into()),
            time: None,
            kind: EventKind::Typing(5_000),
        };
        loaded
            .state
            .accept(&[event], &EventOrigin::new(Source::Webhook, b""), now(), &rules())
            .expect("the event is accepted");
        mailboxes.save(&address, loaded, &rules()).await.expect("it is stored");
        for (conversation, retention) in [("known", 0), ("old", 0), ("fresh", 60)] {
            mailboxes
                .store_conversation(&address, conversation, Duration::from_secs(retention))
                .await
                .expect("it is stored");
        }
        mailboxes.remove_expired_conversations().await.expect("the store responds");
        for (conversation, recipient) in [("known", Some("ada")), ("old", None), ("fresh", Some("ada"))] {
            let found = mailboxes.recipient("acme", conversation).await.expect("the store responds");
            assert_eq!(found.as_deref(), recipient, "{conversation}");
        }
        let loaded = mailboxes.loaded(&address).await.expect("the store responds").expect("the mailbox exists");
        mailboxes.remove(&address, &loaded).await.expect("the mailbox is removed");
        mailboxes.remove_expired_conversations().await.expect("the store responds");
        assert_eq!(mailboxes.recipient("acme", "known").await.expect("the store responds"), None);
    }

    /// The records have a later version than this gateway.
    #[tokio::test]
    async fn never_rewrites_a_later_version() {
        let (mailboxes, _folder) = mailboxes();
        let address = Address { connection: "acme".into(), recipient: "ada".into() };
        let later = br#"{"version":2,"content":{"unknown":true}}"#.to_vec();
        for (family, key) in [(Family::Recipient, "acme/ada"), (Family::Conversation, "acme/c-1")] {
            let content = Content { value: later.clone(), due: Some(1) };
            mailboxes.store().save(family, key, None, content).await.expect("the record is stored");
        }
        let refused = mailboxes.change(&address, &rules(), |_| Ok::<_, std::convert::Infallible>(())).await;
        let refused = refused.expect_err("the record has a later version");
        assert!(matches!(refused, ChangeError::Store(StoreError::LaterVersion { found: 2, .. })), "{refused}");
        mailboxes.store_conversation(&address, "c-1", Duration::ZERO).await.expect("a later version is skipped");
        mailboxes.remove_expired(&address, &rules()).await.expect_err("the record has a later version");
        mailboxes.remove_expired_conversations().await.expect("a later version is skipped");
        for (family, key) in [(Family::Recipient, "acme/ada"), (Family::Conversation, "acme/c-1")] {
            let record =
                mailboxes.store().load(family, key).await.expect("the store responds").expect("the record exists");
            assert_eq!(String::from_utf8_lossy(&record.content.value), String::from_utf8_lossy(&later), "{key}");
        }
    }

    #[tokio::test]
    async fn an_expired_mailbox_removes_only_its_own_conversations() {
        let (mailboxes, _folder) = mailboxes();
        let address = Address { connection: "acme".into(), recipient: "ada".into() };
        let (began, rules) = (1_000, rules());
        let mut loaded = LoadedMailbox::new_mailbox("ada");
        loaded.state.begin(began, &rules).expect("no handover is in progress");
        for (id, conversation, kind) in [
            ("1", Some("other"), EventKind::Typing(5_000)),
            ("2", Some("later"), EventKind::Typing(5_000)),
            ("3", Some("own"), EventKind::Typing(5_000)),
            ("4", None, EventKind::Ended(handover_host::contract::EndReason::Completed)),
        ] {
            let event = AgentEvent {
                id: id.into(),
                recipient: None,
                handover: None,
                conversation_id: conversation.map(str::to_owned),
                time: Some(began),
                kind,
            };
            let origin = EventOrigin::new(Source::Webhook, id.as_bytes());
            loaded.state.accept(&[event], &origin, began, &rules).expect("the event is accepted");
        }
        assert_eq!(loaded.state.conversations(), ["other", "later", "own"]);
        assert!(loaded.state.handover().is_some_and(|handover| handover.ended_at().is_some()));
        loaded.state.published(u64::MAX, &rules);
        mailboxes.save(&address, loaded, &rules).await.expect("it is stored");
        for (conversation, record) in [
            ("own", r#"{"version":1,"content":{"recipient":"ada"}}"#),
            ("other", r#"{"version":1,"content":{"recipient":"grace"}}"#),
            ("later", r#"{"version":2}"#),
        ] {
            let content = Content { value: record.into(), due: None };
            let key = format!("acme/{conversation}");
            mailboxes.store().save(Family::Conversation, &key, None, content).await.expect("it is stored");
        }
        mailboxes.remove_expired(&address, &rules).await.expect("the store responds");
        assert!(mailboxes.load(&address).await.expect("the store responds").is_none());
        let kept = mailboxes.store().keys(Family::Conversation, None, 10).await.expect("the store responds");
        assert_eq!(kept, ["acme/later", "acme/other"]);
    }
}
