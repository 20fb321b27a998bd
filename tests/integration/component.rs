//! The imports and exports of the component.

use wit_component::DecodedWasm;

/// Least privilege: the component has no other access, whatever code it contains.
#[test]
fn imports_only_the_capabilities_of_the_world() {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(handover_tests::GENESYS).expect("a component")
    else {
        panic!("not a component");
    };
    let world = &resolve.worlds[world];
    let imports: Vec<_> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let granted = [
        "handover:provider/http@0.1.0",
        "handover:provider/cache@0.1.0",
        "wasi:clocks/wall-clock@0.2.6",
        "handover:provider/types@0.1.0",
    ];
    assert_eq!(imports, granted);
    let exports: Vec<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    assert_eq!(exports, ["handover:provider/configuration@0.1.0", "handover:provider/handover@0.1.0"]);
}
