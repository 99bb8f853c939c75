import { describe, expect, it } from "vitest";
import { patiently } from "./patiently.ts";

describe("waiting patiently", () => {
  it("gives what the work gives, though it ends while nobody looks", async () => {
    expect(await patiently(Promise.resolve(3))).toBe(3);
    expect(await patiently(new Promise((resolve) => setTimeout(resolve, 5, "later")))).toBe("later");
  });

  it("fails as the work fails", async () => {
    await expect(patiently(Promise.reject(new RangeError("no")))).rejects.toThrow(RangeError);
  });

  it("lets timers and other work go on", async () => {
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    await patiently(new Promise((resolve) => setTimeout(resolve, 50)));
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(0);
  });
});
