import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSpectrumCache } from "./cache.ts";
import { spectraOf } from "./spectra.ts";
import { truncatedSvd } from "./truncatedSvd.ts";

describe("the cache of decompositions", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-spectra-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const matrix = {
    name: "w",
    rows: 4,
    columns: 6,
    values: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  };
  const counting = () => {
    let calls = 0;
    const compute: typeof truncatedSvd = (...given) => {
      calls += 1;
      return truncatedSvd(...given);
    };
    return { compute, calls: () => calls };
  };

  it("computes a decomposition once, and again for another rank or weight", () => {
    const cache = createSpectrumCache(folder);
    const { compute, calls } = counting();
    const first = cache.truncatedSvd(matrix, 2, compute);
    expect(cache.truncatedSvd({ ...matrix, name: "the same under another name" }, 2, compute)).toEqual(first);
    expect(calls()).toBe(1);
    cache.truncatedSvd(matrix, 3, compute);
    const other = matrix.values.slice();
    other[0] = 1e-7;
    cache.truncatedSvd({ ...matrix, values: other }, 2, compute);
    expect(calls()).toBe(3);
  });

  it("does not trust a file that was cut off or changed", async () => {
    const cache = createSpectrumCache(folder);
    const { compute, calls } = counting();
    const first = cache.truncatedSvd(matrix, 2, compute);
    const file = join(folder, (await readdir(folder))[0] as string);
    const bytes = await readFile(file);
    for (const damaged of [bytes.subarray(0, -8), Buffer.concat([bytes.subarray(0, -1), Buffer.of(1)])]) {
      await writeFile(file, damaged);
      expect(cache.truncatedSvd(matrix, 2, compute)).toEqual(first);
    }
    expect(calls()).toBe(3);
    expect(await readFile(file)).toEqual(bytes);
  });

  it("goes on without one where the folder cannot be written", async () => {
    const notAFolder = join(folder, "file");
    await writeFile(notAFolder, "");
    const { compute, calls } = counting();
    createSpectrumCache(notAFolder).truncatedSvd(matrix, 2, compute);
    expect(calls()).toBe(1);
  });
});

describe("spectra of weights", () => {
  it("refuse what is missing and what is no matrix, by name", () => {
    const spectra = spectraOf(new Map([["bias", { shape: [3], dtype: "f32", data: new Float32Array(3) }]]));
    expect(() => spectra.truncatedSvd("weight", 1)).toThrow(/weight cannot be decomposed.*there is none/);
    expect(() => spectra.singularValues("bias")).toThrow(/bias cannot be decomposed.*\[3\]/);
  });
});
