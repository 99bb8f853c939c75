import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileKernel } from "./compileShader.ts";
import { bufferUsage } from "./constants.ts";
import { captureErrors } from "./errorScopes.ts";
import {
  DeviceLostError,
  GpuOutOfMemoryError,
  GpuValidationError,
  NoAdapterError,
  ShaderCompileError,
} from "./errors.ts";
import type { WebgpuDevice } from "./openDevice.ts";
import { openWebgpuDevice } from "./openDevice.ts";
import { checkDevice } from "./selfCheck.ts";

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it succeeded",
    (error: unknown) => error,
  );
}

describe("an open device", () => {
  let opened: WebgpuDevice;
  beforeEach(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
  });
  afterEach(() => opened.dispose());

  it("computes, with every index clamped and without", async () => {
    await checkDevice(opened);
    const unclamped = await openWebgpuDevice({ adapter: "any", robustness: false });
    await checkDevice(unclamped);
    expect(unclamped.adapter.robustness).toBe(false);
    await unclamped.dispose();
  });

  it("has more than the default limits where the adapter has, and a profile of them", () => {
    const { device, profile } = opened;
    expect(profile).toMatchObject({
      offsetAlignment: device.limits.minStorageBufferOffsetAlignment,
      maxBindingBytes: device.limits.maxStorageBufferBindingSize,
      supportsF16: device.features.has("shader-f16"),
    });
    expect(device.limits.maxBufferSize).toBeGreaterThan(256 * 2 ** 20);
  });

  it("gives a buffer as large as its profile says", async () => {
    const { device, profile } = opened;
    const size = profile.maxBufferBytes - (profile.maxBufferBytes % profile.offsetAlignment);
    const usage = bufferUsage.storage;
    const buffer = await captureErrors(device, "a buffer", size, () => device.createBuffer({ size, usage }));
    buffer.destroy();
  });

  it("names subgroup sizes only where it has subgroups", () => {
    expect(opened.adapter.subgroupSizes !== null).toBe(opened.device.features.has("subgroups"));
  });

  it("refuses an adapter of the other kind, and says what to install", async () => {
    const other = opened.adapter.isSoftware ? "hardware" : "software";
    const error = await failureOf(openWebgpuDevice({ adapter: other }));
    expect(error).toBeInstanceOf(NoAdapterError);
    expect(error).toMatchObject({ lookedFor: `a ${other} adapter`, remedy: expect.stringMatching(/\S/) });
    expect((error as Error).message).toContain(opened.adapter.driver);
  });

  it("names op, place and line of WGSL that does not compile", async () => {
    const wgsl = "@compute @workgroup_size(1)\nfn main() {\n  let x: f32 = 1i;\n}";
    const error = await failureOf(compileKernel(opened.device, { op: "layerNorm", wgsl }));
    expect(error).toBeInstanceOf(ShaderCompileError);
    const { op, messages, message } = error as ShaderCompileError;
    expect(op).toBe("layerNorm");
    expect(messages[0]).toMatchObject({ severity: "error", line: 3 });
    expect(message).toContain("layerNorm");
    expect(message).toContain("let x: f32 = 1i;");
    opened.health.check();
  });

  it("refuses a kernel that needs more than the device has as one that does not compile", async () => {
    const bytes = opened.device.limits.maxComputeWorkgroupStorageSize * 2;
    const wgsl = `var<workgroup> big: array<u32, ${bytes / 4}>;
@compute @workgroup_size(1) fn main() { big[0] = 1u; }`;
    const error = await failureOf(compileKernel(opened.device, { op: "matmul", wgsl }));
    expect(error).toBeInstanceOf(ShaderCompileError);
  });

  it("names what it was that validation refused", async () => {
    const { device } = opened;
    const make = (size: number): Promise<GPUBuffer> =>
      captureErrors(device, 'the buffer "arena"', size, () =>
        device.createBuffer({ label: "arena", size, usage: bufferUsage.storage }),
      );
    const refused = await failureOf(make(device.limits.maxBufferSize * 2));
    expect(refused).toBeInstanceOf(GpuValidationError);
    expect((refused as Error).message).toContain('the buffer "arena"');
    opened.health.check();
  });

  it("gives out of memory with what was asked for", async ({ skip }) => {
    const { device, adapter } = opened;
    // It has no room for a buffer of exactly its limit; other devices would have to be filled up.
    skip(adapter.architecture !== "swiftshader", "SwiftShader alone runs out of memory with one buffer");
    const bytes = device.limits.maxBufferSize;
    const error = await failureOf(
      captureErrors(device, 'the buffer "arena"', bytes, () =>
        device.createBuffer({ size: bytes, usage: bufferUsage.storage }),
      ),
    );
    expect(error).toBeInstanceOf(GpuOutOfMemoryError);
    expect(error).toMatchObject({ requestedBytes: bytes, message: expect.stringContaining("1.0 GiB") });
    opened.health.check();
  });

  it("keeps an error that nobody captured until asked", async () => {
    const { device, health } = opened;
    device.createBuffer({ label: "impossible", size: 16, usage: bufferUsage.mapRead | bufferUsage.storage });
    expect(await failureOf(health.guard(device.queue.onSubmittedWorkDone()))).toBeInstanceOf(
      GpuValidationError,
    );
    expect(() => health.check()).toThrow("impossible");
  });

  it("ends waiting when it is lost", async () => {
    const never = new Promise<never>(() => undefined);
    const waiting = failureOf(opened.health.guard(never));
    opened.device.destroy();
    expect(await waiting).toBeInstanceOf(DeviceLostError);
    expect(() => opened.health.check()).toThrow(DeviceLostError);
  });

  it("does not call its own end a loss, and may be disposed twice", async () => {
    await opened.dispose();
    await opened.dispose();
    opened.health.check();
    expect(await failureOf(opened.health.guard(new Promise<never>(() => undefined)))).toBeInstanceOf(
      DeviceLostError,
    );
  });

  it("may be one of several, opened one after the other", async () => {
    for (let count = 0; count < 5; count += 1) {
      const next = await openWebgpuDevice({ adapter: "any", robustness: count % 2 === 0 });
      await checkDevice(next);
      await next.dispose();
    }
    await checkDevice(opened);
  });
});
