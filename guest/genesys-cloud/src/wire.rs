//! The fields of Genesys's API responses that every provider reads, in Genesys's words.

use handover_guest::json_types;

json_types! {
    /// The response of `POST /oauth/token`.
    pub struct Token {
        /// The access token, which is opaque.
        "access_token" => access_token: text,
        /// The validity in seconds.
        "expires_in" => expires_in: integer,
    }

    /// The body of an OAuth failure.
    pub struct OAuthError {
        /// The cause, such as `authentication failed` or `client not found`.
        "description" => description: text,
    }

    /// The body of a failure of the API.
    pub struct ErrorBody {
        /// The code, with dots: `bad.request`.
        "code" => code: text,
        /// A message that may repeat the content of the request.
        "message" => message: text,
    }

    /// One page of a listing.
    pub struct Page {
        /// The objects on the page.
        "entities" => entities: objects,
        /// The number of pages.
        "pageCount" => page_count: integer,
    }

    /// A reference to another object.
    pub struct Reference {
        /// The UUID.
        "id" => id: text,
    }
}
