//! Reads JSON that differs from its documentation: a number instead of a string, `null` or nothing instead of a list,
//! an array instead of an object. A value of another type counts as absent. Only an ambiguous value is an error.
//!
//! The schemas of webhooks often have neither required properties nor a version. Nothing here recurses, however deeply
//! the input is nested: `IgnoredAny` skips unused values, and serde_json implements that as a loop.

use alloc::{borrow::Cow, string::ToString, vec::Vec};
use core::{fmt, marker::PhantomData};
use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
    value::MapAccessDeserializer,
};

/// A string, or an integer of at most 64 bits.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text<'a>(Option<Cow<'a, str>>);

/// A string or integer as in [`Text`], or an object with one in its `body`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TextOrBody<'a>(Text<'a>);

/// An id: a string, or an integer of at most 64 bits. Any other number is an error, because it would be rounded, and
/// ids are compared.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Id<'a>(Text<'a>);

/// A whole number, or a string of digits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Whole(Option<u64>);

/// An integer or a floating-point number.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Real(Option<f64>);

/// A boolean. Any value other than `true` is `false`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Flag(bool);

/// An object. A value of another type counts as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object<T>(Option<T>);

/// A list. A value of another type counts as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl Text<'_> {
    /// The text, unless absent or empty.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl TextOrBody<'_> {
    /// The text, unless absent or empty.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get()
    }
}

impl Id<'_> {
    /// The id, unless absent or empty.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get()
    }
}

impl Whole {
    /// The number, unless absent.
    #[must_use]
    pub fn get(self) -> Option<u64> {
        self.0
    }
}

impl Real {
    /// The number, unless absent or not finite.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        self.0.filter(|number| number.is_finite())
    }
}

impl Flag {
    /// Whether the value was `true`.
    #[must_use]
    pub fn get(self) -> bool {
        self.0
    }
}

impl<T> Object<T> {
    /// The object, unless absent.
    pub fn into_inner(self) -> Option<T> {
        self.0
    }

    /// The object, unless absent.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> List<Object<T>> {
    /// The members that are objects.
    pub fn objects(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(Object::get)
    }
}

impl List<Text<'_>> {
    /// The members that are nonempty texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Text::get)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// The conversions from each type of JSON value. An implementation defines only those that it supports; the others
/// return the default, which means absent.
trait Wanted<'de>: Default {
    fn text(_: Cow<'de, str>) -> Self {
        Self::default()
    }
    fn whole(_: u64) -> Self {
        Self::default()
    }
    fn negative(_: i64) -> Self {
        Self::default()
    }
    fn float<E: Error>(_: f64) -> Result<Self, E> {
        Ok(Self::default())
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        skip_object(map).map(|()| Self::default())
    }
    fn list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        skip_list(list).map(|()| Self::default())
    }
}

fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

struct Lenient<W>(PhantomData<W>);

impl<'de, W: Wanted<'de>> Visitor<'de> for Lenient<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<W, E> {
        Ok(W::text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<W, E> {
        Ok(W::text(Cow::Owned(text.into())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<W, E> {
        Ok(W::whole(number))
    }
    fn visit_i64<E>(self, number: i64) -> Result<W, E> {
        Ok(W::negative(number))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<W, E> {
        W::float(number)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<W, E> {
        Ok(W::flag(flag))
    }
    fn visit_unit<E>(self) -> Result<W, E> {
        Ok(W::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<W, A::Error> {
        W::object(map)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<W, A::Error> {
        W::list(list)
    }
}

impl<'de: 'a, 'a> Wanted<'de> for Text<'a> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
    fn whole(number: u64) -> Self {
        Self(Some(number.to_string().into()))
    }
    fn negative(number: i64) -> Self {
        Self(Some(number.to_string().into()))
    }
}

/// The object form of a text, such as Genesys's `ConversationContentText`.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    body: Text<'a>,
}

impl<'de: 'a, 'a> Wanted<'de> for TextOrBody<'a> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(Text::text(text))
    }
    fn whole(number: u64) -> Self {
        Self(Text::whole(number))
    }
    fn negative(number: i64) -> Self {
        Self(Text::negative(number))
    }
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Body::deserialize(MapAccessDeserializer::new(map)).map(|object| Self(object.body))
    }
}

impl<'de: 'a, 'a> Wanted<'de> for Id<'a> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(Text::text(text))
    }
    fn whole(number: u64) -> Self {
        Self(Text::whole(number))
    }
    fn negative(number: i64) -> Self {
        Self(Text::negative(number))
    }
    fn float<E: Error>(number: f64) -> Result<Self, E> {
        Err(E::invalid_type(Unexpected::Float(number), &"an id: a text or an integer of at most 64 bits"))
    }
}

impl<'de> Wanted<'de> for Whole {
    fn text(text: Cow<'de, str>) -> Self {
        Self(text.parse().ok())
    }
    fn whole(number: u64) -> Self {
        Self(Some(number))
    }
}

impl<'de> Wanted<'de> for Real {
    fn whole(number: u64) -> Self {
        Self(Some(number as f64))
    }
    fn negative(number: i64) -> Self {
        Self(Some(number as f64))
    }
    fn float<E: Error>(number: f64) -> Result<Self, E> {
        Ok(Self(Some(number)))
    }
}

impl<'de> Wanted<'de> for Flag {
    fn flag(flag: bool) -> Self {
        Self(flag)
    }
}

impl<'de, T: Deserialize<'de>> Wanted<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Self(Some(object)))
    }
}

impl<'de, T: Deserialize<'de>> Wanted<'de> for List<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element()? {
            members.push(member);
        }
        Ok(Self(members))
    }
}

/// Implements `Deserialize` through [`Wanted`]. `#[derive]` cannot do that, and the orphan rule forbids a blanket
/// implementation.
macro_rules! deserialize_leniently {
    ($([$($generics:tt)*] $kind:ty),+ $(,)?) => {$(
        impl<$($generics)*> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Lenient::<Self>(PhantomData))
            }
        }
    )+};
}

deserialize_leniently! {
    ['de: 'a, 'a] Text<'a>,
    ['de: 'a, 'a] TextOrBody<'a>,
    ['de: 'a, 'a] Id<'a>,
    ['de] Whole,
    ['de] Real,
    ['de] Flag,
    ['de, T: Deserialize<'de>] Object<T>,
    ['de, T: Deserialize<'de>] List<T>,
}
