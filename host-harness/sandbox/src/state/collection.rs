//! Collections of items that the API creates, lists, changes and deletes. One item of a collection is the default.

use uuid::Uuid;

use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// The maximum number of items in a collection, in addition to the initial one.
const MAX_ITEMS: usize = 1_000;

/// The alias for the id of the default item in a path.
pub(crate) const DEFAULT: &str = "default";

/// An item of a [`Collection`].
pub(crate) trait Item: Sized {
    /// The validated fields of a create or update request.
    type Change;

    /// The singular noun for the item in messages. Its plural ends in "s".
    const NAME: &'static str;

    /// Creates an item without a name. The create request is applied to it.
    fn new(id: String) -> Self;

    /// Returns the id.
    fn id(&self) -> &str;

    /// Parses the body of a create or update request.
    fn read_change(body: &Object<'_>) -> Result<Self::Change, ApiError>;

    /// Whether `change` has a name. A create request requires one.
    fn has_name(change: &Self::Change) -> bool;

    /// Applies `change`.
    fn apply(&mut self, change: Self::Change);
}

/// The items in the order of their creation.
#[derive(Debug)]
pub(crate) struct Collection<T> {
    /// The item that a new organization has. It cannot be deleted.
    initial: T,
    others: Vec<T>,
    default_id: String,
}

impl<T: Item> Collection<T> {
    /// Creates a collection with one item, which is the default.
    pub(crate) fn new(initial: T) -> Self {
        let default_id = initial.id().to_owned();
        Self { initial, others: Vec::new(), default_id }
    }

    /// Returns the default item.
    pub(crate) fn default_item(&self) -> &T {
        self.by_id(&self.default_id).unwrap_or(&self.initial)
    }

    /// Makes an item the default and returns it. Returns `None` if there is no such item.
    pub(crate) fn set_default(&mut self, id: &str) -> Option<&T> {
        self.by_id(id)?;
        id.clone_into(&mut self.default_id);
        Some(self.default_item())
    }

    /// Returns all items, starting with the initial one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.initial).chain(&self.others)
    }

    /// Returns the item with this id, or the default item for [`DEFAULT`].
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        if id == DEFAULT { Some(self.default_item()) } else { self.by_id(id) }
    }

    /// Creates an item from [`Item::new`] and `change`.
    pub(crate) fn create(&mut self, change: T::Change) -> Result<&T, ApiError> {
        if !T::has_name(&change) {
            return Err(ApiError::missing_field("name"));
        }
        if self.others.len() >= MAX_ITEMS {
            return Err(ApiError::bad_request(format!("There are already {MAX_ITEMS} {}s.", T::NAME)));
        }
        let mut item = T::new(Uuid::new_v4().to_string());
        item.apply(change);
        self.others.push(item);
        self.others.last().ok_or_else(ApiError::not_found)
    }

    /// Changes an item.
    pub(crate) fn update(&mut self, id: &str, change: T::Change) -> Result<&T, ApiError> {
        let id = self.get(id).ok_or_else(ApiError::not_found)?.id().to_owned();
        let mut all = std::iter::once(&mut self.initial).chain(&mut self.others);
        let item = all.find(|item| item.id() == id).ok_or_else(ApiError::not_found)?;
        item.apply(change);
        Ok(item)
    }

    /// Deletes an item. The default item and the initial item cannot be deleted.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        let found = self.get(id).ok_or_else(ApiError::not_found)?.id();
        if found == self.default_id || found == self.initial.id() {
            return Err(ApiError::bad_request(format!("The default {} cannot be deleted.", T::NAME)));
        }
        self.others.retain(|item| item.id() != id);
        Ok(())
    }

    fn by_id(&self, id: &str) -> Option<&T> {
        self.iter().find(|item| item.id() == id)
    }
}
