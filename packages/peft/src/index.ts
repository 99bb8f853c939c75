export type { LinearModule, ParameterDeclaration } from "@peftbench/models";
export { MethodError } from "./errors.ts";
export * from "./initialize.ts";
export * from "./method.ts";
export * from "./modelGraph.ts";
export * from "./programs.ts";
export { selectTargets, type TargetModules } from "./targets.ts";
export * from "./trainable.ts";
export * from "./updateRules.ts";
