//! Permits renewed at the start of each cycle of a fixed length: Resilience4j's limiter, in one word.

mod answer;
mod change;
mod config;
mod snapshot;
mod step;

pub use answer::CycleDenied;
pub use config::{CycleConfig, CyclePolicy, LimitChange};
pub use snapshot::CycleSnapshot;

use super::reservation::Reservation;
use super::scale::Scale;
use crate::decision::{Outcome, Refusal};
use crate::gate::Gate;
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Relaxed, const_new, fence, mutated, unless_mutated};
use crate::time::{At, Nanos};
use answer::Ask;
use step::Plan;

/// Admits `limit` permits in each cycle of `period`, and may promise those of later cycles to callers that wait.
///
/// Cycles begin at the multiples of the period on the caller's clock. Choose it for agreement with a quota that the other
/// side counts by calendar cycles, or to replace Resilience4j's limiter without a change of behaviour. It lets through up
/// to twice the limit around the edge of a cycle; a limiter without that edge is [`Gcra`](crate::Gcra).
///
/// Asking for 0 permits is granted and changes nothing. All methods are lock-free and may be called from any thread or
/// interrupt handler; [`set_limit`](Self::set_limit) and [`restore`](Self::restore) exclude each other by saying
/// [`Busy`](crate::Busy). A `now` older than another caller's admits less, never more. A refusal writes nothing, except
/// that with [`LimitChange::NextCycle`] it notes its cycle.
///
/// ```
/// use overcurrent::{limit::{CycleConfig, CycleLimiter}, Nanos};
/// const SECOND: Nanos = Nanos::SECOND;
/// let limiter = CycleLimiter::new(CycleConfig::new(2, SECOND).timeout(SECOND).build().unwrap());
/// assert!(limiter.try_acquire(2, Nanos::ZERO).is_ok());
/// let denied = limiter.try_acquire(1, Nanos::from_millis(400)).unwrap_err();
/// assert_eq!(denied.retry_after(), Some(Nanos::from_millis(600)));
/// // A permit of the next cycle, promised now:
/// let promise = limiter.reserve(1, Nanos::from_millis(400)).unwrap();
/// assert_eq!(promise.wait(), Nanos::from_millis(600));
/// assert_eq!(limiter.balance(SECOND), 1);
/// assert!(limiter.cancel(promise));
/// assert_eq!(limiter.balance(SECOND), 2);
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct CycleLimiter {
    /// Generation and permits taken.
    word: AtomicU64,
    limits: [AtomicU32; 2],
    origins: [AtomicU64; 2],
    /// Held while somebody writes a plan.
    changing: AtomicU32,
    timeout: AtomicU64,
    /// The cycle of the newest ask; kept for [`LimitChange::NextCycle`] only.
    last: AtomicU64,
    period: Nanos,
    /// Nanoseconds to cycles.
    scale: Scale,
    limit_change: LimitChange,
}

impl CycleLimiter {
    const_new! {
        /// A limiter with all permits of its first cycle.
        pub fn new(policy: CyclePolicy) -> Self {
            Self {
                word: AtomicU64::new(0),
                limits: [AtomicU32::new(policy.limit), AtomicU32::new(0)],
                origins: [AtomicU64::new(0), AtomicU64::new(0)],
                changing: AtomicU32::new(0),
                timeout: AtomicU64::new(policy.timeout.get()),
                last: AtomicU64::new(0),
                period: policy.period,
                scale: policy.scale,
                limit_change: policy.limit_change,
            }
        }
    }

    /// The plan that belongs to `word`. Until the word is seen again (or swapped) it may be a later one.
    #[inline]
    fn plan(&self, word: u64) -> Plan {
        let (limit, origin) = self.cells(word);
        // Relaxed: written before the word was published, and the word was loaded with Acquire.
        Plan { limit: limit.load(Relaxed), origin: origin.load(Relaxed) }
    }

    /// The cells of the plan that belongs to `word`.
    #[inline]
    const fn cells(&self, word: u64) -> (&AtomicU32, &AtomicU64) {
        let ([even, odd], [early, late]) = (&self.limits, &self.origins);
        if word & 1 << 62 == 0 { (even, early) } else { (odd, late) }
    }

