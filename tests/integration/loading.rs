//! The host refuses to load anything that is not a provider. The error names the reason.

use crate::support::limits;
use handover_host::{Host, LoadError};
use std::io::Write;

async fn load(component: &[u8]) -> LoadError {
    let host = Host::builder().limits(limits()).build().expect("a host");
    host.load(component).await.expect_err("a refused component")
}

async fn load_text(component: &str) -> LoadError {
    load(&wat::parse_str(component).expect("valid text")).await
}

#[tokio::test]
async fn refuses_bytes_that_are_not_a_component() {
    assert!(matches!(load(b"").await, LoadError::NotWasm));
    assert!(matches!(load(b"#!/bin/sh\n").await, LoadError::NotWasm));
    assert!(matches!(load_text("(module)").await, LoadError::NotAComponent));
    let half = &handover_tests::GENESYS[..handover_tests::GENESYS.len() / 2];
    assert!(matches!(load(half).await, LoadError::Invalid(_)));
}

#[tokio::test]
async fn refuses_a_component_of_another_world() {
    let error = load_text("(component)").await;
    assert!(error.to_string().contains("handover:provider/bot-connector@0.1.0; it exports nothing"), "{error}");
    let other = r#"(component (instance $i) (export "example:other/thing@1.0.0" (instance $i)))"#;
    let error = load_text(other).await;
    assert!(error.to_string().contains("it exports example:other/thing@1.0.0"), "{error}");
}

#[tokio::test]
async fn refuses_imports_outside_the_contract() {
    for import in ["wasi:filesystem/preopens@0.2.6", "wasi:sockets/tcp@0.2.6", "handover:provider/files@0.1.0"] {
        let component = format!(r#"(component (import "{import}" (instance)))"#);
        match load_text(&component).await {
            LoadError::ForeignImports(names) => assert_eq!(names, [import]),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn refuses_exports_of_other_types() {
    let component = r#"(component
        (instance $i)
        (export "handover:provider/configuration@0.1.0" (instance $i))
        (export "handover:provider/handover@0.1.0" (instance $i)))"#;
    assert!(matches!(load_text(component).await, LoadError::AnotherContract(_)));
}

#[tokio::test]
async fn loads_a_precompiled_provider() {
    let host = Host::builder().limits(limits()).build().expect("a host");
    let compiled = host.precompile(handover_tests::GENESYS).expect("the component compiles");
    // SAFETY: the bytes are what `precompile` just returned.
    let provider = unsafe { host.load_precompiled(&compiled) }.await.expect("the provider loads");
    assert_eq!(provider.description().name, "genesys-open-messaging");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&compiled).expect("writes the file");
    // SAFETY: no other process has the file.
    let provider = unsafe { host.load_precompiled_file(file.path()) }.await.expect("the provider loads");
    assert_eq!(provider.description().name, "genesys-open-messaging");
    // A component that is not precompiled is refused.
    // SAFETY: wasmtime refuses bytes without its own header.
    let refused = unsafe { host.load_precompiled(handover_tests::GENESYS) }.await;
    assert!(matches!(refused, Err(LoadError::Invalid(_))));
    // SAFETY: as above.
    let refused = unsafe { host.load_precompiled(b"short") }.await;
    assert!(matches!(refused, Err(LoadError::Invalid(_))));
    // SAFETY: as above.
    let refused = unsafe { host.load_precompiled_file("/dev/null".as_ref()) }.await;
    assert!(matches!(refused, Err(LoadError::Io { .. })));
}
