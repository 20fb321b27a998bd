//! Exports the functions of a provider of bots, as `handover_guest::component` does for a provider of handovers.

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
macro_rules! __export_bot_connector {
    ($provider:ident with_types_in $($_:tt)*) => {
        $crate::__export_functions! {
            $provider "bot-connector" [$crate::bindings::exports::handover::provider::bot_connector] {
                "verify-bot-request" _export_verify_bot_request_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: p j: u);
                "map-bot-request" _export_map_bot_request_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: p j: u);
                "build-bot-response" _export_build_bot_response_cabi(a: p);
                "build-bot-list" _export_build_bot_list_cabi(a: p b: u c: p d: u e: i f: p g: u);
                "build-late-answer" _export_build_late_answer_cabi(a: p);
                "deliver-late-answer" _export_deliver_late_answer_cabi(a: p b: u c: p d: u e: p f: u g: p h: u i: i j: i k: p l: u);
                "register-bots" _export_register_bots_cabi(a: p b: u c: p d: u);
            }
        }
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
            pub mod bot_connector {
                pub use __export_bot_connector as __export_handover_provider_bot_connector_0_1_0_cabi;
            }
        }
    }
}
