import { ConfigError } from './errors.js';

/** A length of time: a number of milliseconds, or a number with its unit. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`;

/** A unit of time by itself, or a duration: what a rate is counted per. */
export type Per = 'ms' | 's' | 'm' | 'h' | 'd' | Duration;

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The milliseconds of `value`; what is no length of time is refused in the name of `field`. */
export function duration(field: string, value: unknown): number {
  const ms = typeof value === 'string' ? parse(value) : value;
  if (typeof ms !== 'number' || !(ms >= 0)) {
    throw new ConfigError(field, value, `a length of time: milliseconds, or a number with ms, s, m or h ('30s')`);
  }
  return ms;
}

/** The same, where nothing said is `usual`. */
export function durationOr(field: string, value: unknown, usual: number): number {
  return value === undefined ? usual : duration(field, value);
}

/** The milliseconds of what a rate is counted per: a unit, or a length of time. */
export function period(field: string, value: unknown): number {
  const unit = typeof value === 'string' ? UNITS[value] : undefined;
  return unit ?? duration(field, value);
}

function parse(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit ?? ''] ?? NaN);
}
