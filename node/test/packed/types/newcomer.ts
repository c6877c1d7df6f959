// What somebody writes who has just installed it: what is inferred, and what is refused.

import {
  type BulkheadOptions,
  breaker,
  bulkhead,
  type Call,
  type CircuitBreaker,
  type Clock,
  type Duration,
  fallback,
  limiter,
  type Pipeline,
  type Policy,
  pipe,
  registry,
  retry,
  timeout,
} from 'overcurrent';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function exactly<A, B>(_: Equal<A, B>): void {}

interface User {
  readonly id: number;
}
declare function load(id: number, fields?: readonly string[]): Promise<User>;

export async function instead(): Promise<void> {
  // What a fallback may answer is part of what a call may answer.
  const orNull = pipe(
    fallback(() => null),
    retry(),
    breaker(),
  );
  exactly<typeof orNull, Pipeline<null>>(true);
  const user = await orNull.call(() => load(1));
  exactly<typeof user, User | null>(true);
  // @ts-expect-error: it may be null
  void user.id;
  exactly<ReturnType<ReturnType<typeof orNull.wrap<unknown, [], User>>>, Promise<User | null>>(true);
  const either = pipe(
    fallback(async () => 'text' as const),
    pipe(
      fallback(() => 7 as const),
      timeout('1s'),
    ),
  );
  const answer = await either.call(() => load(1));
  exactly<typeof answer, User | 'text' | 7>(true);
  const tried = await orNull.tryCall(() => load(1));
  if (tried.ok) exactly<typeof tried.value, User | null>(true);
  const alone = await fallback(() => undefined).call(() => load(1));
  exactly<typeof alone, User | undefined>(true);

  const sure = pipe(retry(), timeout('1s'), limiter({ rate: 1 }), bulkhead({ max: 1 }));
  exactly<typeof sure, Pipeline<never>>(true);
  exactly<Awaited<ReturnType<typeof sure.call<User>>>, User>(true);
}

export async function wrapping(db: CircuitBreaker): Promise<void> {
  // Optional and rest arguments, and generics, stay what they are.
  exactly<Parameters<ReturnType<typeof db.wrap<unknown, Parameters<typeof load>, User>>>, Parameters<typeof load>>(
    true,
  );
  const rest = db.wrap((first: string, ...others: number[]) => [first, others] as const);
  exactly<Parameters<typeof rest>, [first: string, ...others: number[]]>(true);
  const same = db.wrap(<T>(value: T) => value);
  const seven = await same(7 as const);
  exactly<typeof seven, 7>(true);
  const list = db.wrap(async <T>(value: T): Promise<T[]> => [value]);
  const users = await list<User>({ id: 1 });
  exactly<typeof users, User[]>(true);

  class Service {
    readonly prefix = 'user';
    readonly get = db.wrap(async function (this: Service, id: number) {
      return this.prefix + id;
    });
  }
  const name = await new Service().get(1);
  exactly<typeof name, string>(true);
  const { get } = new Service();
  // @ts-expect-error: without its object it has no `this`
  void get(1);
}

export async function handedOn(
  policy: Policy,
  options: BulkheadOptions,
  given: AbortSignal | undefined,
): Promise<void> {
  // Every gate is a policy, with or without something to answer instead; settings and signals may be undefined.
  const all: Policy<unknown>[] = [breaker(), limiter({ rate: 1 }), fallback(() => 1), pipe(policy)];
  void all;
  const call: Call<User> = ({ signal, attempt }) => load(attempt, [String(signal.aborted)]);
  exactly<Awaited<ReturnType<typeof policy.call<User>>>, User>(true);
  await policy.call(call, { signal: given });
  bulkhead({ ...options, queue: undefined });
  const wait: Duration = '1.5s';
  const clock: Clock = { now: () => performance.now() };
  breaker({ openFor: wait, clock, isFailureResult: (response: Response) => response.status >= 500 });
  const gates = registry({ breaker: { openFor: wait } });
  exactly<ReturnType<typeof gates.breaker>, CircuitBreaker>(true);
  for (const metrics of gates.metrics()) if (metrics.kind === 'bulkhead') void metrics.waiting;
}
