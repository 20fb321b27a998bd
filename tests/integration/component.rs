//! What the component is from outside.

use wit_component::DecodedWasm;

/// Least privilege: the component can ask for nothing else, whatever is in it.
#[test]
fn it_imports_what_the_world_lends_and_nothing_else() {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(handover_tests::GENESYS).expect("a component")
    else {
        panic!("no component");
    };
    let world = &resolve.worlds[world];
    let imports: Vec<_> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let lent = [
        "handover:provider/http@0.1.0",
        "handover:provider/cache@0.1.0",
        "wasi:clocks/wall-clock@0.2.6",
        "handover:provider/types@0.1.0",
    ];
    assert_eq!(imports, lent);
    let exports: Vec<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    assert_eq!(exports, ["handover:provider/provider@0.1.0"]);
}
