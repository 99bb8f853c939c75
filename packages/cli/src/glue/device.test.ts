import type { AdapterReport } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { UsageError } from "../options/usageError.ts";
import type { AdapterSearch } from "./device.ts";
import { chooseDevice, deviceOption, findProbeAdapter } from "./device.ts";

function report(kind: AdapterReport["kind"], works: boolean): AdapterReport {
  return {
    kind,
    works,
    adapter: null,
    profile: null,
    speed: works ? "slow" : null,
    environment: { DRIVER: kind },
    problem: works ? null : "No driver is installed.",
    remedy: works ? null : "Install one.",
  };
}

function search(hardware: boolean, software: boolean): AdapterSearch {
  return {
    hardware: async () => report("hardware", hardware),
    software: async () => (software ? report("lavapipe", true) : null),
  };
}

const silent = (): void => {};

describe("--device", () => {
  it("auto takes the GPU where there is one, else the CPU, and says so", async () => {
    const lines: string[] = [];
    const say = (line: string): void => {
      lines.push(line);
    };
    expect(await chooseDevice("auto", say, search(true, true))).toEqual({
      executor: "webgpu",
      adapter: "hardware",
      environment: { DRIVER: "hardware" },
    });
    expect(await chooseDevice("auto", say, search(false, true))).toMatchObject({
      executor: "cpu",
      adapter: null,
    });
    expect(lines).toEqual([expect.stringContaining("webgpu"), expect.stringContaining("cpu")]);
  });

  it("webgpu takes a software adapter where there is no GPU, in an environment of its own", async () => {
    expect(await chooseDevice("webgpu", silent, search(false, true))).toEqual({
      executor: "webgpu",
      adapter: "software",
      environment: { DRIVER: "lavapipe" },
    });
  });

  it("webgpu without any adapter is a wrong call that says what to install", async () => {
    await expect(chooseDevice("webgpu", silent, search(false, false))).rejects.toThrow(UsageError);
    await expect(chooseDevice("webgpu", silent, search(false, false))).rejects.toThrow(
      /No driver is installed\. Install one\. Or use --device cpu/,
    );
  });

  it("cpu looks for nothing", async () => {
    const never: AdapterSearch = {
      hardware: () => Promise.reject(new Error("looked")),
      software: () => Promise.reject(new Error("looked")),
    };
    expect((await chooseDevice("cpu", silent, never)).executor).toBe("cpu");
  });

  it("refuses other words", () => {
    expect(() => deviceOption("gpu")).toThrow(/"gpu".*Allowed: auto, cpu, webgpu/);
    expect(deviceOption(undefined)).toBe("auto");
  });
});

describe("the adapter for probes", () => {
  it("is the GPU, else software, else none", async () => {
    expect((await findProbeAdapter(search(true, true)))?.kind).toBe("hardware");
    expect((await findProbeAdapter(search(false, true)))?.kind).toBe("lavapipe");
    expect(await findProbeAdapter(search(false, false))).toBeNull();
  });
});
