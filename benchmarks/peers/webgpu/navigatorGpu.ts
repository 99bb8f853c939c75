import { create, globals } from "webgpu";

/**
 * Gives this process the WebGPU that a browser has, by npm's Dawn with the settings of our own devices: peers are written
 * for `navigator.gpu`. Call it before the peer is imported. Returns what adapter they will find.
 */
export async function installNavigatorGpu(): Promise<{
  readonly device: string;
  readonly isSoftware: boolean;
}> {
  const gpu = create([
    "enable-dawn-features=allow_unsafe_apis",
    "disable-dawn-features=timestamp_quantization",
  ]);
  Object.assign(globalThis, globals);
  // The rest of what Node.js 21 and later have there, which jax-js reads.
  const userAgent = `Node.js/${process.versions.node}`;
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent }, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null)
    throw new Error("Dawn finds no adapter here. `pnpm bench doctor` says how to get one.");
  const { description, isFallbackAdapter } = adapter.info;
  return { device: description, isSoftware: isFallbackAdapter || /llvmpipe|swiftshader/i.test(description) };
}
