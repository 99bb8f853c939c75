/** npm's Dawn is a native addon of 20 MB: it is loaded only where somebody opens a device. */
export async function createDawn(robustness: boolean): Promise<GPU> {
  const { create } = await import("webgpu");
  const toggles = robustness ? "allow_unsafe_apis" : "allow_unsafe_apis,disable_robustness";
  return create([
    `enable-dawn-features=${toggles}`,
    // Dawn rounds timestamps to 65 536 ns otherwise, longer than many kernels run.
    "disable-dawn-features=timestamp_quantization",
  ]);
}