    /// Word and plan of one instant.
    fn read(&self) -> (u64, Plan) {
        loop {
            let word = self.load();
            let plan = self.plan(word);
            if self.still(word) {
                return (word, plan);
            }
        }
    }

    #[inline]
    fn load(&self) -> u64 {
        // Acquire: the plan that this generation names was written before the word.
        self.word.load(unless_mutated(Acquire, "cycle_word_acquire"))
    }

    /// Whether the generation is still the one of `word`, hence the plan read after `word` its own.
    #[inline]
    fn still(&self, word: u64) -> bool {
        // Acquire fence: pairs with the Release fence before a plan is overwritten. Whoever has read a newer plan sees
        // here at least the generation during which it was written.
        if !mutated("cycle_validation_fence") {
            fence(Acquire);
        }
        step::generation(self.word.load(Relaxed)) == step::generation(word) || mutated("cycle_validation")
    }

    /// Notes the cycle of an ask, where a change of the limit will want to know it.
    #[inline]
    fn note(&self, cycle: u64) {
        if matches!(self.limit_change, LimitChange::NextCycle) {
            // Relaxed, and one attempt: a race orders a change of the limit before this ask instead of after it.
            let last = self.last.load(Relaxed);
            if last < cycle {
                let _ = self.last.compare_exchange(last, cycle, Relaxed, Relaxed);
            }
        }
    }

