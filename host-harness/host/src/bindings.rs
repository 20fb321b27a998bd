//! The contract's imports as wasmtime generates them. Private: `contract` has the types, `exports` the functions.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "generated from wit/, where it is documented"
)]

wasmtime::component::bindgen!({
    path: "wit/0.1.0",
    world: "handover-provider",
    // The imports are synchronous for the guest and asynchronous for the host, so a waiting guest does not block a
    // thread.
    imports: { default: async | trappable },
    exports: { default: async },
    with: { "handover:provider/types": crate::bindings::types },
    require_store_data_send: true,
});

/// The interface `types`: the types of `contract`, and the items that the generated code expects. `Host` is empty,
/// because the interface has no functions.
pub mod types {
    pub use crate::contract::*;
    use wasmtime::component::{HasData, Linker};

    pub trait Host {}
    impl<T: ?Sized> Host for &mut T {}

    pub trait HostWithStore<T>: HasData {}
    impl<T, D: HasData + ?Sized> HostWithStore<T> for D {}

    pub fn add_to_linker<T, D>(linker: &mut Linker<T>, _: fn(&mut T) -> D::Data<'_>) -> wasmtime::Result<()>
    where
        D: HostWithStore<T>,
        T: 'static + Send,
    {
        linker.instance("handover:provider/types@0.1.0").map(|_| ())
    }
}
