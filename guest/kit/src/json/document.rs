//! A JSON text that has been read, and the lookup of its members, whatever their types.

use super::tape::{Entry, Kind, Tape};
use crate::contract::MappingError;
use core::cell::Cell;
use core::fmt;

/// A JSON text that has been read. Its values borrow from it. `Debug` hides its content.
pub struct Document<'t> {
    text: &'t str,
    tape: Tape,
    /// The offset of the first value that was looked up and has no clear meaning.
    unclear: Cell<Option<usize>>,
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document")
    }
}

impl<'t> Document<'t> {
    /// Reads a text of any depth. A lone surrogate in an escape becomes U+FFFD.
    ///
    /// # Errors
    /// [`MappingError::NotJson`] with the offset in bytes.
    pub fn read(text: &'t str) -> Result<Self, MappingError> {
        let tape = Tape::scan(text).map_err(|offset| MappingError::NotJson(offset as u64))?;
        Ok(Self { text, tape, unclear: Cell::new(None) })
    }

    /// The outermost value as an object. If it is not an object, the object has no members.
    #[must_use]
    pub fn root(&self) -> Object<'_> {
        Object(self.value())
    }

    /// Whether the outermost value is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.value().object().is_some()
    }

    /// The members of the outermost value if it is a list. A member that is not an object is returned as it was sent.
    #[must_use]
    pub fn list(&self) -> Option<impl Iterator<Item = Result<Object<'_>, &str>>> {
        let list = Some(self.value()).filter(|value| value.is_list())?;
        Some(list.members().map(|member| member.object().ok_or_else(|| member.json())))
    }

    /// Whether every value that was looked up until now has a clear meaning.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.unclear.get().is_none()
    }

    fn value(&self) -> Value<'_> {
        Value { document: self, entry: 0 }
    }

    fn note_unclear(&self, offset: usize) {
        self.unclear.set(self.unclear.get().or(Some(offset)));
    }
}

/// A value of a document.
#[derive(Clone, Copy)]
struct Value<'d> {
    document: &'d Document<'d>,
    /// The index of its entry in the tape.
    entry: usize,
}

/// An object of a document. A member that is absent, `null` or of another type than the method's has no value. `Debug`
/// hides its content.
#[derive(Clone, Copy)]
pub struct Object<'d>(Value<'d>);

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Object")
    }
}

/// An object inside another one. Rules of an event bus and of workflows may write it as an object or as a text. `Debug`
/// hides its content.
#[derive(Clone, Copy)]
pub enum Embedded<'d> {
    /// The object.
    Object(Object<'d>),
    /// A text that begins like an object. It may not be JSON.
    Text(&'d str),
}

impl fmt::Debug for Embedded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

impl<'d> Object<'d> {
    /// Returns the offset of the document's first value that was looked up and has no clear meaning, and forgets it.
    pub(super) fn take_unclear(self) -> Option<usize> {
        self.0.document.unclear.take()
    }

    /// The object as it was sent.
    #[must_use]
    pub fn json(self) -> &'d str {
        self.0.json()
    }

    /// A string, or an integer of at most 64 bits. Absent if empty.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'d str> {
        self.member(name)?.text()
    }

    /// A text as in [`text`](Self::text), or the one in the member `body` of an object.
    #[must_use]
    pub fn text_or_body(self, name: &str) -> Option<&'d str> {
        let member = self.member(name)?;
        match member.object() {
            Some(object) => object.text("body"),
            None => member.text(),
        }
    }

    /// An id: a text as in [`text`](Self::text). Any other number has no clear meaning, because it would be rounded,
    /// and ids are compared.
    #[must_use]
    pub fn id(self, name: &str) -> Option<&'d str> {
        let member = self.member(name)?;
        let id = member.text();
        if id.is_none() && member.is_number() {
            member.note_unclear();
        }
        id
    }

    /// An integer from 0 to 2^64 - 1, or a string of its digits.
    #[must_use]
    pub fn integer(self, name: &str) -> Option<u64> {
        self.member(name)?.text()?.parse().ok()
    }

    /// A number. Absent if it is too large.
    #[must_use]
    pub fn number(self, name: &str) -> Option<f64> {
        let member = self.member(name).filter(|member| member.is_number())?;
        member.json().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Whether the member is `true`.
    #[must_use]
    pub fn boolean(self, name: &str) -> bool {
        self.member(name).is_some_and(|member| member.kind() == Some(Kind::True))
    }

    /// An object.
    #[must_use]
    pub fn object(self, name: &str) -> Option<Self> {
        self.member(name)?.object()
    }

    /// The objects in a list.
    pub fn objects(self, name: &str) -> impl Iterator<Item = Self> + Clone + use<'d> {
        self.members(name).filter_map(Value::object)
    }

    /// The texts in a list, as in [`text`](Self::text).
    pub fn texts(self, name: &str) -> impl Iterator<Item = &'d str> + Clone + use<'d> {
        self.members(name).filter_map(Value::text)
    }

    /// The members whose value is a text, a number or a boolean: their names, and their values as text.
    pub fn scalars(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.named_members().filter_map(|(name, value)| Some((name, value.scalar()?)))
    }

    /// The members that are objects, with their names.
    pub fn named_objects(self) -> impl Iterator<Item = (&'d str, Self)> {
        self.named_members().filter_map(|(name, value)| Some((name, value.object()?)))
    }

    /// All members as they were sent, with their names.
    pub fn named_json(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.named_members().map(|(name, value)| (name, value.json()))
    }

    /// An object, or a text that begins like one.
    #[must_use]
    pub fn embedded(self, name: &str) -> Option<Embedded<'d>> {
        let member = self.member(name)?;
        let text = || member.text().filter(|text| text.trim_start().starts_with('{')).map(Embedded::Text);
        member.object().map(Embedded::Object).or_else(text)
    }

    /// The members of a list. Empty if there is no list.
    fn members(self, name: &str) -> impl Iterator<Item = Value<'d>> + Clone + use<'d> {
        self.member(name).filter(|member| member.is_list()).into_iter().flat_map(Value::members)
    }

    /// All members with their names.
    fn named_members(self) -> impl Iterator<Item = (&'d str, Value<'d>)> {
        let end = self.0.entry().filter(|entry| entry.kind == Kind::Object).map_or(0, |entry| entry.next);
        let key = move |entry: usize| (entry < end).then(|| self.0.sibling(entry));
        let next = move |previous: &Value<'d>| key(previous.sibling(previous.entry + 1).entry()?.next);
        let member = |key: Value<'d>| Some((key.string()?, key.sibling(key.entry + 1)));
        core::iter::successors(key(self.0.entry + 1), next).filter_map(member)
    }

    /// A member of any type. A member that occurs twice has no clear meaning, and counts as absent.
    fn member(self, name: &str) -> Option<Value<'d>> {
        let object = self.0.entry().filter(|entry| entry.kind == Kind::Object)?;
        let (mut key, mut found) = (self.0.entry + 1, None);
        while key < object.next {
            if self.0.document.is_name(key, name) && found.replace(key + 1).is_some() {
                self.0.sibling(key).note_unclear();
                return None;
            }
            key = self.0.document.tape.entries.get(key + 1)?.next;
        }
        found.map(|value| self.0.sibling(value))
    }
}

