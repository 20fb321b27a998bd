//! The state of one session of a bot: its turns, their answers, and the events for the platform. Pure: no I/O, no clock,
//! no randomness.
//!
//! ```text
//! turn of the user ──▶ asked ──▶ answered in time          ──▶ response
//!                        ╰─────▶ postponed, answered later ──▶ late answers ──▶ contact center
//!                        ╰─────▶ timed out                 ──▶ response with the operator's answer
//! ```
//!
//! A session is one record of the [store](crate::store), changed by compare-and-set. What a turn is answered with is
//! stored before the response is sent. Therefore a repeated request gets the same response, and of two answers, or of an
//! answer and the end of the time, only one counts.

mod event;
mod late_answers;
mod rules;
mod state;
mod tasks;
mod turn;

pub use self::event::{AskedTurn, RefusedAnswer, SessionEnd, SessionEvent, TurnNumber};
pub use self::rules::SessionRules;
pub use self::state::{NotAnswered, NotAsked, Session, SessionFull, Way};
pub use self::tasks::{SessionTask, TurnToAnswer};
pub use self::turn::{StoredTurn, TurnKey, TurnState};
