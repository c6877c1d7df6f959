// Replays recorded behaviour against the public JavaScript API, on both engines.
//   node tests/conformance/run.mjs [--engine native|wasm] PATH...
//
// Folders are walked; `*_quirks*` files in them are passed over, as by the Rust runner. The package is the one installed
// beside this file or above it, else the one built in node/. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const HOUR = 3_600_000_000_000;
const STATES = ['closed', 'open', 'half-open', 'disabled', 'forced-open', 'metrics-only'];

/** Something other than recorded. */
class Differs extends Error {}

/** Milliseconds; exact, for every time in the traces. */
function ms(nanoseconds) {
  const milliseconds = nanoseconds / 1e6;
  if (Math.round(milliseconds * 1e6) !== nanoseconds) throw new Differs(`${nanoseconds} ns cannot be said in milliseconds`);
  return milliseconds;
}

const ns = (milliseconds) => Math.round(milliseconds * 1e6);

function expect(number, what, expected, got) {
  const [a, b] = [JSON.stringify(expected), JSON.stringify(got)];
  if (a !== b) throw new Differs(`op ${number}: ${what}: expected ${a}, got ${b}`);
}

function breaker(oc, { id, cfg, ops }) {
  const begin = HOUR + cfg.phase;
  const clock = oc.manualClock(ms(begin));
  const { size, half_open_calls: trials, min_calls: least, wait, half_open_max_wait: stay } = cfg;
  const gate = oc.breaker({
    name: id,
    window: cfg.window === 'count' ? { calls: size } : { time: size * 1_000, buckets: size },
    // The reference clamps a minimum to the window when it judges; we refuse such settings.
    minCalls: cfg.window === 'count' ? Math.min(least, size) : least,
    failureRate: cfg.fail_thr / 1e5,
    slowRate: cfg.slow_thr / 1e5,
    slowCall: ms(cfg.slow_dur),
    trialCalls: trials,
    trialMin: Math.min(least, trials),
    openFor: wait[0] === 'exp' ? { initial: wait[1], factor: wait[2] / 1e3, max: wait[3] } : wait[1],
    trialTimeout: stay ? { stay, then: ['closed', 'open'][cfg.half_open_max_wait_to] } : null,
    autoHalfOpen: cfg.auto === 1,
    state: STATES[cfg.init],
    clock,
  });
  let told = [];
  gate.on('refused', ({ reason }) => {
    // The reference counts refusals of a forced-open breaker and does not publish them.
    if (reason !== 'forced-open') told.push('N');
  });
  gate.on('tripped', ({ rule }) => told.push(rule === 'slow-rate' ? 'W' : 'F'));
  gate.on('state', ({ from, to }) => told.push(`T${STATES.indexOf(from)}${STATES.indexOf(to)}`));
  gate.on('reset', () => told.push('R'));
  ops.forEach((op, number) => {
    clock.set(ms(begin + op[0]));
    expect(number, 'r', op[4], touch(oc, gate, op, begin));
    const seen = gate.metrics();
    expect(number, 'state', STATES[op[5]], seen.state);
    const { calls, failed, slow, slowFailed, refused } = seen;
    expect(number, 'calls, failed, slow, slow_failed, not_permitted', op.slice(6, 11), [calls, failed, slow, slowFailed, refused]);
    const recorded = op[11].split(' ').filter((event) => event !== '' && !'SEI'.includes(event));
    expect(number, 'events', recorded, told);
    told = [];
  });
}

/** Does what the trace did; what it answered. */
function touch(oc, gate, op, begin) {
  try {
    return touched(gate, op, begin);
  } catch (error) {
    if (error instanceof oc.TransitionError) return -1;
    throw error;
  }
}

function touched(gate, [, name, a, b], begin) {
  const outcome = ['err', 'rbad', 'xbadf', 'xerrf', 'xerru'].includes(name) ? 'failure' : 'success';
  switch (name) {
    case 'acq':
      return gate.tryAcquire() === undefined ? 0 : 1; // never given back: traces report late
    case 'ok':
    case 'unr':
    case 'rok':
    case 'err':
    case 'rbad':
    case 'xbadf':
      gate.recordUntracked(outcome, ms(a));
      return 1;
    case 'ign':
    case 'rel':
      gate.releaseUntracked();
      return 1;
    case 'xokf':
    case 'xerrf':
      gate.recordUntracked(outcome, ms(a), { openFor: b });
      return 1;
    case 'xoku':
    case 'xerru':
      gate.recordUntracked(outcome, ms(a), { openUntil: ms(begin + b) });
      return 1;
    case 'tofor':
      gate.openFor(a);
      return 1;
    case 'tountil':
      gate.openUntil(ms(begin + a));
      return 1;
    case 'reset':
      gate.reset();
      return 1;
    case 'nop':
      gate.settle();
      return 1;
    default:
      gate[['close', 'open', 'halfOpen', 'disable', 'forceOpen', 'metricsOnly'][name.slice(2)]]();
      return 1;
  }
}