impl Document<'_> {
    /// Returns whether an entry is this name of a member. Inlined, because every lookup compares all names of its object.
    #[inline(always)]
    fn is_name(&self, entry: usize, name: &str) -> bool {
        match self.tape.entries.get(entry) {
            Some(entry) if entry.kind == Kind::Text => {
                entry.end - entry.start == name.len()
                    && self.text.as_bytes().get(entry.start..entry.end) == Some(name.as_bytes())
            }
            _ => self.tape.unescaped(entry) == Some(name),
        }
    }
}

impl<'d> Value<'d> {
    fn entry(self) -> Option<&'d Entry> {
        self.document.tape.entries.get(self.entry)
    }

    fn kind(self) -> Option<Kind> {
        self.entry().map(|entry| entry.kind)
    }

    fn is_list(self) -> bool {
        self.kind() == Some(Kind::List)
    }

    fn is_number(self) -> bool {
        matches!(self.kind(), Some(Kind::Integer | Kind::Float))
    }

    fn object(self) -> Option<Object<'d>> {
        (self.kind() == Some(Kind::Object)).then_some(Object(self))
    }

    /// The value of another entry.
    fn sibling(self, entry: usize) -> Self {
        Self { entry, ..self }
    }

    /// The members of a list.
    fn members(self) -> impl Iterator<Item = Self> + Clone + use<'d> {
        let end = self.entry().map_or(0, |entry| entry.next);
        let member = move |entry: usize| (entry < end).then(|| self.sibling(entry));
        core::iter::successors(member(self.entry + 1), move |previous| member(previous.entry()?.next))
    }

    fn string(self) -> Option<&'d str> {
        let entry = self.entry()?;
        match entry.kind {
            Kind::Text => self.document.text.get(entry.start..entry.end),
            Kind::EscapedText => self.document.tape.unescaped(self.entry),
            _ => None,
        }
    }

    /// A text, which may be empty, a number or a boolean, as text.
    fn scalar(self) -> Option<&'d str> {
        match self.kind()? {
            Kind::Integer | Kind::Float | Kind::True | Kind::False => Some(self.json()),
            _ => self.string(),
        }
    }

    fn text(self) -> Option<&'d str> {
        match self.kind()? {
            Kind::Integer => Some(self.json()).filter(|digits| is_of_64_bits(digits)),
            _ => self.string().filter(|text| !text.is_empty()),
        }
    }

    /// The value as it was sent.
    fn json(self) -> &'d str {
        let range = self.entry().map(|entry| match entry.kind {
            // With its quotes.
            Kind::Text | Kind::EscapedText => entry.start - 1..entry.end + 1,
            _ => entry.start..entry.end,
        });
        range.and_then(|range| self.document.text.get(range)).unwrap_or_default()
    }

    fn note_unclear(self) {
        self.document.note_unclear(self.entry().map_or(0, |entry| entry.start));
    }
}

/// Returns whether an integer fits into 64 bits. `-0` does not, because only a floating-point number can hold it.
fn is_of_64_bits(digits: &str) -> bool {
    digits.parse::<u64>().is_ok() || digits.parse::<i64>().is_ok_and(|number| number < 0)
}
