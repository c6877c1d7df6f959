//! What a thread gives back when it ends. Its objects would do so as well, but not every runtime finalizes them all.

use napi::Result;
use napi::bindgen_prelude::Env;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// Something of one thread that outlives it.
pub trait Ends {
    /// The thread has ended, or nobody in it can reach this any more. A second time changes nothing.
    fn end(&self);
}

thread_local! {
    static ALL: RefCell<Vec<Weak<dyn Ends>>> = const { RefCell::new(Vec::new()) };
}

/// Ends `it` with the thread of `env`.
pub fn with_thread(env: &Env, it: Weak<dyn Ends>) -> Result<()> {
    let first = ALL.with_borrow_mut(|all| {
        let first = all.capacity() == 0;
        if all.len() == all.capacity() {
            all.retain(|it| it.strong_count() != 0);
        }
        all.push(it);
        first
    });
    if first {
        env.add_env_cleanup_hook((), |()| {
            // Taken out first: to end one may do what makes others.
            let all = ALL.take();
            for it in all.iter().filter_map(Weak::upgrade) {
                it.end();
            }
        })?;
    }
    Ok(())
}

/// A weak reference that forgets what it is of.
pub fn weak<T: Ends + 'static>(it: &Rc<T>) -> Weak<dyn Ends> {
    let it: Weak<T> = Rc::downgrade(it);
    it
}
