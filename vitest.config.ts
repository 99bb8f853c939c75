import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // They need an adapter: vitest.webgpu.config.ts.
    exclude: [...configDefaults.exclude, "**/*.webgpu.test.ts"],
    // onnxruntime-node is a native addon: it must not be loaded into several threads of one process.
    pool: "forks",
    maxWorkers: 2,
    // A guard against a hang, not a limit on speed.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
