//! What a worker needs of a connection and of its records.

use crate::address::Address;
use crate::mailbox::Channel;
use crate::repository::{Repository, StoredState};
use handover_host::contract::Timestamp;

/// A record whose channels workers lease.
pub trait Leasable: StoredState {
    /// A task of a worker.
    type Task: Send;

    /// Leases a channel to a worker and returns its next task. Returns `None`, and releases the channel, if there is no
    /// task now or another worker holds the lease.
    fn lease(&mut self, channel: Channel, by: &str, now: Timestamp, rules: &Self::Rules) -> Option<Self::Task>;

    /// Releases the lease of a worker.
    fn release(&mut self, channel: Channel, by: &str);
}

/// A connection whose records a worker works on. Cheap to clone.
pub trait Service: Clone + Send + Sync + 'static {
    /// The state in a record.
    type State: Leasable;
    /// The outcome of a task. Recording it several times has no further effect.
    type Outcome: Send + Sync;

    /// Returns the name of the connection.
    fn name(&self) -> &str;

    /// Returns the repository of its records.
    fn records(&self) -> &Repository<Self::State>;

    /// Returns the operator's rules.
    fn rules(&self) -> &<Self::State as StoredState>::Rules;

    /// Returns whether events also go to a callback.
    fn has_callback(&self) -> bool;

    /// Counts more, or fewer, quarantined records.
    fn quarantined(&self, more: i64);

    /// Reports the number of records with queued work of a connection that this gateway does not serve.
    fn report_unserved(&self, connection: String, records: i64);

    /// Performs a task. Returns `None` if there is nothing to record. An interrupted task is not lost: the lease in the
    /// record shows that it was started.
    fn perform(
        &self,
        address: &Address,
        task: <Self::State as Leasable>::Task,
    ) -> impl Future<Output = Option<Self::Outcome>> + Send;

    /// Records an outcome.
    fn record(&self, outcome: &Self::Outcome, state: &mut Self::State, now: Timestamp);

    /// Counts an outcome, once it is stored.
    fn count(&self, outcome: &Self::Outcome);
}
