//! Arbitrary webhooks through the host and a fresh instance of the component: every call succeeds within the limits.

#![no_main]

use handover_host::contract::Webhook;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let guest = handover_fuzz::webhook(data);
    let webhook = Webhook { method: guest.method, path: guest.path, headers: guest.headers, body: guest.body };
    let (runtime, connection) = &*handover_fuzz::CONNECTION;
    // Unsigned webhooks are allowed, so every webhook is authentic.
    let _verified = runtime.block_on(connection.receive_webhook(&webhook)).expect("the call succeeds");
});
