import { channel } from 'node:diagnostics_channel';
import type { Channels } from './telemetry.js';

/** The channels of Node's `diagnostics_channel`. */
export function open(): Channels {
  const state = channel('overcurrent:breaker:state');
  const refused = channel('overcurrent:refused');
  return {
    get heard() {
      return refused.hasSubscribers || state.hasSubscribers;
    },
    state(event) {
      if (state.hasSubscribers) state.publish(event);
    },
    refused(event) {
      if (refused.hasSubscribers) refused.publish(event);
    },
  };
}
