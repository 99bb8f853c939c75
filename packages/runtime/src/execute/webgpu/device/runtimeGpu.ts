import { NoAdapterError } from "./errors.ts";

/**
 * The WebGPU that the runtime brings: Deno has one (wgpu), Node.js and Bun have none.
 * @throws NoAdapterError
 */
export function runtimeGpu(): GPU {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: GPU } };
  if (navigator?.gpu === undefined)
    throw new NoAdapterError(
      "the runtime's own WebGPU",
      "no navigator.gpu",
      "Run it under Deno, or use Dawn.",
    );
  return navigator.gpu;
}
