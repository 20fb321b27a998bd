//! Counts the instructions of warm calls in wasm, as the fuel that wasmtime consumes. The count is the same in every run and
//! on every machine.

use handover_bench::{COMPONENT, settings, webhook};
use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::error::Context;
use wasmtime::{Config, Engine, Result, Store, bail, ensure};

/// The limits for a webhook of 0.5 kB and a message of 400 characters, five percent above the counts. Lower a limit when
/// its function becomes faster.
const LIMITS: [(&str, u64); 3] =
    [("receive-webhook", 84_400), ("map-agent-events", 23_500), ("build-outbound-message", 33_500)];

/// More than any call consumes.
const FUEL: u64 = u64::MAX / 2;

fn main() -> Result<()> {
    let mut provider = Provider::load()?;
    let mut too_many = 0;
    for (function, limit) in LIMITS {
        let count = provider.count(function)?;
        let verdict = if count > limit { "too many" } else { "ok" };
        too_many += usize::from(count > limit);
        println!("{function} {count} of at most {limit} instructions in wasm: {verdict}");
    }
    ensure!(too_many == 0, "{too_many} functions need more instructions than before");
    Ok(())
}

struct Provider {
    store: Store<()>,
    instance: Instance,
    prepared: Val,
}

impl Provider {
    fn load() -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, COMPONENT)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL)?;
        let instance = linker.instantiate(&mut store, &component)?;
        let mut provider = Self { store, instance, prepared: Val::List(Vec::new()) };
        let setting = |key: String, value: String| record([("key", Val::String(key)), ("value", Val::String(value))]);
        let settings = settings().into_iter().map(|one| setting(one.key, one.value)).collect();
        let accepted = provider.call("configuration", "check-settings", &[Val::List(settings)])?;
        let Val::Result(Ok(Some(accepted))) = accepted else { bail!("the settings are refused") };
        let Val::Record(fields) = *accepted else { bail!("the accepted settings are no record") };
        let prepared = fields.into_iter().find(|(name, _)| name == "prepared");
        provider.prepared = prepared.context("the accepted settings are not prepared")?.1;
        Ok(provider)
    }

    /// Counts the instructions of the second call, which is warm.
    fn count(&mut self, function: &str) -> Result<u64> {
        let webhook = webhook(500);
        let argument = match function {
            "map-agent-events" => vec![Val::Variant("webhook".into(), Some(Box::new(bytes(&webhook.body))))],
            "receive-webhook" => {
                let signature = webhook.headers.iter().filter(|(name, _)| name == "x-hub-signature-256");
                let header = |(name, value): &(String, Vec<u8>)| Val::Tuple(vec![text(name), bytes(value)]);
                vec![record([
                    ("method", text(&webhook.method)),
                    ("path", text(&webhook.path)),
                    ("headers", Val::List(signature.map(header).collect())),
                    ("body", bytes(&webhook.body)),
                ])]
            }
            _ => {
                let (conversation, outbound) = handover_bench::message(400);
                let handover_host::contract::OutboundMessage::Text(message) = &outbound.message else {
                    bail!("the message is no text");
                };
                let id = conversation.id.as_deref().map(|id| Box::new(text(id)));
                vec![
                    record([
                        ("recipient", text(&conversation.recipient)),
                        ("handover", Val::U32(conversation.handover)),
                        ("id", Val::Option(id)),
                    ]),
                    record([
                        ("id", text(&outbound.id)),
                        ("time", Val::U64(outbound.time)),
                        ("message", Val::Variant("text".into(), Some(Box::new(text(message))))),
                    ]),
                ]
            }
        };
        let arguments = [vec![self.prepared.clone()], argument].concat();
        let mut used = 0;
        for _ in 0..2 {
            self.store.set_fuel(FUEL)?;
            let result = self.call("handover", function, &arguments)?;
            // Any other result may be cheaper.
            let expected = if function == "build-outbound-message" { "operation" } else { "plain-text" };
            ensure!(format!("{result:?}").contains(expected), "{function} returned {result:?}");
            used = FUEL - self.store.get_fuel()?;
        }
        Ok(used)
    }

    fn call(&mut self, interface: &str, function: &str, arguments: &[Val]) -> Result<Val> {
        let interface = format!("handover:provider/{interface}@0.1.0");
        let interface = self.instance.get_export_index(&mut self.store, None, &interface).context("no interface")?;
        let index =
            self.instance.get_export_index(&mut self.store, Some(&interface), function).context("no function")?;
        let function = self.instance.get_func(&mut self.store, index).context("no function")?;
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, arguments, &mut results)?;
        let [result] = results;
        Ok(result)
    }
}

fn record<const N: usize>(fields: [(&str, Val); N]) -> Val {
    Val::Record(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn text(text: &str) -> Val {
    Val::String(text.into())
}

fn bytes(bytes: &[u8]) -> Val {
    Val::List(bytes.iter().copied().map(Val::U8).collect())
}
