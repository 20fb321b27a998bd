//! The contract as data, resolved from its WIT: the content of `contract.json`.

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use wit_parser::{Docs, InterfaceId, Resolve, TypeDefKind, TypeId, TypeOwner};

/// All interfaces of the package, in the order of the WIT.
#[derive(Serialize)]
pub(crate) struct Contract {
    pub(crate) package: String,
    pub(crate) interfaces: Vec<Interface>,
}

#[derive(Serialize)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) docs: String,
    /// The types that the interface defines. No two interfaces define a type of the same name.
    pub(crate) types: Vec<TypeDefinition>,
    pub(crate) functions: Vec<Function>,
}

#[derive(Serialize)]
pub(crate) struct TypeDefinition {
    pub(crate) name: String,
    pub(crate) docs: String,
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Record(Vec<Field>),
    Variant(Vec<Case>),
    Enum(Vec<EnumCase>),
    Alias(Type),
}

#[derive(Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: Type,
    pub(crate) docs: String,
}

#[derive(Serialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Absent if the case has no value.
    #[serde(rename = "type")]
    pub(crate) ty: Option<Type>,
    pub(crate) docs: String,
}

#[derive(Serialize)]
pub(crate) struct EnumCase {
    pub(crate) name: String,
    pub(crate) docs: String,
}

#[derive(Serialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) parameters: Vec<Parameter>,
    /// Absent if the function returns nothing.
    pub(crate) result: Option<Type>,
}

#[derive(Serialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: Type,
}

/// A type: `"string"` and the other primitive types of WIT, the name of a definition, or a compound of types.
#[derive(Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Type {
    Name(String),
    Compound(Compound),
}

#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compound {
    Option(Box<Type>),
    List(Box<Type>),
    Tuple(Vec<Type>),
    Result { ok: Option<Box<Type>>, error: Option<Box<Type>> },
}

impl Contract {
    /// Reads the WIT in a folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).with_context(|| format!("{}: the WIT", folder.display()))?;
        let package = resolve.packages.get(package).context("the package that was just read")?;
        let interfaces = package.interfaces.iter().map(|(name, id)| interface(&resolve, name, *id));
        let contract = Self { package: package.name.to_string(), interfaces: interfaces.collect::<Result<_, _>>()? };
        let mut names = BTreeSet::new();
        for definition in contract.types() {
            ensure!(names.insert(&definition.name), "two interfaces define the type {}", definition.name);
        }
        Ok(contract)
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &TypeDefinition> {
        self.interfaces.iter().flat_map(|interface| &interface.types)
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.interfaces.iter().flat_map(|interface| &interface.functions)
    }

    /// Returns the names of the types that results contain.
    pub(crate) fn returned(&self) -> BTreeSet<&str> {
        let definitions: BTreeMap<&str, &Kind> =
            self.types().map(|definition| (definition.name.as_str(), &definition.kind)).collect();
        let (mut returned, mut pending) = (BTreeSet::new(), Vec::new());
        pending.extend(self.functions().filter_map(|function| function.result.as_ref()));
        while let Some(ty) = pending.pop() {
            match ty {
                Type::Name(name) => {
                    let Some(kind) = definitions.get(name.as_str()).filter(|_| returned.insert(name.as_str())) else {
                        continue;
                    };
                    match kind {
                        Kind::Record(fields) => pending.extend(fields.iter().map(|field| &field.ty)),
                        Kind::Variant(cases) => pending.extend(cases.iter().filter_map(|case| case.ty.as_ref())),
                        Kind::Enum(_) => {}
                        Kind::Alias(ty) => pending.push(ty),
                    }
                }
                Type::Compound(Compound::Option(inner) | Compound::List(inner)) => pending.push(inner),
                Type::Compound(Compound::Tuple(inner)) => pending.extend(inner),
                Type::Compound(Compound::Result { ok, error }) => {
                    pending.extend([ok, error].into_iter().flatten().map(AsRef::as_ref));
                }
            }
        }
        returned
    }
}

