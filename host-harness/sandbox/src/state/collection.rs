//! What the API creates, lists, changes and deletes, and of which one item is the default.

use uuid::Uuid;

use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// How many items a collection may have beside the one that it begins with.
const MAX_ITEMS: usize = 1_000;

/// In a path, this stands for the id of the default item.
pub(crate) const DEFAULT: &str = "default";

/// An item of a [`Collection`].
pub(crate) trait Item: Sized {
    /// The fields of a create or update request, each checked.
    type Change;

    /// What messages call it, in the singular.
    const NAME: &'static str;

    /// A new item without a name, as it is before the request that creates it is applied.
    fn new(id: String) -> Self;

    /// Its id.
    fn id(&self) -> &str;

    /// Checks the body of a create or update request.
    fn read_change(body: &Object<'_>) -> Result<Self::Change, ApiError>;

    /// Whether `change` says how it is called. A new item needs a name.
    fn names(change: &Self::Change) -> bool;

    /// Makes the change.
    fn apply(&mut self, change: Self::Change);
}

/// Items in the order of their creation.
#[derive(Debug)]
pub(crate) struct Collection<T> {
    /// The one that an organization begins with. It cannot be deleted.
    first: T,
    others: Vec<T>,
    default_id: String,
}

impl<T: Item> Collection<T> {
    /// Has only `first`, which is the default.
    pub(crate) fn new(first: T) -> Self {
        let default_id = first.id().to_owned();
        Self { first, others: Vec::new(), default_id }
    }

    /// The default item.
    pub(crate) fn default_item(&self) -> &T {
        self.by_id(&self.default_id).unwrap_or(&self.first)
    }

    /// Makes another one the default; `None` if there is no such item.
    pub(crate) fn set_default(&mut self, id: &str) -> Option<&T> {
        self.by_id(id)?;
        id.clone_into(&mut self.default_id);
        Some(self.default_item())
    }

    /// All items, the one that the organization began with first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The item of this id, or the default one for [`DEFAULT`].
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        if id == DEFAULT { Some(self.default_item()) } else { self.by_id(id) }
    }

    /// A new item. What `change` leaves open is as in [`Item::new`].
    pub(crate) fn create(&mut self, change: T::Change) -> Result<&T, ApiError> {
        if !T::names(&change) {
            return Err(ApiError::missing_field("name"));
        }
        if self.others.len() >= MAX_ITEMS {
            return Err(ApiError::bad_request(format!("There are {MAX_ITEMS} of them already: {}.", T::NAME)));
        }
        let mut item = T::new(Uuid::new_v4().to_string());
        item.apply(change);
        self.others.push(item);
        self.others.last().ok_or_else(ApiError::not_found)
    }

    /// Changes an item.
    pub(crate) fn update(&mut self, id: &str, change: T::Change) -> Result<&T, ApiError> {
        let id = self.get(id).ok_or_else(ApiError::not_found)?.id().to_owned();
        let mut all = std::iter::once(&mut self.first).chain(&mut self.others);
        let item = all.find(|item| item.id() == id).ok_or_else(ApiError::not_found)?;
        item.apply(change);
        Ok(item)
    }

    /// Deletes an item, but neither the default one nor the first.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        let found = self.get(id).ok_or_else(ApiError::not_found)?.id();
        if found == self.default_id || found == self.first.id() {
            return Err(ApiError::bad_request(format!("The default {} cannot be deleted.", T::NAME)));
        }
        self.others.retain(|item| item.id() != id);
        Ok(())
    }

    fn by_id(&self, id: &str) -> Option<&T> {
        self.iter().find(|item| item.id() == id)
    }
}
