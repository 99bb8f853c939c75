import { describe, expect, it } from "vitest";
import {
  assertFits,
  deviceProfiles,
  GraphBuilder,
  OutOfMemoryError,
  planMemory,
  planPrograms,
} from "../index.ts";
import { encoderStep } from "./testGraphs.ts";

const graph = encoderStep({ layers: 1, batch: 8, length: 32, width: 16, heads: 2, rank: 2 });

describe("holding a plan against a limit", () => {
  it("names the op of the peak, the bytes and what to do", () => {
    const plan = planMemory(graph, deviceProfiles.swiftshader);
    expect(() => assertFits(plan, plan.peakReservedBytes)).not.toThrow();
    const check = (): void => assertFits(plan, plan.peakReservedBytes - 1);
    expect(check).toThrow(OutOfMemoryError);
    expect(check).toThrow(/ at \w+ \(backward of layer\.0, node \d+\), most of it savedActivation/);
    expect(check).toThrow("or choose the save policy recompute");
    expect(check).toThrow(expect.objectContaining({ requestedBytes: plan.peakReservedBytes }));
    expect(() => assertFits(planPrograms([graph], deviceProfiles.swiftshader), 1000)).toThrow(
      OutOfMemoryError,
    );
  });

  it("refuses by name a tensor above the largest buffer, whatever the limit", () => {
    const big = new GraphBuilder();
    const table = big.parameter("embeddings", [300_000, 1024], { role: "baseWeight", trainable: false });
    big.output("y", table.rows(big.input("ids", [2], "i32")));
    const plan = planMemory(big.finish(), deviceProfiles.swiftshader);
    expect(() => assertFits(plan, Number.POSITIVE_INFINITY)).toThrow(
      "The tensor embeddings (baseWeight) needs 1.1 GiB, the limit is 1.0 GiB.",
    );
    expect(() => assertFits({ ...plan, profile: deviceProfiles.generic }, 2 ** 40)).not.toThrow();
  });

  it("refuses f16 where the device has none", () => {
    const half = new GraphBuilder();
    half.output("y", half.input("x", [4], "f16").reshape([2, 2]));
    const finished = half.finish();
    expect(() => assertFits(planMemory(finished, deviceProfiles.swiftshader), 2 ** 30)).toThrow(
      "x is stored as f16",
    );
    expect(() => assertFits(planMemory(finished, deviceProfiles.lavapipe), 2 ** 30)).not.toThrow();
  });
});
