// Nanoseconds of CPU time beside the floors and the peers, in one process, and which bars are met.  npm run bench [ROUNDS]

import { judge } from './bars.mjs';
import { floors } from './floors.mjs';
import { measure } from './harness.mjs';
import { ours } from './ours.mjs';
import * as peers from './peers.mjs';

delete process.env.OVERCURRENT_ENGINE;
const native = await import('../dist/index.mjs');
const wasm = await import('../dist/esm/web.js');
if (native.engine !== 'native') throw new Error('the addon is not there: npm run build, in the directory above');

const rounds = Number(process.argv[2] ?? 31);
floors();
ours(native, 'native');
ours(wasm, 'wasm');
for (const kind of Object.values(peers)) kind();

const times = await measure(rounds, (round) => process.stderr.write(`\rround ${round + 1} of ${rounds} `));
process.stderr.write('\r                    \r');

console.log(
  `ns of CPU time a call, median of ${rounds} interleaved rounds; node ${process.version}, ${process.arch}\n`,
);
for (const [name, ns] of times) console.log(`${name.padEnd(52)}${ns.toFixed(ns < 100 ? 1 : 0).padStart(9)}`);

console.log('\nbar'.padEnd(53), 'ratio   most');
const judged = judge(times);
for (const { what, peer, ratio, most, met } of judged) {
  console.log(`${what} / ${peer}`);
  console.log(
    `${''.padEnd(52)}${ratio.toFixed(2).padStart(6)}${most.toFixed(2).padStart(7)}  ${met ? 'met' : 'MISSED'}`,
  );
}
console.log(`\n${judged.filter(({ met }) => met).length} of ${judged.length} bars met`);
process.exit(); // the peers leave timers behind
