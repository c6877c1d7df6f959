/** A module that the host compiles before anything runs: at the edge nobody may compile at run time. */
declare module '*.wasm?module' {
  const module: object;
  export default module;
}
