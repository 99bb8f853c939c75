import type { DeviceProfile } from "../../../plan/deviceProfile.ts";

/** What the kernels and the memory plan depend on. A device gets the small defaults of what it does not ask for. */
const requestedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxUniformBufferBindingSize",
  "maxDynamicUniformBuffersPerPipelineLayout",
  "maxDynamicStorageBuffersPerPipelineLayout",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "minStorageBufferOffsetAlignment",
  "minUniformBufferOffsetAlignment",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Used where present, required nowhere. */
const usefulFeatures = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
] as const satisfies readonly GPUFeatureName[];

/** The adapter's own value of every limit that matters here. */
export function limitsToRequest(limits: GPUSupportedLimits): Record<string, number> {
  const known = requestedLimits.filter((name) => limits[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, limits[name]]));
}

export function featuresToRequest(features: ReadonlySet<string>): GPUFeatureName[] {
  return usefulFeatures.filter((name) => features.has(name));
}

/** The plan's view of an open device. */
export function profileOf(device: GPUDevice, name: string): DeviceProfile {
  const { minStorageBufferOffsetAlignment, maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const { maxStorageBuffersPerShaderStage } = device.limits;
  return {
    name,
    offsetAlignment: minStorageBufferOffsetAlignment,
    maxBindingBytes: maxStorageBufferBindingSize,
    // SwiftShader adds a few bytes of its own and then refuses a buffer of exactly the limit that it gives.
    maxBufferBytes: maxBufferSize - minStorageBufferOffsetAlignment,
    maxStorageBuffers: maxStorageBuffersPerShaderStage,
    supportsF16: device.features.has("shader-f16"),
  };
}
