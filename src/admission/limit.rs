//! How much a caller may ask for: buckets that refill by the injected clock, and a room with a bounded queue for each
//! role.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::role::Role;
use super::settings::{ConnectionLimits, LimitConfig, LimitError, RoleLimits};
use crate::domain::Timestamp;

/// Callers that are counted at once; beyond them those whose buckets are full again are let go of.
const CALLERS_MAX: usize = 20_000;

/// Seconds after which whoever found no room may try again.
const BUSY_RETRY_SECONDS: u32 = 1;

/// Whose bucket: a hash, so that no address and no key is kept.
pub(super) type CallerId = [u8; 32];

/// Why a call was turned away, with the seconds after which it may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// The caller made too many calls.
    Calls(u32),
    /// The caller asked for too many candidates, or told of too many events.
    Cost(u32),
    /// Too many calls of the role are under way and waiting.
    Busy(u32),
}

/// The limits of all roles, and how far they are used up.
pub struct Limits {
    roles: Vec<Room>,
    buckets: Mutex<HashMap<CallerId, Buckets>>,
    connections: ConnectionLimits,
}

struct Room {
    role: Role,
    limits: RoleLimits,
    places: Arc<Semaphore>,
    waiting: AtomicU32,
}

/// Both in millionths of a call, candidate or event.
#[derive(Clone, Copy)]
struct Buckets {
    role: Role,
    calls: i64,
    cost: i64,
    at: Timestamp,
}

const UNIT: i64 = 1_000_000;

impl Limits {
    /// The limits of a file.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn of(config: &LimitConfig) -> Result<Self, LimitError> {
        let room = |role| {
            let limits = config.of(role)?;
            let places = Arc::new(Semaphore::new(limits.calls_at_once as usize));
            Ok(Room { role, limits, places, waiting: AtomicU32::new(0) })
        };
        let roles = Role::ALL.into_iter().map(room).collect::<Result<Vec<_>, LimitError>>()?;
        Ok(Self { roles, buckets: Mutex::default(), connections: config.connections()? })
    }

    /// The limits of each listener.
    #[must_use]
    pub fn connections(&self) -> ConnectionLimits {
        self.connections
    }

    /// The limits of a role.
    #[must_use]
    pub fn role(&self, role: Role) -> &RoleLimits {
        &self.room(role).limits
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When the caller made too many.
    pub(super) fn call(&self, caller: CallerId, role: Role, now: Timestamp) -> Result<(), Shed> {
        self.take(caller, role, now, |buckets, limits| {
            pay(&mut buckets.calls, 1, limits.calls_per_second, limits.calls_burst).map_err(Shed::Calls)
        })
    }

    /// Counts candidates or events. More than the bucket ever holds cost all of it.
    ///
    /// # Errors
    /// When the caller asked for too many.
    pub(super) fn cost(&self, caller: CallerId, role: Role, cost: u32, now: Timestamp) -> Result<(), Shed> {
        self.take(caller, role, now, |buckets, limits| {
            let cost = cost.min(limits.cost_burst);
            pay(&mut buckets.cost, cost, limits.cost_per_second, limits.cost_burst).map_err(Shed::Cost)
        })
    }

    /// A place among the calls of a role that are under way, when there is one.
    ///
    /// # Errors
    /// When too many wait already.
    pub(super) async fn place(&self, role: Role) -> Result<OwnedSemaphorePermit, Shed> {
        let room = self.room(role);
        if let Ok(place) = room.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = Waiting::of(room).ok_or(Shed::Busy(BUSY_RETRY_SECONDS))?;
        let place = room.places.clone().acquire_owned().await;
        // It is never closed.
        place.map_err(|_| Shed::Busy(BUSY_RETRY_SECONDS))
    }

    fn room(&self, role: Role) -> &Room {
        let of_role = self.roles.iter().find(|room| room.role == role);
        of_role.unwrap_or(&self.roles[0])
    }

    fn take<T>(
        &self,
        caller: CallerId,
        role: Role,
        now: Timestamp,
        taking: impl FnOnce(&mut Buckets, &RoleLimits) -> Result<T, Shed>,
    ) -> Result<T, Shed> {
        let limits = self.role(role);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX && !buckets.contains_key(&caller) {
            buckets.retain(|_, buckets| {
                buckets.refill(self.role(buckets.role), now);
                !buckets.is_full(self.role(buckets.role))
            });
            if buckets.len() >= CALLERS_MAX {
                return Err(Shed::Busy(BUSY_RETRY_SECONDS));
            }
        }
        let buckets = buckets.entry(caller).or_insert_with(|| Buckets::full(role, limits, now));
        buckets.refill(limits, now);
        taking(buckets, limits)
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.roles.iter().map(|room| (room.role, room.limits))).finish()
    }
}

impl Buckets {
    fn full(role: Role, limits: &RoleLimits, at: Timestamp) -> Self {
        let of = |burst: u32| i64::from(burst) * UNIT;
        Self { role, calls: of(limits.calls_burst), cost: of(limits.cost_burst), at }
    }

