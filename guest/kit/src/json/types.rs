//! Declares types for the objects that a provider reads.

/// Declares types whose methods look up the fields of a JSON object.
///
/// A field is declared as `"name" => method: type`. The types are the methods of [`Object`](crate::json::Object):
/// `text`, `text_or_body`, `id`, `integer`, `number`, `boolean`, `texts`, `embedded`, `object` and `objects`, and
/// `object(T)` and `objects(T)` for another type that was declared so.
///
/// ```
/// use handover_guest::json::Document;
///
/// handover_guest::json_types! {
///     /// A message.
///     pub struct Message {
///         /// The id.
///         "id" => id: id,
///         /// The files.
///         "files" => files: objects(File),
///     }
///
///     /// A file.
///     pub struct File {
///         /// The size in bytes.
///         "contentLength" => content_length: integer,
///     }
/// }
///
/// let document = Document::read(r#"{"id": 7, "files": [{"contentLength": "12"}, null]}"#)?;
/// let message = Message::of(document.root());
/// assert_eq!(message.id(), Some("7"));
/// assert_eq!(message.files().map(File::content_length).collect::<Vec<_>>(), [Some(12)]);
/// # Ok::<(), handover_guest::contract::MappingError>(())
/// ```
#[macro_export]
macro_rules! json_types {
    ($(
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {$(
            $(#[$field_meta:meta])*
            $json:literal => $field:ident: $kind:ident$(($inner:ident))?
        ),* $(,)?}
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        $visibility struct $name<'d>($crate::json::Object<'d>);

        impl<'d> $name<'d> {
            /// Views an object as this type.
            #[must_use]
            $visibility fn of(object: $crate::json::Object<'d>) -> Self {
                Self(object)
            }
            $($crate::json_types! {
                @field $visibility [$(#[$field_meta])*] $json $field $kind$(($inner))?
            })*
        }
    )+};
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident text) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field text Option<&'d str> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident text_or_body) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field text_or_body Option<&'d str> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident id) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field id Option<&'d str> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident integer) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field integer Option<u64> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident number) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field number Option<f64> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident boolean) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field boolean bool }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident embedded) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field embedded Option<$crate::json::Embedded<'d>> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident texts) => {
        $($meta)*
        $visibility fn $field(self) -> impl Iterator<Item = &'d str> + Clone + use<'d> {
            self.0.texts($json)
        }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident object) => {
        $crate::json_types! { @lookup $visibility [$($meta)*] $json $field object Option<$crate::json::Object<'d>> }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident objects) => {
        $($meta)*
        $visibility fn $field(self) -> impl Iterator<Item = $crate::json::Object<'d>> + Clone + use<'d> {
            self.0.objects($json)
        }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident object($inner:ident)) => {
        $($meta)*
        #[must_use]
        $visibility fn $field(self) -> Option<$inner<'d>> {
            self.0.object($json).map($inner::of)
        }
    };
    (@field $visibility:vis [$($meta:tt)*] $json:literal $field:ident objects($inner:ident)) => {
        $($meta)*
        $visibility fn $field(self) -> impl Iterator<Item = $inner<'d>> + Clone + use<'d> {
            self.0.objects($json).map($inner::of)
        }
    };
    (@lookup $visibility:vis [$($meta:tt)*] $json:literal $field:ident $lookup:ident $type:ty) => {
        $($meta)*
        #[must_use]
        $visibility fn $field(self) -> $type {
            self.0.$lookup($json)
        }
    };
}
