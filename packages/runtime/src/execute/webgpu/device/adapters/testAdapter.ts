import process from "node:process";
import { findLavapipe } from "./lavapipe.ts";
import { SwiftShaderUnavailableError, softwareAdapterEnvironment } from "./swiftShader.ts";

/**
 * The environment for processes that run tests on WebGPU. `PEFTBENCH_TEST_ADAPTER` chooses the adapter: `swiftshader`
 * (the default: the same everywhere, and quick to compile), `lavapipe`, or `system` for what the system puts first.
 * Where npm's SwiftShader does not run, the default is `system`.
 * @throws Error if the adapter that was asked for is not there
 */
export async function testAdapterEnvironment(): Promise<Record<string, string>> {
  const choice = process.env.PEFTBENCH_TEST_ADAPTER ?? "swiftshader";
  if (choice === "system") return {};
  if (choice === "lavapipe") {
    const icdPath = await findLavapipe();
    if (icdPath === null)
      throw new Error("PEFTBENCH_TEST_ADAPTER is lavapipe, but Mesa's lavapipe is not installed.");
    return { VK_DRIVER_FILES: icdPath, VK_ICD_FILENAMES: icdPath };
  }
  if (choice !== "swiftshader")
    throw new Error(`PEFTBENCH_TEST_ADAPTER is "${choice}"; it can be swiftshader, lavapipe or system.`);
  try {
    return await softwareAdapterEnvironment();
  } catch (error) {
    const mayUseSystem = process.env.PEFTBENCH_TEST_ADAPTER === undefined;
    if (mayUseSystem && error instanceof SwiftShaderUnavailableError) return {};
    throw error;
  }
}
