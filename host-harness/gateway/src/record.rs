//! The JSON of stored records, with the version of its format: `{"version": 1, "content": …}`.
//!
//! Invariant: a record of a later version is refused and never rewritten, so that gateways of two versions can share a
//! store during an upgrade.

use crate::store::StoreError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the records that this gateway writes, and the highest one that it reads.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a, T> {
    version: u32,
    content: &'a T,
}

#[derive(Deserialize)]
struct Stored<T> {
    version: u32,
    content: T,
}

/// What every version has in common.
#[derive(Deserialize)]
struct Header {
    version: u64,
}

/// Returns a record with this content. `what` names it in errors: `a mailbox`.
pub(crate) fn encode<T: Serialize>(what: &str, content: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(&Written { version: VERSION, content })
        .map_err(|error| StoreError::Broken(format!("{what} cannot be serialized: {error}")))
}

/// Returns the content of a record. `what` names it in errors: `a mailbox`.
///
/// # Errors
/// A later gateway wrote the record, or it is not readable.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, record: &[u8]) -> Result<T, StoreError> {
    let error = match serde_json::from_slice::<Stored<T>>(record) {
        Ok(Stored { version: VERSION, content }) => return Ok(content),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    // A later version may have any content, so its version decides before the content does.
    match serde_json::from_slice::<Header>(record) {
        Ok(Header { version }) if version > u64::from(VERSION) => {
            Err(StoreError::LaterVersion { what: what.to_owned(), found: version, known: VERSION })
        }
        _ => Err(match error {
            Some(error) => StoreError::unreadable(what, &error),
            None => StoreError::Broken(format!("{what} has a version that never existed")),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use crate::dead_letters::StoredDeadLetter;
    use crate::mailbox::Mailbox;
    use crate::mailboxes::StoredConversation;
    use crate::session::Session;
    use crate::store::StoreError;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::Value;
    use std::path::Path;

    /// Reads a record that version 0.1.0 wrote, and checks that this version writes the same record.
    fn reads_and_writes<T: DeserializeOwned + Serialize>(name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/0.1.0");
        let fixture = std::fs::read(folder.join(name)).expect("the fixture exists");
        let content: T = decode(name, &fixture).expect("the record is readable");
        let written = encode(name, &content).expect("the record is serialized");
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("the record is JSON");
        assert_eq!(json(&written), json(&fixture), "{name}: a changed format requires a new version");
    }

    #[test]
    fn reads_the_records_of_0_1_0() {
        reads_and_writes::<Mailbox>("mailbox-active.json");
        reads_and_writes::<Mailbox>("mailbox-ended.json");
        reads_and_writes::<StoredDeadLetter>("dead-letter-request.json");
        reads_and_writes::<StoredDeadLetter>("dead-letter-event.json");
        reads_and_writes::<StoredConversation>("conversation.json");
        reads_and_writes::<Session>("session.json");
    }

    #[test]
    fn refuses_a_later_version_whatever_its_content_is() {
        for record in [&br#"{"version":2,"content":{"new":true},"more":1}"#[..], br#"{"body":[],"version":2}"#] {
            let error = decode::<u8>("a number", record).unwrap_err();
            assert!(matches!(&error, StoreError::LaterVersion { found: 2, .. }), "{error}");
        }
        let error = decode::<u8>("a number", br#"{"version":2,"content":7}"#).unwrap_err();
        let expected = "a number has version 2, but this gateway reads versions up to 1: upgrade this gateway";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn an_error_contains_no_content() {
        for record in [
            &br#"{"version":1,"content":"a secret"}"#[..],
            br#""a secret""#,
            b"a secret",
            br#"{"version":0,"content":7}"#,
        ] {
            let error = decode::<u8>("a number", record).unwrap_err();
            assert!(matches!(&error, StoreError::Broken(_)), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
