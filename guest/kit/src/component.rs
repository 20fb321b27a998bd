//! Exports the functions of a provider.
//!
//! For each exported function, wit-bindgen also exports one that frees its result (`cabi_post_…`). The arena makes it
//! unnecessary, and a host would look it up in every new instance and call it after every call. The macros here replace
//! wit-bindgen's for the interfaces and omit these functions. A wrong type of an argument does not compile, and a
//! wrong name of a function fails when the component is linked.

/// Exports the functions of an interface, whose bindings are in a module. The arguments are those that the canonical ABI
/// passes: `p` is a pointer, `u` a length, and `i` an `i32`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_functions {
    ($provider:ident $name:literal $module:tt {
        $($function_name:literal $function:ident($($argument:ident: $type:ident)*);)*
    }) => {$(
        $crate::__export_functions! {
            @function $provider $name $module $function_name $function($($argument: $type)*)
        }
    )*};
    (@function $provider:ident $name:literal [$($module:tt)*] $function_name:literal
        $function:ident($($argument:ident: $type:ident)*)
    ) => {
        const _: () = {
            #[unsafe(export_name = concat!("handover:provider/", $name, "@0.1.0#", $function_name))]
            unsafe extern "C" fn export($($argument: $crate::__export_functions!(@type $type)),*) -> *mut u8 {
                // SAFETY: the host passes the arguments of this function.
                unsafe { $($module)*::$function::<$provider>($($argument),*) }
            }
        };
    };
    (@type p) => { *mut u8 };
    (@type u) => { usize };
    (@type i) => { i32 };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_configuration_functions {
    ($provider:ident $module:tt) => {
        $crate::__export_functions! { $provider "configuration" $module {
            "describe" _export_describe_cabi();
            "check-settings" _export_check_settings_cabi(a: p b: u);
            "check-connection" _export_check_connection_cabi(a: p b: u c: i d: p e: u);
            "provision" _export_provision_cabi(a: p b: u c: p d: u e: i);
        } }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_configuration {
    ($provider:ident with_types_in $($_:tt)*) => {
        $crate::__export_configuration_functions!(
            $provider[$crate::bindings::exports::handover::provider::configuration]
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_handover {
    ($provider:ident with_types_in $($_:tt)*) => {
        $crate::__export_functions! { $provider "handover" [$crate::bindings::exports::handover::provider::handover] {
            "verify-webhook" _export_verify_webhook_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: p j: u);
            "map-agent-events" _export_map_agent_events_cabi(a: p b: u c: i d: p e: u);
            "receive-webhook" _export_receive_webhook_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: p j: u);
            "build-outbound-message" _export_build_outbound_message_cabi(a: p);
            "deliver" _export_deliver_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: i j: i k: p l: u);
            "find-delivery" _export_find_delivery_cabi(a: p);
            "observe-conversation" _export_observe_conversation_cabi(a: p b: u c: p d: u e: i f: i g: p h: u);
            "fetch-agent-messages" _export_fetch_agent_messages_cabi(a: p b: u c: p d: u e: i f: i g: p h: u);
            "check-availability" _export_check_availability_cabi(a: p b: u c: i d: p e: u f: i g: p h: u i: p j: u k: i l: i);
        } }
    };
}

/// Replaces the macros that wit-bindgen generates for the interfaces, at the paths where its macro expects them.
#[doc(hidden)]
pub mod exports {
    pub mod handover {
        pub mod provider {
            pub mod configuration {
                pub use __export_configuration as __export_handover_provider_configuration_0_1_0_cabi;
            }
            pub mod handover {
                pub use __export_handover as __export_handover_provider_handover_0_1_0_cabi;
            }
        }
    }
}