function limiter(oc, { cfg, ops }) {
  const clock = oc.manualClock();
  const { limit, period, timeout } = cfg;
  const gate = oc.cycleLimiter({ limit, period: ms(period), timeout: ms(timeout), limitChange: 'next-cycle', clock });
  ops.forEach(([t, name, argument, ...recorded], number) => {
    clock.set(ms(t));
    let [answer, blocked, event] = [1, 0, ''];
    switch (name) {
      case 'res':
      case 'acq': {
        let wait = -1;
        try {
          wait = ns(gate.reserve(argument).waitMs);
        } catch (error) {
          if (!(error instanceof oc.RateLimitedError)) throw error;
        }
        event = `${wait < 0 ? 'F' : 'S'}${argument}`;
        if (name === 'res') answer = wait;
        // Ours refuses at once; the reference holds a refused caller for the whole timeout.
        else [answer, blocked] = wait < 0 ? [0, ns(gate.timeoutMs)] : [1, wait];
        break;
      }
      case 'drain':
        gate.drain();
        event = 'D0';
        break;
      case 'lim':
        gate.reconfigure({ limit: argument });
        break;
      case 'tmo':
        gate.reconfigure({ timeout: ms(argument) });
        break;
      case 'nop':
        break;
      default:
        throw new Differs(`op ${number}: unknown op ${name}`);
    }
    const { balance, cycle, retryAfterMs } = gate.peek();
    const wait1 = retryAfterMs === undefined ? -1 : ns(retryAfterMs);
    expect(number, 'r, blocked, balance, cycle, wait1, event', recorded, [answer, blocked, balance, cycle, wait1, event]);
  });
}

function bulkhead(oc, { cfg, ops }) {
  const gate = oc.bulkhead({ max: cfg.max });
  const permits = [];
  ops.forEach(([name, argument, ...recorded], number) => {
    let [answer, event] = [1, ''];
    switch (name) {
      case 'acq': {
        const permit = gate.tryAcquire();
        if (permit) permits.push(permit);
        [answer, event] = permit ? [1, 'P'] : [0, 'R'];
        break;
      }
      case 'rel':
        permits.pop().release();
        break;
      case 'done':
        permits.pop().success();
        event = 'F';
        break;
      case 'max':
        gate.reconfigure({ max: argument });
        break;
      default:
        throw new Differs(`op ${number}: unknown op ${name}`);
    }
    expect(number, 'r, available, max, event', recorded, [answer, gate.available, gate.max, event]);
  });
}

const REPLAYS = { cb: breaker, rl: limiter, bh: bulkhead };

function files(paths) {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const inside = readdirSync(path, { recursive: true }).map(String).sort();
    return inside.filter((file) => /\.jsonl(\.gz)?$/.test(file) && !file.includes('_quirks')).map((file) => join(path, file));
  });
}

async function load() {
  try {
    return await import('overcurrent');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return import(new URL('../../node/dist/index.mjs', import.meta.url).href);
  }
}

/** Replays on the engine that this process has: passed and failed. */
async function replay(paths) {
  const oc = await load();
  const families = new Map();
  let operations = 0;
  for (const file of files(paths)) {
    const bytes = readFileSync(file);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const trace = JSON.parse(line);
      const play = REPLAYS[trace.kind];
      if (play === undefined) continue; // windows and tables of settings: the engine's own runner has them
      const counts = families.get(trace.family) ?? [0, 0];
      families.set(trace.family, counts);
      operations += trace.ops.length;
      try {
        play(oc, trace);
        counts[0] += 1;
      } catch (error) {
        counts[1] += 1;
        if (counts[1] <= 3) console.log(`${trace.family} ${trace.id}: ${error.name}: ${error.message}`);
      }
    }
  }
  let [passed, failed] = [0, 0];
  for (const [family, [good, bad]] of families) {
    console.log(`${family.padEnd(24)} ${String(good).padStart(5)} passed ${String(bad).padStart(5)} failed`);
    passed += good;
    failed += bad;
  }
  console.log(`${operations} operations on ${oc.engine}`);
  return [passed, failed];
}

const { argv, env } = process;
let paths = argv.slice(2);
if (paths[0] === '--engine') {
  const [, engine, ...rest] = paths;
  paths = rest;
  if (env.OVERCURRENT_ENGINE !== engine) {
    // The engine is chosen when the package is loaded: another process has another one.
    const { status } = spawnSync(argv[0], argv.slice(1), { env: { ...env, OVERCURRENT_ENGINE: engine }, stdio: 'inherit' });
    process.exit(status ?? 1);
  }
  const [passed, failed] = await replay(paths);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = passed && !failed ? 0 : 1;
} else {
  let [passed, failed] = [0, 0];
  for (const engine of ['native', 'wasm']) {
    const me = fileURLToPath(import.meta.url);
    const { stdout, status } = spawnSync(argv[0], [me, '--engine', engine, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = stdout.toString().trimEnd();
    const last = /(?:^|\n)(\d+) passed, (\d+) failed$/.exec(said);
    console.log(last ? said.slice(0, last.index) : said);
    passed += Number(last?.[1] ?? 0);
    failed += Number(last?.[2] ?? 1);
    if (status !== 0 && last?.[2] === '0') failed += 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = passed && !failed ? 0 : 1;
}