    /// A rate of one a second is a millionth a microsecond. A clock that is set back refills nothing.
    fn refill(&mut self, limits: &RoleLimits, now: Timestamp) {
        let passed = now.micros().saturating_sub(self.at.micros()).max(0);
        let filled = |left: i64, rate: u32, burst: u32| {
            left.saturating_add(passed.saturating_mul(i64::from(rate))).min(i64::from(burst) * UNIT)
        };
        self.calls = filled(self.calls, limits.calls_per_second, limits.calls_burst);
        self.cost = filled(self.cost, limits.cost_per_second, limits.cost_burst);
        self.at = now;
    }

    fn is_full(&self, limits: &RoleLimits) -> bool {
        let full = |left: i64, burst: u32| left == i64::from(burst) * UNIT;
        full(self.calls, limits.calls_burst) && full(self.cost, limits.cost_burst)
    }
}

/// Takes `amount` out of a bucket, or tells in how many seconds there is as much.
fn pay(left: &mut i64, amount: u32, rate: u32, burst: u32) -> Result<(), u32> {
    let amount = i64::from(amount.min(burst)) * UNIT;
    if *left >= amount {
        *left -= amount;
        return Ok(());
    }
    let per_second = i64::from(rate.max(1)) * UNIT;
    let seconds = (amount - *left).saturating_add(per_second - 1) / per_second;
    Err(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// One that waits, until it is dropped.
struct Waiting<'r>(&'r AtomicU32);

impl<'r> Waiting<'r> {
    /// None when the queue is full.
    fn of(room: &'r Room) -> Option<Self> {
        let most = room.limits.calls_waiting;
        let joined = room.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
            (waiting < most).then_some(waiting + 1)
        });
        joined.is_ok().then_some(Self(&room.waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits(text: &str) -> Limits {
        Limits::of(&LimitConfig::parse(text).unwrap()).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let limits = limits("[analyst]\ncalls_per_second = 2\ncalls_burst = 3");
        let call = |caller: u8, now| limits.call([caller; 32], Role::Analyst, now);
        for _ in 0..3 {
            call(1, at(0)).unwrap();
        }
        assert_eq!(call(1, at(0)), Err(Shed::Calls(1)));
        assert_eq!(call(1, at(499)), Err(Shed::Calls(1)));
        call(1, at(500)).unwrap();
        assert_eq!(call(1, at(500)), Err(Shed::Calls(1)));
        call(2, at(500)).unwrap();
    }

    #[test]
    fn candidates_and_events_are_counted_beside_calls() {
        let limits = limits("[ad_server]\ncost_per_second = 10\ncost_burst = 100");
        let cost = |cost, now| limits.cost([1; 32], Role::AdServer, cost, now);
        cost(60, at(0)).unwrap();
        assert_eq!(cost(60, at(0)), Err(Shed::Cost(2)));
        cost(60, at(2_000)).unwrap();
        assert_eq!(
            cost(1_000, at(2_000)),
            Err(Shed::Cost(10)),
            "what is larger than the bucket takes all of it"
        );
        cost(1_000, at(12_000)).unwrap();
    }

    #[test]
    fn a_clock_that_is_set_back_refills_nothing_and_breaks_nothing() {
        let limits = limits("[analyst]\ncalls_per_second = 1\ncalls_burst = 1");
        limits.call([1; 32], Role::Analyst, at(10_000)).unwrap();
        assert_eq!(limits.call([1; 32], Role::Analyst, at(0)), Err(Shed::Calls(1)));
        limits.call([1; 32], Role::Analyst, at(1_000)).unwrap();
    }

    #[test]
    fn callers_without_number_do_not_fill_the_memory() {
        let limits = limits("[subject]\ncalls_per_second = 1\ncalls_burst = 2");
        for n in 0..CALLERS_MAX {
            let id = *blake3::hash(&n.to_le_bytes()).as_bytes();
            limits.call(id, Role::Subject, at(0)).unwrap();
        }
        assert_eq!(limits.call([7; 32], Role::Subject, at(0)), Err(Shed::Busy(1)));
        limits.call([7; 32], Role::Subject, at(1_000)).unwrap();
        assert_eq!(limits.buckets.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_room_takes_so_many_lets_as_many_wait_and_turns_the_next_away() {
        let limits = Arc::new(limits("[admin]\ncalls_at_once = 1\ncalls_waiting = 1"));
        let inside = limits.place(Role::Admin).await.unwrap();
        let waits = tokio::spawn({
            let limits = limits.clone();
            async move { limits.place(Role::Admin).await.map(drop) }
        });
        while limits.room(Role::Admin).waiting.load(Ordering::Acquire) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(limits.place(Role::Admin).await.unwrap_err(), Shed::Busy(1));
        drop(limits.place(Role::Auditor).await.unwrap());
        drop(inside);
        waits.await.unwrap().unwrap();
        drop(limits.place(Role::Admin).await.unwrap());
    }

    proptest! {
        #[test]
        fn no_order_of_calls_gets_more_than_burst_and_rate(steps in prop::collection::vec(0_i64..400, 1..200)) {
            let limits = limits("[analyst]\ncalls_per_second = 5\ncalls_burst = 7");
            let (mut now, mut taken) = (0, 0_i64);
            for step in steps {
                now += step;
                taken += i64::from(limits.call([1; 32], Role::Analyst, at(now)).is_ok());
                prop_assert!(taken <= 7 + now * 5 / 1_000);
            }
        }
    }
}
