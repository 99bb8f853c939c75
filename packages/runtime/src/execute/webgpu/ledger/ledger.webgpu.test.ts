import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bufferUsage, mapMode } from "../device/constants.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { openWebgpuDevice } from "../device/openDevice.ts";
import { attachLedger } from "./ledger.ts";
import { bufferLabel } from "./roles.ts";

describe("ledger on a real device", () => {
  let opened: WebgpuDevice;
  beforeEach(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
  });
  afterEach(() => opened.dispose());

  const makeStorage = (label: string, bytes: number): GPUBuffer =>
    opened.device.createBuffer({
      label,
      size: bytes,
      usage: bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination,
    });

  it("counts by the role in the label until a buffer is destroyed, once", () => {
    const ledger = attachLedger(opened.device);
    const weights = makeStorage(bufferLabel("baseWeight", "encoder.layer.0.weight"), 4096);
    makeStorage(bufferLabel("savedActivation", "hidden"), 1024);
    makeStorage("nothing said", 256);
    expect(ledger.report().currentByRole).toEqual({
      baseWeight: 4096,
      savedActivation: 1024,
      unlabelled: 256,
    });
    weights.destroy();
    weights.destroy();
    const report = ledger.report();
    expect(report).toMatchObject({ currentBytes: 1280, peakBytes: 5376, madeCount: 3, liveCount: 2 });
    expect(ledger.live().map(({ label }) => label)).toEqual(["savedActivation:hidden", "nothing said"]);
  });

  it("counts uniforms, read-back buffers and queries as staging, whatever they are called", () => {
    const ledger = attachLedger(opened.device);
    const { device } = opened;
    device.createBuffer({ label: "workspace:shapes", size: 16, usage: bufferUsage.uniform });
    device.createBuffer({
      label: "gradient:readback",
      size: 32,
      usage: bufferUsage.mapRead | bufferUsage.copyDestination,
    });
    device.createBuffer({ size: 64, usage: bufferUsage.queryResolve | bufferUsage.copySource });
    if (device.features.has("timestamp-query")) device.createQuerySet({ type: "timestamp", count: 4 });
    const queryBytes = device.features.has("timestamp-query") ? 32 : 0;
    expect(ledger.report().currentByRole).toEqual({ staging: 112 + queryBytes });
  });

  it("keeps the peaks of load, train and eval apart", () => {
    const ledger = attachLedger(opened.device);
    const upload = makeStorage("staging:upload", 512);
    makeStorage("baseWeight:w", 512);
    upload.destroy();
    ledger.beginPhase("train");
    makeStorage("workspace:w", 2048).destroy();
    ledger.beginPhase("eval");
    makeStorage("workspace:w", 128).destroy();
    expect(ledger.report().phases.map(({ phase, peakBytes }) => [phase, peakBytes])).toEqual([
      ["load", 1024],
      ["train", 2560],
      ["eval", 640],
    ]);
  });

  it("does not disturb what it counts", async () => {
    attachLedger(opened.device);
    const { device } = opened;
    const source = makeStorage("workspace:source", 16);
    const target = device.createBuffer({
      size: 16,
      usage: bufferUsage.mapRead | bufferUsage.copyDestination,
    });
    device.queue.writeBuffer(source, 0, Float32Array.of(1, 2, 3, 4));
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, target, 0, 16);
    device.queue.submit([encoder.finish()]);
    await opened.health.guard(target.mapAsync(mapMode.read));
    expect([...new Float32Array(target.getMappedRange())]).toEqual([1, 2, 3, 4]);
    opened.health.check();
  });

  it("lets everything go with the device", () => {
    const ledger = attachLedger(opened.device);
    makeStorage("workspace:w", 2048);
    opened.device.destroy();
    expect(ledger.report()).toMatchObject({ currentBytes: 0, liveCount: 0, peakBytes: 2048 });
  });

  it("counts nothing new after it is detached, but sees the end of what it counted", () => {
    const ledger = attachLedger(opened.device);
    const counted = makeStorage("workspace:counted", 64);
    ledger.detach();
    makeStorage("workspace:later", 64);
    expect(ledger.report().currentBytes).toBe(64);
    counted.destroy();
    expect(ledger.report()).toMatchObject({ currentBytes: 0, madeCount: 1 });
  });
});
