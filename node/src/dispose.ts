/** `Symbol.dispose`, also where the runtime does not have it yet: what `using` looks for. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
/** `Symbol.asyncDispose`, likewise: what `await using` looks for. */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