fn interface(resolve: &Resolve, name: &str, id: InterfaceId) -> anyhow::Result<Interface> {
    let interface = resolve.interfaces.get(id).context("an interface of the package")?;
    let mut types = Vec::new();
    for (name, id) in &interface.types {
        if !is_used_from_elsewhere(resolve, *id) {
            types.push(definition(resolve, name, *id).with_context(|| format!("the type {name}"))?);
        }
    }
    let mut functions = Vec::new();
    for function in interface.functions.values() {
        let parameters = function
            .params
            .iter()
            .map(|parameter| Ok(Parameter { name: parameter.name.clone(), ty: type_of(resolve, &parameter.ty)? }));
        functions.push(Function {
            name: function.name.clone(),
            docs: docs(&function.docs),
            parameters: parameters.collect::<anyhow::Result<_>>()?,
            result: function.result.as_ref().map(|ty| type_of(resolve, ty)).transpose()?,
        });
    }
    Ok(Interface { name: name.to_owned(), docs: docs(&interface.docs), types, functions })
}

/// Returns whether a type comes from another interface, by `use`.
fn is_used_from_elsewhere(resolve: &Resolve, id: TypeId) -> bool {
    let owner = |id: TypeId| resolve.types.get(id).map(|definition| definition.owner);
    match resolve.types.get(id).map(|definition| &definition.kind) {
        Some(TypeDefKind::Type(wit_parser::Type::Id(used))) => owner(*used) != owner(id),
        _ => false,
    }
}

fn definition(resolve: &Resolve, name: &str, id: TypeId) -> anyhow::Result<TypeDefinition> {
    let definition = resolve.types.get(id).context("a type of the interface")?;
    let kind = match &definition.kind {
        TypeDefKind::Record(record) => {
            let field = |field: &wit_parser::Field| {
                let ty = type_of(resolve, &field.ty)?;
                Ok(Field { name: field.name.clone(), ty, docs: docs(&field.docs) })
            };
            Kind::Record(record.fields.iter().map(field).collect::<anyhow::Result<_>>()?)
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| {
                let ty = case.ty.as_ref().map(|ty| type_of(resolve, ty)).transpose()?;
                Ok(Case { name: case.name.clone(), ty, docs: docs(&case.docs) })
            };
            Kind::Variant(variant.cases.iter().map(case).collect::<anyhow::Result<_>>()?)
        }
        TypeDefKind::Enum(cases) => {
            let case = |case: &wit_parser::EnumCase| EnumCase { name: case.name.clone(), docs: docs(&case.docs) };
            Kind::Enum(cases.cases.iter().map(case).collect())
        }
        kind => Kind::Alias(anonymous(resolve, kind)?),
    };
    Ok(TypeDefinition { name: name.to_owned(), docs: docs(&definition.docs), kind })
}

fn type_of(resolve: &Resolve, ty: &wit_parser::Type) -> anyhow::Result<Type> {
    use wit_parser::Type as Wit;
    let name = match ty {
        Wit::Bool => "bool",
        Wit::U8 => "u8",
        Wit::U16 => "u16",
        Wit::U32 => "u32",
        Wit::U64 => "u64",
        Wit::S8 => "s8",
        Wit::S16 => "s16",
        Wit::S32 => "s32",
        Wit::S64 => "s64",
        Wit::F32 => "f32",
        Wit::F64 => "f64",
        Wit::Char => "char",
        Wit::String => "string",
        Wit::ErrorContext => bail!("the hosts know no error contexts"),
        Wit::Id(id) => {
            let definition = resolve.types.get(*id).context("a type that is used")?;
            return match (&definition.name, definition.owner) {
                (Some(name), TypeOwner::Interface(_)) => Ok(Type::Name(name.clone())),
                _ => anonymous(resolve, &definition.kind),
            };
        }
    };
    Ok(Type::Name(name.to_owned()))
}

fn anonymous(resolve: &Resolve, kind: &TypeDefKind) -> anyhow::Result<Type> {
    let boxed = |ty: &wit_parser::Type| type_of(resolve, ty).map(Box::new);
    Ok(match kind {
        TypeDefKind::Type(ty) => type_of(resolve, ty)?,
        TypeDefKind::Option(ty) => Type::Compound(Compound::Option(boxed(ty)?)),
        TypeDefKind::List(ty) => Type::Compound(Compound::List(boxed(ty)?)),
        TypeDefKind::Tuple(tuple) => Type::Compound(Compound::Tuple(
            tuple.types.iter().map(|ty| type_of(resolve, ty)).collect::<Result<_, _>>()?,
        )),
        TypeDefKind::Result(result) => Type::Compound(Compound::Result {
            ok: result.ok.as_ref().map(boxed).transpose()?,
            error: result.err.as_ref().map(boxed).transpose()?,
        }),
        kind => bail!("the hosts know no {}", kind.as_str()),
    })
}

fn docs(docs: &Docs) -> String {
    docs.contents.as_deref().unwrap_or_default().trim().to_owned()
}
