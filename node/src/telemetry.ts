/** What is told to whoever hooks in by name, beside the listeners of each gate. */
export interface Channels {
  /** Whether anybody does. */
  readonly heard: boolean;
  /** A breaker changed its state: `overcurrent:breaker:state`. */
  state(event: object): void;
  /** A gate refused a call: `overcurrent:refused`. */
  refused(event: object): void;
}

const silent: Channels = { heard: false, state() {}, refused() {} };

let open = (): Channels => silent;
let opened: Channels | undefined;

/** Says how to open the channels where the runtime has them; nothing is opened before the first gate is made. */
export function provide(how: () => Channels): void {
  open = how;
}

/** The channels of this copy of the package. */
export function channels(): Channels {
  return (opened ??= open());
}
