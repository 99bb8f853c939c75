export * from "./architectures/architecture.ts";
export { ConfigError } from "./architectures/config.ts";
export { architectureOf, architectures } from "./architectures/index.ts";
