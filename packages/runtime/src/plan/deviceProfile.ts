/** What of a device decides a memory plan. Known without the device, so a plan can be made for any of them. */
export interface DeviceProfile {
  readonly name: string;
  /** Every binding starts at a multiple of this (`minStorageBufferOffsetAlignment`), a power of two. */
  readonly offsetAlignment: number;
  /** The largest range that one storage binding may show (`maxStorageBufferBindingSize`). */
  readonly maxBindingBytes: number;
  /** The largest buffer (`maxBufferSize`). */
  readonly maxBufferBytes: number;
  /** How many arrays one kernel may bind (`maxStorageBuffersPerShaderStage`). */
  readonly maxStorageBuffers: number;
  readonly supportsF16: boolean;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * Profiles of the software adapters that tests run on, and `generic`: a device of any size, otherwise as WebGPU's
 * defaults, for the question "how much would this take?". A present device's own limits make a better profile.
 */
export const deviceProfiles = {
  generic: {
    name: "generic",
    offsetAlignment: 256,
    maxBindingBytes: Number.MAX_SAFE_INTEGER,
    maxBufferBytes: Number.MAX_SAFE_INTEGER,
    maxStorageBuffers: 8,
    supportsF16: true,
  },
  swiftshader: {
    name: "swiftshader",
    offsetAlignment: 256,
    maxBindingBytes: GIB,
    maxBufferBytes: GIB,
    maxStorageBuffers: 12,
    supportsF16: false,
  },
  lavapipe: {
    name: "lavapipe",
    offsetAlignment: 16,
    maxBindingBytes: 128 * MIB,
    maxBufferBytes: 2 * GIB,
    maxStorageBuffers: 16,
    supportsF16: true,
  },
} as const satisfies Record<string, DeviceProfile>;

export type DeviceProfileName = keyof typeof deviceProfiles;

/** `bytes` rounded up to the next multiple of `alignment`. */
export function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
