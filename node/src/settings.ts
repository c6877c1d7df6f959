import { ConfigError } from './errors.js';

/** Refuses options that do not exist: a misspelt one must not be a default in silence. */
export function known(what: string, options: object, names: readonly string[]): void {
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

/** `read` of a value, NaN for one that was not given: what the engine takes for its default. */
export function orNaN<T>(value: T | undefined, read: (value: T) => number): number {
  return value === undefined ? NaN : read(value);
}
