//! Why a queue does not accept an item.

/// The maximum number of requests in a queue.
pub const MAX_REQUESTS: usize = 256;
/// The maximum stored size of all requests in a queue, in bytes.
pub const MAX_BYTES: usize = 320 << 10;

/// The queue is full. Trying again later may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue of this recipient is full; try again later")]
pub struct Full;

/// The message exceeds the capacity of an empty queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the message exceeds the queue of a recipient: {MAX_REQUESTS} requests to the contact center, or {MAX_BYTES} bytes"
)]
pub struct TooLarge;

/// Why a queue does not accept an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The queue is full now.
    #[error(transparent)]
    Full(#[from] Full),
    /// It exceeds the capacity of an empty queue.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}