    /// Judges, and takes unless `only_look`.
    #[inline]
    fn ask(&self, n: u32, max_wait: Nanos, now: Nanos, only_look: bool) -> Result<Reservation, CycleDenied<'_>> {
        let cycle = self.scale.units(now.get());
        if !only_look {
            self.note(cycle);
        }
        loop {
            let word = self.load();
            let (mut taken, mut plan) = (step::taken(word), self.plan(word));
            if only_look {
                (taken, plan) = plan.near(taken, cycle);
            } else if plan.is_old(cycle) && self.move_origin(cycle).is_ok() {
                continue;
            }
            let wanted = plan.gone(taken, cycle).saturating_add(i64::from(n));
            let at_once = wanted <= plan.end(cycle);
            let granted = at_once
                || (max_wait > Nanos::ZERO && wanted <= plan.end(self.scale.units(now.saturating_add(max_wait).get())));
            if !granted || wanted > step::MOST {
                if self.still(word) {
                    return Err(CycleDenied { limiter: self, ask: Ask { plan, taken, n, max_wait, now } });
                }
                continue;
            }
            let ready_at = if at_once { now } else { self.start_of(plan.owner(wanted)) };
            let after = if n == 0 || only_look { word } else { step::with_taken(word, wanted) };
            if n == 0 || only_look {
                if self.still(word) {
                    return Ok(Reservation { before: word, after, ready_at, wait: ready_at.saturating_sub(now) });
                }
            } else if self.swap(word, after) {
                return Ok(Reservation { before: word, after, ready_at, wait: ready_at.saturating_sub(now) });
            }
        }
    }

    #[inline]
    fn swap(&self, word: u64, after: u64) -> bool {
        if mutated("cycle_blind_store") {
            self.word.store(after, Relaxed);
            return true;
        }
        // AcqRel: the next taker sees what was read here; a lost swap starts again from an Acquire load.
        self.word.compare_exchange(word, after, AcqRel, Relaxed).is_ok()
    }

    /// The instant at which `cycle` starts, within time.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn start_of(&self, cycle: i128) -> Nanos {
        // A cycle is below 2^65, a period at most 2^62.
        let start = cycle.wrapping_mul(i128::from(self.period.get()));
        Nanos::new(start.clamp(0, i128::from(u64::MAX)) as u64)
    }

    /// Takes `n` permits of the running cycle, or none: no waiting, whatever the timeout. 0 permits are there unless
    /// permits of later cycles are promised, as with every limiter.
    ///
    /// # Errors
    /// They are not there; says when to ask again.
    #[inline]
    pub fn try_acquire(&self, n: u32, now: Nanos) -> Result<(), CycleDenied<'_>> {
        self.ask(n, Nanos::ZERO, now, false).map(|_| ())
    }

    /// Takes `n` permits now and says how long to wait before using them: at most the timeout.
    ///
    /// # Errors
    /// The wait would be longer than the timeout; nothing was taken.
    pub fn reserve(&self, n: u32, now: Nanos) -> Result<Reservation, CycleDenied<'_>> {
        self.reserve_within(n, self.timeout(), now)
    }

    /// [`reserve`](Self::reserve) with a longest wait of its own.
    ///
    /// # Errors
    /// The wait would be longer than `max_wait`; nothing was taken.
    pub fn reserve_within(&self, n: u32, max_wait: Nanos, now: Nanos) -> Result<Reservation, CycleDenied<'_>> {
        self.ask(n, max_wait, now, false)
    }

    /// Takes a promise back, if nobody has asked successfully since: only the newest can leave the word without a trace.
    /// Otherwise its permits are forfeited, and this says `false`.
    #[allow(clippy::needless_pass_by_value, reason = "a promise is used up")]
    pub fn cancel(&self, reservation: Reservation) -> bool {
        let Reservation { before, after, .. } = reservation;
        // AcqRel: as for taking. No loop: any other word means that it is not the newest.
        self.word.compare_exchange(after, before, AcqRel, Relaxed).is_ok()
    }

    /// Takes every permit that is left in the running cycle and says how many that were. What is promised stays promised.
    pub fn drain(&self, now: Nanos) -> u64 {
        let cycle = self.scale.units(now.get());
        self.note(cycle);
        loop {
            let word = self.load();
            let (taken, plan) = (step::taken(word), self.plan(word));
            if plan.is_old(cycle) && self.move_origin(cycle).is_ok() {
                continue;
            }
            let (gone, end) = (plan.gone(taken, cycle), plan.end(cycle));
            if end <= gone || end > step::MOST {
                if self.still(word) {
                    return 0;
                }
            } else if self.swap(word, step::with_taken(word, end)) {
                return end.abs_diff(gone);
            }
        }
    }

    /// The cycle that `now` lies in: `now / period`.
    pub const fn cycle(&self, now: Nanos) -> u64 {
        self.scale.units(now.get())
    }

    /// What is left in the running cycle; negative when permits of later cycles are promised. May exceed the limit after
    /// a change of the limit with [`LimitChange::NextCycle`].
    pub fn balance(&self, now: Nanos) -> i64 {
        let (word, plan) = self.read();
        let cycle = self.cycle(now);
        let (taken, plan) = plan.near(step::taken(word), cycle);
        plan.balance(taken, cycle)
    }

    /// How many permits [`try_acquire`](Self::try_acquire) would give now.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    pub fn available(&self, now: Nanos) -> u32 {
        self.balance(now).clamp(0, i64::from(u32::MAX)) as u32
    }

    /// How long `n` permits would have to wait now, whatever the timeout; `None` if for longer than time lasts.
    pub fn wait(&self, n: u32, now: Nanos) -> Option<Nanos> {
        self.ask(n, Nanos::MAX, now, true).ok().map(|promise| promise.wait())
    }

    /// Permits in each cycle.
    pub fn limit(&self) -> u32 {
        self.read().1.limit
    }

    /// The length of a cycle.
    pub const fn period(&self) -> Nanos {
        self.period
    }

    /// The longest wait that [`reserve`](Self::reserve) promises permits for.
    pub fn timeout(&self) -> Nanos {
        Nanos::new(self.timeout.load(Relaxed))
    }
}

/// Admits what [`CycleLimiter::try_acquire`] admits. Permits are spent by the call, however it ends; only a cancelled
/// admission gives them back, while it is the newest.
impl Gate for CycleLimiter {
    type Permit = Reservation;

    fn judge(&self, cost: u32, at: At) -> Result<(), Refusal> {
        self.ask(cost, Nanos::ZERO, at.now, true).map(|_| ()).map_err(Refusal::from)
    }
    #[inline]
    fn enter(&self, cost: u32, at: At) -> Result<Reservation, Refusal> {
        self.ask(cost, Nanos::ZERO, at.now, false).map_err(Refusal::from)
    }
    fn leave(&self, _: Reservation, _: Outcome, _: At) {}
    fn cancel(&self, permit: Reservation) {
        CycleLimiter::cancel(self, permit);
    }
    fn leave_untimed(&self, _: Reservation, _: Outcome) -> Result<(), crate::NeedsTime> {
        Ok(())
    }
}
