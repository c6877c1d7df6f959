//! Gates around tower services (feature `tower`).

use crate::decision::Refusal;
use crate::gate::Gate;
use crate::host::call::Protected;
use crate::host::call_error::CallError;
use crate::host::classify::{Classify, ErrIsFailure};
use crate::host::clock::{Clock, MonotonicClock};
use crate::host::owned::OwnedGuard;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// A tower layer that asks a gate before each request and tells it how the response was.
///
/// `G` is a gate that clones share: an `Arc` of one, a `&'static` one, or a tuple of these. Rules for responses, clock and
/// weight are those of a [`Protected`].
///
/// The gate is asked in `call`, not in `poll_ready`: a service may be made ready and then dropped or never called, and a
/// permit taken there would be lost. So a full bulkhead refuses, as a load shedder does, and is not waited for; for that
/// there is [`Slots`](crate::Slots). A response future that is dropped gives its permit back; one that panics has failed.
///
/// ```
/// use overcurrent::{BreakerConfig, Bulkhead, CallError, CountBreaker, GateLayer, Protected, Window};
/// use std::{io, sync::Arc};
/// use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = CountBreaker::<7>::new(BreakerConfig::new(Window::calls(100)).build()?)?;
/// let gates = Arc::new((Bulkhead::new(8)?, breaker));
/// let mut service = ServiceBuilder::new()
///     .layer(GateLayer::new(Arc::clone(&gates)))
///     .service(service_fn(async |id: u32| Ok::<_, io::Error>(format!("reply {id}"))));
///
/// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let reply = service.ready().await?.call(7).await?;
/// assert_eq!(reply, "reply 7");
/// gates.1.force_open(overcurrent::Nanos::ZERO);
/// assert!(matches!(service.ready().await?.call(7).await, Err(CallError::Refused(_))));
/// # Ok::<_, CallError<io::Error>>(()) })?;
///
/// // By the status of a response, and with the server's own wait:
/// # struct Response { status: u16, retry_after: Option<overcurrent::Nanos> }
/// let _layer = GateLayer::from(
///     Protected::new(gates)
///         .failure_ok(|response: &Response| response.status >= 500)
///         .hold_for(|result: &Result<Response, io::Error>| result.as_ref().ok()?.retry_after),
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GateLayer<G, C = MonotonicClock, K = ErrIsFailure> {
    protected: Protected<G, C, K>,
}

impl<G: Gate> GateLayer<G> {
    /// Requests through `gate`, on the system's monotonic clock; an error is a failure.
    ///
    /// ```
    /// use overcurrent::{Bulkhead, GateLayer};
    /// static SLOTS: Bulkhead = match Bulkhead::new(8) { Ok(slots) => slots, Err(_) => panic!() };
    /// let _layer = GateLayer::new(&SLOTS);
    /// ```
    pub const fn new(gate: G) -> Self {
        Self { protected: Protected::new(gate) }
    }
}

/// With the clock, the weight and the rules of a [`Protected`].
impl<G, C, K> From<Protected<G, C, K>> for GateLayer<G, C, K> {
    fn from(protected: Protected<G, C, K>) -> Self {
        Self { protected }
    }
}

impl<S, G: Clone, C: Clone, K: Clone> Layer<S> for GateLayer<G, C, K> {
    type Service = GateService<S, G, C, K>;

    fn layer(&self, inner: S) -> Self::Service {
        GateService { inner, protected: self.protected.clone() }
    }
}

/// The service of a [`GateLayer`]. Its clones share the gate.
///
/// ```
/// use overcurrent::{Bulkhead, GateLayer, GateService};
/// use std::sync::Arc;
/// use tower::{Layer, service_fn};
/// let inner = service_fn(async |id: u32| Ok::<_, std::io::Error>(id));
/// let service: GateService<_, _> = GateLayer::new(Arc::new(Bulkhead::new(8).unwrap())).layer(inner);
/// assert_eq!(service.gate().in_flight(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GateService<S, G, C = MonotonicClock, K = ErrIsFailure> {
    inner: S,
    protected: Protected<G, C, K>,
}

impl<S, G: Gate, C: Clock, K> GateService<S, G, C, K> {
    /// The gate.
    ///
    /// ```
    /// # use overcurrent::{Bulkhead, GateLayer};
    /// # use tower::{Layer, service_fn};
    /// # static SLOTS: Bulkhead = match Bulkhead::new(8) { Ok(slots) => slots, Err(_) => panic!() };
    /// # let service = GateLayer::new(&SLOTS).layer(service_fn(async |id: u32| Ok::<_, std::io::Error>(id)));
    /// assert_eq!(service.gate().max(), 8);
    /// ```
    pub const fn gate(&self) -> &G {
        self.protected.gate()
    }
}

impl<S, R, G, C, K> Service<R> for GateService<S, G, C, K>
where
    S: Service<R>,
    G: Gate + Clone,
    C: Clock + Clone,
    K: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = CallError<S::Error>;
    type Future = GateFuture<S::Future, G, C, K>;

    /// Whether the inner service is ready; an error here is nobody's call, and no gate is told.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(CallError::Failed)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let classify = self.protected.classifier().clone();
        match self.protected.guard_owned() {
            Ok(guard) => {
                // The guard is a local while foreign code runs: a panic there drops it as it unwinds.
                let call = self.inner.call(request);
                GateFuture { call: Some(call), guard: Some(guard), refusal: None, classify }
            }
            Err(refusal) => GateFuture { call: None, guard: None, refusal: Some(refusal), classify },
        }
    }
}

pin_project_lite::pin_project! {
    /// The response of a [`GateService`].
    #[must_use = "a future does nothing unless it is polled"]
    pub struct GateFuture<F, G, C, K>
    where
        G: Gate,
        C: Clock,
    {
        #[pin]
        call: Option<F>,
        guard: Option<OwnedGuard<G, C>>,
        refusal: Option<Refusal>,
        classify: K,
    }
}

impl<F, T, E, G, C, K> Future for GateFuture<F, G, C, K>
where
    F: Future<Output = Result<T, E>>,
    G: Gate,
    C: Clock,
    K: Classify<T, E>,
{
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(refusal) = this.refusal.take() {
            return Poll::Ready(Err(CallError::Refused(refusal)));
        }
        // As in `call`: out of the future while foreign code runs, so that a panic is noticed as one.
        let (Some(call), Some(guard)) = (this.call.as_mut().as_pin_mut(), this.guard.take()) else {
            return Poll::Pending; // answered already
        };
        let Poll::Ready(result) = call.poll(cx) else {
            *this.guard = Some(guard);
            return Poll::Pending;
        };
        guard.report(this.classify, &result);
        this.call.set(None);
        Poll::Ready(result.map_err(CallError::Failed))
    }
}

impl<F, G: Gate, C: Clock, K> fmt::Debug for GateFuture<F, G, C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateFuture").finish_non_exhaustive()
    }
}
