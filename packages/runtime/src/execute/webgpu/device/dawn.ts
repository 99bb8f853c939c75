/**
 * Dawn's instances, one for clamped and one for unclamped shaders, held until the process ends. Dawn calls its
 * instance from a timer as long as anything is under way, yet only the JavaScript object keeps the instance alive:
 * were that collected, the next call would lock a freed mutex ("Invalid argument"), crash or hang. Seen with
 * npm's webgpu 0.6.2 under Node, Deno and Bun. Holding them does not keep the process from ending.
 */
const instances = new Map<boolean, Promise<GPU>>();

/** The WebGPU of npm's Dawn: a native addon of 20 MB, loaded only where somebody opens a device. */
export function dawnInstance(robustness: boolean): Promise<GPU> {
  const instance = instances.get(robustness) ?? createInstance(robustness);
  instances.set(robustness, instance);
  return instance;
}

async function createInstance(robustness: boolean): Promise<GPU> {
  const { create } = await import("webgpu");
  const toggles = robustness ? "allow_unsafe_apis" : "allow_unsafe_apis,disable_robustness";
  return create([
    `enable-dawn-features=${toggles}`,
    // Dawn rounds timestamps to 65 536 ns otherwise, longer than many kernels run.
    "disable-dawn-features=timestamp_quantization",
  ]);
}
