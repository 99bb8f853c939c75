import { describe, expect, it } from "vitest";
import { adapterKinds, findAdapters } from "./findAdapters.ts";
import { probeAdapter } from "./probe.ts";

const hasSwiftShader = process.platform === "linux" && process.arch === "x64";

describe("findAdapters", () => {
  it("says of each kind either what it is or why not, and what to do", async () => {
    const reports = await findAdapters();
    expect(reports.map(({ kind }) => kind)).toEqual(adapterKinds);
    for (const { kind, works, adapter, profile, speed, problem, remedy } of reports) {
      if (works) {
        expect(adapter?.isSoftware).toBe(kind !== "hardware");
        expect([profile, speed]).not.toContain(null);
        expect([problem, remedy]).toEqual([null, null]);
      } else {
        expect([adapter, profile, speed]).toEqual([null, null, null]);
        expect(problem).toMatch(/\S/);
        expect(remedy).toMatch(/\S/);
      }
    }
  });

  it.skipIf(!hasSwiftShader)("always finds npm's SwiftShader on Linux on x64", async () => {
    const swiftShader = (await findAdapters()).find(({ kind }) => kind === "swiftshader");
    expect(swiftShader).toMatchObject({ works: true, adapter: { architecture: "swiftshader" } });
  });
});

it.skipIf(process.platform !== "linux")("a probe tells of a driver that is not there", async () => {
  const result = await probeAdapter("any", { VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" });
  expect(result).toMatchObject({ works: false, problem: expect.stringContaining("found none") });
});
