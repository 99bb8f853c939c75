import { configDefaults, defineConfig } from "vitest/config";
import { testAdapterEnvironment } from "./packages/runtime/src/execute/webgpu/device/adapters/testAdapter.ts";
import base from "./vitest.config.ts";

/** The tests that need a WebGPU adapter; on which one: see `testAdapterEnvironment`. */
export default defineConfig({
  test: {
    ...base.test,
    include: ["**/*.webgpu.test.ts"],
    exclude: configDefaults.exclude,
    // Workers are started with it: the system's loader reads where the driver is at the start of a process.
    env: await testAdapterEnvironment(),
  },
});
