import { ConfigError } from './errors.js';

/** Refuses options that do not exist: a misspelt one must not be a default in silence. */
export function known(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new ConfigError(what, options, 'an object');
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new ConfigError(`${what} option`, name, names.join(', '));
  }
}

/** A whole number that is not negative; its range is the engine's to judge. */
export function whole(field: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new ConfigError(field, value, 'a whole number, not negative');
  }
  return value as number;
}

/** A number from `min` to 1. */
export function fraction(field: string, value: unknown, min: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= 1)) {
    throw new ConfigError(field, value, `${min} to 1`);
  }
  return value;
}

/** The place of `value` in `names`. */
export function oneOf(field: string, value: unknown, names: readonly string[]): number {
  const place = names.indexOf(value as string);
  if (place < 0) throw new ConfigError(field, value, names.map((name) => `'${name}'`).join(', '));
  return place;
}

/** What every gate has: a name, the time, a place in this thread or in all of them. */
export function common<T extends { now(): number }>({ name, shared, clock }: Common<T>): void {
  if (name !== undefined && typeof name !== 'string') throw new ConfigError('name', name, 'a string');
  if (shared !== undefined && typeof shared !== 'boolean') throw new ConfigError('shared', shared, 'true, false');
  if (clock !== undefined && typeof clock?.now !== 'function') throw new ConfigError('clock', clock, 'with now()');
}

interface Common<T> {
  name?: string | undefined;
  shared?: boolean | undefined;
  clock?: T | undefined;
}

/** A function, where there is one. */
export function callable(field: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw new ConfigError(field, value, 'a function');
}

/** `read` of a value, NaN for one that was not given: what the engine takes for its default. */
export function orNaN<T>(value: T | undefined, read: (value: T) => number): number {
  return value === undefined ? NaN : read(value);
}
