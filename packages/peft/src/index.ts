export type { LinearModule, ParameterDeclaration } from "@peftbench/models";
export { checkAdapterConfig } from "./adapterConfig.ts";
export {
  type LoadedAdapter,
  loadAdapter,
  type SaveAdapterOptions,
  saveAdapter,
} from "./adapterFiles.ts";
export { adapterValues } from "./adapterTensors.ts";
export { attachMethod, describeModel } from "./attach.ts";
export { bareModel } from "./bareModel.ts";
export { buildPromptGraph, buildTokenGraph, emptyCaches, type PromptShape } from "./decodingPrograms.ts";
export { MethodError, WeightsNeededError } from "./errors.ts";
export * from "./initialize.ts";
export {
  checkLoraConfig,
  type LoraDescription,
  type LoraSite,
  loraAdapter,
  loraNames,
  loraScale,
} from "./loraFormat.ts";
export { addScaled, joinColumns, multiply, takeColumns } from "./matrices.ts";
export { mergedParameters } from "./merge.ts";
export * from "./method.ts";
export { buildModelGraph, type DropoutContext, type ModelShape } from "./modelGraph.ts";
export { configuredShape, modelShape } from "./modelShape.ts";
export { pathFields } from "./pathFields.ts";
export * from "./programs.ts";
export { createSpectrumCache, type SpectrumCache } from "./spectra/cache.ts";
export { svdChecksum } from "./spectra/checksum.ts";
export { spectraOf } from "./spectra/spectra.ts";
export { patternValue, peftTargetModules, selectTargets, type TargetModules } from "./targets.ts";
export { attachThreeFactor, type ThreeFactorOptions } from "./threeFactor/attach.ts";
export type { FactorInitializers, ThreeFactorSite } from "./threeFactor/factors.ts";
export {
  attachFreezing,
  type FreezingConfig,
  freezingFields,
  type RankedModule,
} from "./threeFactor/freezing.ts";
export { loraToThreeFactor, threeFactorToLora } from "./threeFactor/loraFile.ts";
export {
  leftVectors,
  scaledRightVectors,
  uniformWithin,
} from "./threeFactor/spectralFactors.ts";
export {
  countParameters,
  type ParameterCounts,
  type TrainableTensor,
  trainableAt,
  trainableTensors,
} from "./trainable.ts";
export type { UpdateRules } from "./updateRules.ts";
