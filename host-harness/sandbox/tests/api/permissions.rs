//! Tests of the permission of each operation, and of the order of the checks.

use serde_json::{Value, json};

use crate::support::{Genesys, config, read};

/// Method, path and permission of the operations that no other test covers.
const OPERATIONS: [(&str, &str, &str); 51] = [
    ("POST", "/api/v2/routing/queues", "routing:queue:add"),
    ("GET", "/api/v2/routing/queues/x/mediatypes/message/estimatedwaittime", "routing:queue:view"),
    ("GET", "/api/v2/routing/queues/x/estimatedwaittime", "routing:queue:view"),
    ("POST", "/api/v2/analytics/conversations/activity/query", "analytics:queueObservation:view"),
    ("POST", "/api/v2/analytics/routing/activity/query", "analytics:queueObservation:view"),
    ("GET", "/api/v2/architect/schedules", "routing:schedule:view"),
    ("GET", "/api/v2/architect/schedules/x", "routing:schedule:view"),
    ("GET", "/api/v2/architect/schedulegroups", "routing:scheduleGroup:view"),
    ("GET", "/api/v2/architect/schedulegroups/x", "routing:scheduleGroup:view"),
    ("GET", "/api/v2/architect/emergencygroups", "routing:emergencyGroup:view"),
    ("GET", "/api/v2/architect/emergencygroups/x", "routing:emergencyGroup:view"),
    ("GET", "/api/v2/routing/message/recipients", "routing:message:manage"),
    ("GET", "/api/v2/routing/message/recipients/x", "routing:message:manage"),
    ("PUT", "/api/v2/routing/message/recipients/x", "routing:message:manage"),
    ("PUT", "/api/v2/conversations/x/tags", "conversation:externalTag:edit"),
    ("PATCH", "/api/v2/conversations/x/secureattributes", "conversation:participant:attributesedit"),
    ("GET", "/api/v2/conversations/x/summaries", "conversation:summary:view"),
    ("POST", "/api/v2/conversations/callbacks", "conversation:callback:create"),
    ("POST", "/api/v2/quality/surveys", "quality:survey:add"),
    ("GET", "/api/v2/flows", "architect:flow:view"),
    ("PATCH", "/api/v2/routing/conversations/x", "routing:conversation:edit"),
    ("POST", "/api/v2/conversations/messages/x/participants/y/replace", "conversation:communication:blindTransfer"),
    ("POST", "/api/v2/conversations/messages/agentless", "conversation:message:create"),
    ("GET", "/api/v2/conversations/messaging/threadingtimeline", "conversation:threadingTimeline:view"),
    ("PUT", "/api/v2/conversations/messaging/threadingtimeline", "conversation:threadingTimeline:edit"),
    ("GET", "/api/v2/conversations/messaging/settings", "messaging:setting:view"),
    ("GET", "/api/v2/conversations/messaging/settings/x", "messaging:setting:view"),
    ("POST", "/api/v2/conversations/messaging/settings", "messaging:setting:add"),
    ("PATCH", "/api/v2/conversations/messaging/settings/x", "messaging:setting:edit"),
    ("DELETE", "/api/v2/conversations/messaging/settings/x", "messaging:setting:delete"),
    ("GET", "/api/v2/conversations/messaging/supportedcontent", "messaging:supportedContent:view"),
    ("GET", "/api/v2/conversations/messaging/supportedcontent/default", "messaging:supportedContent:view"),
    ("POST", "/api/v2/conversations/messaging/supportedcontent", "messaging:supportedContent:add"),
    ("PATCH", "/api/v2/conversations/messaging/supportedcontent/x", "messaging:supportedContent:edit"),
    ("DELETE", "/api/v2/conversations/messaging/supportedcontent/x", "messaging:supportedContent:delete"),
    ("POST", "/api/v2/conversations/messages/x/inbound/open/message", "conversation:message:receive"),
    ("POST", "/api/v2/conversations/messages/x/inbound/open/structured/response", "conversation:message:receive"),
    ("POST", "/api/v2/conversations/messaging/integrations/open", "messaging:integration:add"),
    ("PATCH", "/api/v2/conversations/messaging/integrations/open/x", "messaging:integration:edit"),
    ("GET", "/api/v2/integrations/types", "integrations:integration:view"),
    ("GET", "/api/v2/integrations/types/x/configschemas/properties", "integrations:integration:view"),
    ("GET", "/api/v2/integrations", "integrations:integration:view"),
    ("GET", "/api/v2/integrations/x", "integrations:integration:view"),
    ("GET", "/api/v2/integrations/x/config/current", "integrations:integration:view"),
    ("POST", "/api/v2/integrations", "integrations:integration:add"),
    ("POST", "/api/v2/integrations/credentials", "integrations:integration:add"),
    ("PATCH", "/api/v2/integrations/x", "integrations:integration:edit"),
    ("PUT", "/api/v2/integrations/x/config/current", "integrations:integration:edit"),
    ("GET", "/api/v2/integrations/botconnector/x/bots", "integration:botconnector:view"),
    ("PUT", "/api/v2/integrations/botconnector/x/bots", "integration:botconnector:edit"),
    ("POST", "/api/v2/integrations/botconnectors/outgoing/messages", "integration:botconnector:send"),
];

#[tokio::test]
async fn checks_the_token_then_the_permission_then_the_request() {
    let mut without = config();
    without.clients[0].permissions.clear();
    let without_permissions = Genesys::start(without).await;
    let with_permissions = Genesys::start(config()).await;
    for (method, path, permission) in OPERATIONS {
        // A check of this body would refuse it with 415 or 400.
        let broken = |genesys: &Genesys| {
            let body = if method == "GET" || method == "DELETE" { Value::Null } else { json!({}) };
            let request = genesys.request(method, path, body);
            if method == "GET" || method == "DELETE" { request } else { request.body("{") }
        };
        assert_eq!(read(broken(&without_permissions)).await.status, 401, "{method} {path}");
        let refused = read(broken(&without_permissions).bearer_auth(&without_permissions.token)).await;
        assert_eq!((refused.status, refused.code()), (403, "missing.permissions"), "{method} {path}");
        let message = format!(
            "Unable to perform the requested action. You are missing the following permission(s): {permission}"
        );
        assert_eq!(refused.body["message"], message, "{method} {path}");
        let allowed = read(broken(&with_permissions).bearer_auth(&with_permissions.token)).await;
        assert!([200, 400, 404].contains(&allowed.status), "{method} {path}: {}", allowed.status);
    }
}

#[tokio::test]
async fn each_operation_needs_only_its_permission() {
    for (method, path, permission) in OPERATIONS {
        let mut only = config();
        only.clients[0].permissions.retain(|one| one.name() == permission);
        assert_eq!(only.clients[0].permissions.len(), 1, "{permission}");
        let genesys = Genesys::start(only).await;
        let body = if method == "GET" || method == "DELETE" { Value::Null } else { json!({}) };
        let answer = genesys.call(method, path, body).await;
        assert!([200, 400, 404].contains(&answer.status), "{method} {path}: {}", answer.status);
    }
}
