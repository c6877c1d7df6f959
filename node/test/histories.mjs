// Where random histories come from: in CI the same ones every time, since a change is judged by them.

import fc from 'fast-check';

const { PROPTEST_RNG_SEED: seed } = process.env; // which the engine's own property tests read
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });

export { fc };
