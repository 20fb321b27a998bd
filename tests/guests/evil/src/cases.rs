//! The attacks of the guest on its host.

use alloc::vec::Vec;
use guest_slot::{Slot, choose};

/// Calls a macro with all cases. The tests use it to reference one test function for each case, so a case without a
/// test does not compile.
#[macro_export]
macro_rules! for_each_case {
    ($each:ident) => {
        $each! {
            loop_in_describe
            loop_in_check_settings
            loop_in_verify_webhook
            loop_in_map_agent_events
            loop_in_receive_webhook
            loop_in_build_outbound_message
            loop_in_deliver
            loop_in_find_delivery
            loop_in_observe_conversation
            loop_in_fetch_agent_messages
            loop_in_check_availability
            loop_in_check_connection
            loop_in_provision
            loop_in_cabi_realloc
            loop_at_start
            memory_to_the_limit
            memory_past_the_limit
            recursion
            trap
            panic
            access_out_of_bounds
            text_of_2_gigabytes
            list_of_4_gigabytes
            a_million_events
            more_events_than_allowed
            text_that_is_not_utf8
            an_id_that_is_too_long
            memory_of_earlier_calls
            send_from_a_pure_function
            cache_get_from_a_pure_function
            cache_put_from_a_pure_function
            clock_from_a_pure_function
            origin_that_is_not_granted
            paths_to_elsewhere
            forbidden_headers
            ten_thousand_requests
            a_request_too_large
            a_dripping_response
            an_endless_response
            redirect_to_elsewhere
            the_cache_of_another_connection
            cache_values_and_keys_too_long
        }
    };
}

macro_rules! cases {
    ($($name:ident)*) => {
        /// An attack. The test with its name describes the result.
        #[allow(non_camel_case_types, missing_docs, reason = "names of tests")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Case {
            $($name,)*
        }

        impl Case {
            /// All cases.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}
for_each_case!(cases);

#[used]
static SLOT: Slot = Slot::EMPTY;

/// Returns whether the case is on.
pub(crate) fn on(case: Case) -> bool {
    SLOT.chosen().and_then(|number| Case::ALL.get(number)) == Some(&case)
}

impl Case {
    /// Returns the built guest with the case on; `None` if the component has no slot.
    #[must_use]
    pub fn of(self, component: &[u8]) -> Option<Vec<u8>> {
        choose(component, self as usize)
    }
}
