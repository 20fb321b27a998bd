//! Why a queue does not accept something.

/// Requests in a queue at most.
pub const MAX_REQUESTS: usize = 256;
/// Bytes of all of them at most, as stored.
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

/// Why a queue does not accept something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The queue is full at the moment.
    #[error(transparent)]
    Full(#[from] Full),
    /// It will never fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}
