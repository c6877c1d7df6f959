interface Watch {
  readonly listeners: Set<() => void>;
  readonly ring: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

function watch(signal: AbortSignal): Watch {
  const listeners = new Set<() => void>();
  const ring = () => {
    watches.delete(signal);
    for (const listener of listeners) listener();
  };
  signal.addEventListener('abort', ring, { once: true });
  const made = { listeners, ring };
  watches.set(signal, made);
  return made;
}

/**
 * Calls `listener` when `signal` is aborted; the function that is returned ends that. However many listen to one signal,
 * it has one listener of ours, since runtimes warn of more than ten, and none when nobody listens any more.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, ring } = watches.get(signal) ?? watch(signal);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && watches.get(signal)?.listeners === listeners) {
      watches.delete(signal);
      signal.removeEventListener('abort', ring);
    }
  };
}
