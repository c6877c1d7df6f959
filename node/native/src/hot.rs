//! Closures as JavaScript functions, for the hot path: no allocation a call, only the arguments that are asked for.
//!
//! `Env::create_function_from_closure` does the same and more, in half as much time again.

use napi::bindgen_prelude::{Env, FromNapiValue, Function};
use napi::{Result, check_status, sys};
use std::ffi::c_void;
use std::ptr;

/// The most arguments of a hot function.
const MOST: usize = 2;

/// The arguments of one call.
pub struct Arguments {
    env: sys::napi_env,
    values: [sys::napi_value; MOST],
}

impl Arguments {
    /// The argument at `at` as a whole number; what is none is 0.
    #[inline]
    pub fn u32(&self, at: usize) -> u32 {
        let mut number = 0;
        // SAFETY: a value of this call in its environment; what is no number leaves 0.
        unsafe { sys::napi_get_value_uint32(self.env, self.value(at), &mut number) };
        number
    }

    /// The argument at `at` as a number; what is none is 0.
    #[inline]
    pub fn f64(&self, at: usize) -> f64 {
        let mut number = 0.0;
        // SAFETY: as above.
        unsafe { sys::napi_get_value_double(self.env, self.value(at), &mut number) };
        number
    }

    #[inline]
    fn value(&self, at: usize) -> sys::napi_value {
        self.values.get(at).copied().unwrap_or(ptr::null_mut())
    }
}

/// What a hot function answers.
pub trait Answer {
    /// The answer as a value of JavaScript's.
    ///
    /// # Safety
    /// `env` is the environment of the call that is under way.
    unsafe fn value(self, env: sys::napi_env) -> sys::napi_value;
}

impl Answer for bool {
    #[inline]
    unsafe fn value(self, env: sys::napi_env) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: by the contract; a failure leaves `undefined`.
        unsafe { sys::napi_get_boolean(env, self, &mut value) };
        value
    }
}

impl Answer for i32 {
    #[inline]
    unsafe fn value(self, env: sys::napi_env) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: by the contract; a failure leaves `undefined`.
        unsafe { sys::napi_create_int32(env, self, &mut value) };
        value
    }
}

impl Answer for f64 {
    #[inline]
    unsafe fn value(self, env: sys::napi_env) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: by the contract; a failure leaves `undefined`.
        unsafe { sys::napi_create_double(env, self, &mut value) };
        value
    }
}

/// What Node calls.
unsafe extern "C" fn call<A: Answer, F: Fn(&Arguments) -> A>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut count = MOST;
    let mut values = [ptr::null_mut(); MOST];
    let mut closure = ptr::null_mut();
    // SAFETY: all places have room for what is asked for.
    unsafe { sys::napi_get_cb_info(env, info, &mut count, values.as_mut_ptr(), ptr::null_mut(), &mut closure) };
    // SAFETY: the closure that `function` gave away; it lives as long as the function that is being called.
    let closure = unsafe { &*closure.cast::<F>() };
    // SAFETY: the environment of this call.
    unsafe { closure(&Arguments { env, values }).value(env) }
}

/// Ends the closure of a function that is gone.
unsafe extern "C" fn end<F>(_: sys::napi_env, closure: *mut c_void, _: *mut c_void) {
    // SAFETY: the closure that `function` gave away, once.
    drop(unsafe { Box::from_raw(closure.cast::<F>()) });
}

/// `closure` as a function. It must not panic: nothing would catch it.
pub fn function<'env, A: Answer, F: Fn(&Arguments) -> A + 'static>(
    env: &'env Env,
    name: &str,
    closure: F,
) -> Result<Function<'env, (), ()>> {
    let closure = Box::into_raw(Box::new(closure)).cast::<c_void>();
    let mut value = ptr::null_mut();
    // SAFETY: the name is read before this returns; the closure is ended when the function is collected.
    unsafe {
        check_status!(sys::napi_create_function(
            env.raw(),
            name.as_ptr().cast(),
            name.len() as isize,
            Some(call::<A, F>),
            closure,
            &mut value,
        ))?;
        let ended =
            sys::napi_add_finalizer(env.raw(), value, closure, Some(end::<F>), ptr::null_mut(), ptr::null_mut());
        check_status!(ended)?;
        Function::from_napi_value(env.raw(), value)
    }
}
