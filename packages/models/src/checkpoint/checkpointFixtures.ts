import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One tensor of an `expected.json`; values as the bits of 32-bit floats, row-major. */
export interface ExpectedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bits: readonly number[];
}

/** A folder of `fixtures/checkpoints`, for tests. */
export function checkpointFixture(name: string): string {
  return join(import.meta.dirname, "../../fixtures/checkpoints", name);
}

/** What PyTorch found in the fixture, by tensor name. */
export async function readExpected(name: string): Promise<ReadonlyMap<string, ExpectedTensor>> {
  const text = await readFile(join(checkpointFixture(name), "expected.json"), "utf8");
  return new Map(Object.entries(JSON.parse(text) as Record<string, ExpectedTensor>));
}

/** The bits of 32-bit floats, so that -0 is not 0 and NaN is itself. */
export function bitsOf(values: Float32Array): number[] {
  return Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length));
}
