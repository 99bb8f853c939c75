export { gradients } from "./autodiff/gradients.ts";
export * from "./errors.ts";
export { type CpuExecutorOptions, createCpuExecutor } from "./execute/cpu/executor.ts";
export type { Executor, ParameterStore, Program, ProgramInputs, ProgramOutputs } from "./execute/executor.ts";
export { feedsOf, scalarOf } from "./execute/feeds.ts";
export {
  type KernelBenchmark,
  type KernelBenchmarkOptions,
  type KernelTiming,
  runKernelBenchmark,
} from "./execute/webgpu/benchmark/kernelBenchmark.ts";
export { type DispatchTiming, profileDispatches } from "./execute/webgpu/benchmark/profileDispatches.ts";
export type { AdapterDescription } from "./execute/webgpu/device/adapterDescription.ts";
export { cacheFolder } from "./execute/webgpu/device/adapters/cacheFolder.ts";
export {
  type AdapterKind,
  type AdapterReport,
  adapterKinds,
  findAdapters,
  findSoftwareAdapter,
  reportAdapter,
} from "./execute/webgpu/device/adapters/findAdapters.ts";
export {
  type SoftwareAdapterOptions,
  softwareAdapterEnvironment,
} from "./execute/webgpu/device/adapters/swiftShader.ts";
export type { DeviceHealth } from "./execute/webgpu/device/deviceHealth.ts";
export * from "./execute/webgpu/device/errors.ts";
export {
  type OpenDeviceOptions,
  openWebgpuDevice,
  type WebgpuDevice,
} from "./execute/webgpu/device/openDevice.ts";
export { patiently } from "./execute/webgpu/device/patiently.ts";
export {
  createWebgpuExecutor,
  kernelDeviceOf,
  type WebgpuExecutorOptions,
} from "./execute/webgpu/executor.ts";
export * from "./execute/webgpu/ledger/ledger.ts";
export { type ExecutorOverhead, planOverhead } from "./execute/webgpu/overhead.ts";
export { createFileCache, type FileCache } from "./fileCache.ts";
export { GraphBuilder, type ParameterOptions } from "./graph/builder.ts";
export * from "./graph/graph.ts";
export { decodeHalf, encodeHalf } from "./graph/half.ts";
export * from "./graph/spec.ts";
export { type FusedAttentionOptions, type MatmulOptions, Tensor } from "./graph/tensor.ts";
export type { AdamWAttributes } from "./ops/adamw.ts";
export * from "./optim/accumulation.ts";
export * from "./optim/adamw.ts";
export * from "./optim/optimizer.ts";
export { OPTIMIZER_INPUTS, OPTIMIZER_OUTPUTS } from "./optim/rule.ts";
export * from "./optim/schedule.ts";
export type { SgdOptions } from "./optim/sgd.ts";
export {
  roundFrozenWeightsToHalf,
  storeFrozenWeightsAsHalf,
  type WeightStorage,
  weightStorages,
} from "./passes/halfWeights.ts";
export { prepareForDevice } from "./passes/prepareForDevice.ts";
export { pruneGraph } from "./passes/prune.ts";
export { applySavePolicy, type SavePolicy, savePolicies } from "./passes/savePolicy.ts";
export { CannotSplitError } from "./passes/splitLarge/errors.ts";
export { type DeviceProfile, type DeviceProfileName, deviceProfiles } from "./plan/deviceProfile.ts";
export { assertFits, assertTensorsFit } from "./plan/limits.ts";
export * from "./plan/memoryPlan.ts";
export { type PlannedParameter, type ProgramsPlan, planPrograms } from "./plan/programs.ts";
export { validatePlan } from "./plan/validate.ts";
export { isProcessRunning } from "./processes.ts";
export { noiseKey } from "./random/counterHash.ts";
export { createRandom, type Random } from "./random/generator.ts";
