//! What is not a provider is refused when it is loaded, and the error names what is wrong.

use crate::support::limits;
use handover_host::{Host, LoadError};
use std::io::Write;

async fn load(component: &[u8]) -> LoadError {
    let host = Host::builder().limits(limits()).build().expect("a host");
    host.load(component).await.expect_err("it must be refused")
}

async fn load_text(component: &str) -> LoadError {
    load(&wat::parse_str(component).expect("valid text")).await
}

#[tokio::test]
async fn what_is_no_component() {
    assert!(matches!(load(b"").await, LoadError::NotWasm));
    assert!(matches!(load(b"#!/bin/sh\n").await, LoadError::NotWasm));
    assert!(matches!(load_text("(module)").await, LoadError::NotAComponent));
    let half = &handover_tests::GENESYS[..handover_tests::GENESYS.len() / 2];
    assert!(matches!(load(half).await, LoadError::Invalid(_)));
}

#[tokio::test]
async fn what_exports_another_world() {
    let error = load_text("(component)").await;
    assert!(error.to_string().contains("handover:provider/provider@0.1.0; it exports nothing"), "{error}");
    let other = r#"(component (instance $i) (export "example:other/thing@1.0.0" (instance $i)))"#;
    let error = load_text(other).await;
    assert!(error.to_string().contains("it exports example:other/thing@1.0.0"), "{error}");
}

#[tokio::test]
async fn what_imports_more_than_is_lent() {
    for import in ["wasi:filesystem/preopens@0.2.6", "wasi:sockets/tcp@0.2.6", "handover:provider/files@0.1.0"] {
        let component = format!(r#"(component (import "{import}" (instance)))"#);
        match load_text(&component).await {
            LoadError::ForeignImports(names) => assert_eq!(names, [import]),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn what_has_the_names_of_the_contract_and_other_types() {
    let component = r#"(component
        (instance $i)
        (export "handover:provider/provider@0.1.0" (instance $i)))"#;
    assert!(matches!(load_text(component).await, LoadError::AnotherContract(_)));
}

#[tokio::test]
async fn a_precompiled_provider_is_the_same_provider() {
    let host = Host::builder().limits(limits()).build().expect("a host");
    let compiled = host.precompile(handover_tests::GENESYS).expect("it compiles");
    // SAFETY: the bytes are what `precompile` just returned.
    let provider = unsafe { host.load_precompiled(&compiled) }.await.expect("it loads");
    assert_eq!(provider.description().name, "genesys-open-messaging");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&compiled).expect("written");
    // SAFETY: nobody else has the file.
    let provider = unsafe { host.load_precompiled_file(file.path()) }.await.expect("it loads");
    assert_eq!(provider.description().name, "genesys-open-messaging");
    // A component is no precompiled one.
    // SAFETY: wasmtime refuses what has not its own header.
    let refused = unsafe { host.load_precompiled(handover_tests::GENESYS) }.await;
    assert!(matches!(refused, Err(LoadError::Invalid(_))));
    // SAFETY: the same.
    let refused = unsafe { host.load_precompiled(b"short") }.await;
    assert!(matches!(refused, Err(LoadError::Invalid(_))));
    // SAFETY: the same.
    let refused = unsafe { host.load_precompiled_file("/dev/null".as_ref()) }.await;
    assert!(matches!(refused, Err(LoadError::Io { .. })));
}
