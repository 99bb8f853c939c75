/**
 * The numbers of the WebGPU standard for usages, map modes and shader stages. The standard puts them on the global
 * object; npm's Dawn does not unless told to, and not needing a global is simpler.
 */
export const bufferUsage = {
  mapRead: 0x1,
  mapWrite: 0x2,
  copySource: 0x4,
  copyDestination: 0x8,
  index: 0x10,
  vertex: 0x20,
  uniform: 0x40,
  storage: 0x80,
  indirect: 0x100,
  queryResolve: 0x200,
} as const;

export const mapMode = { read: 0x1, write: 0x2 } as const;

export const shaderStage = { compute: 0x4 } as const;
