import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "./byteSource.ts";
import { checkpointFixture } from "./checkpointFixtures.ts";
import { bytesPerElement, dtypes, elementCount } from "./dtypes.ts";
import type { TensorToWrite } from "./safetensors.ts";
import { encodeSafetensors, openSafetensors, writeSafetensors } from "./safetensors.ts";

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A file with the given header text, followed by `dataBytes` zeros. */
function fileOf(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const open = (bytes: Uint8Array) => openSafetensors(bytesInMemory(bytes, "m.safetensors"));

const tensorArbitrary = fc
  .record({
    name: fc.string({ minLength: 1, unit: "binary" }).filter((name) => name !== "__metadata__"),
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ name, dtype, shape }) => {
    const length = elementCount(shape) * bytesPerElement[dtype];
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): TensorToWrite => ({ name, dtype, shape, data }));
  });
const tensorsArbitrary = fc.uniqueArray(tensorArbitrary, { selector: ({ name }) => name, maxLength: 8 });
const metadataArbitrary = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 });

describe("writing safetensors", () => {
  test("and reading them again gives the same tensors and notes", async () => {
    await fc.assert(
      fc.asyncProperty(tensorsArbitrary, metadataArbitrary, async (tensors, metadata) => {
        const file = await open(concatenate(encodeSafetensors(tensors, metadata)));
        expect([...file.tensors.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
        for (const { name, dtype, shape, data } of tensors) {
          expect(file.tensors.get(name)).toMatchObject({ name, dtype, shape });
          expect(Buffer.compare(await file.readBytes(name), data as Uint8Array)).toBe(0);
        }
        expect(new Map(Object.entries(metadata))).toEqual(file.metadata);
      }),
    );
  });

  test("gives the same bytes whatever the order, with every tensor aligned", async () => {
    await fc.assert(
      fc.asyncProperty(tensorsArbitrary, metadataArbitrary, async (tensors, metadata) => {
        const bytes = concatenate(encodeSafetensors(tensors, metadata));
        const reversed = Object.fromEntries(Object.entries(metadata).reverse());
        expect(Buffer.compare(concatenate(encodeSafetensors([...tensors].reverse(), reversed)), bytes)).toBe(
          0,
        );
        const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        expect(headerBytes % 8).toBe(0);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
        for (const { name, dtype } of tensors) {
          expect(header[name].data_offsets[0] % bytesPerElement[dtype]).toBe(0);
        }
      }),
    );
  });

  test.each(["safetensors/model.safetensors", "safetensors-sharded/model-00001-of-00002.safetensors"])(
    "gives the bytes of the Python library: %s",
    async (name) => {
      const bytes = new Uint8Array(await readFile(checkpointFixture(name)));
      const file = await open(bytes);
      const tensors: TensorToWrite[] = [];
      for (const { name: tensor, dtype, shape } of file.tensors.values()) {
        tensors.push({ name: tensor, dtype, shape, data: await file.readBytes(tensor) });
      }
      const again = concatenate(encodeSafetensors(tensors, Object.fromEntries(file.metadata)));
      expect(Buffer.compare(again, bytes)).toBe(0);
    },
  );

  test("to a file leaves nothing else behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "peftbench-safetensors-"));
    const data = new Float32Array([1, -2]);
    await writeSafetensors(join(folder, "a.safetensors"), [{ name: "a", dtype: "F32", shape: [2], data }]);
    expect(await readdir(folder)).toEqual(["a.safetensors"]);
    const file = await open(await readFile(join(folder, "a.safetensors")));
    expect(await file.readFloat32("a")).toEqual(data);
    await expect(writeSafetensors(join(folder, "none/a.safetensors"), [])).rejects.toThrow(/no folder/);
    await rm(folder, { recursive: true });
  });

  test("refuses bytes that do not fit the shape, and two tensors of one name", () => {
    const data = new Float32Array(2);
    const tensor = { name: "a", dtype: "F32", shape: [2], data } as const;
    expect(() => encodeSafetensors([{ ...tensor, shape: [3] }])).toThrow(/"a" has 8 bytes; expected 12/);
    expect(() => encodeSafetensors([tensor, tensor])).toThrow(/Two tensors are called "a"/);
    expect(() => encodeSafetensors([{ ...tensor, name: "__metadata__" }], { a: "b" })).toThrow(
      /__metadata__/,
    );
  });
});

describe("reading safetensors", () => {
  const entry = (begin: number, end: number, shape = `[${(end - begin) / 4}]`): string =>
    `{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`;

  test.each([
    ["a name given twice", `{"a":${entry(0, 4)},"a":${entry(4, 8)}}`, 8, "bad-header", /"a" twice/],
    [
      "a name given twice, once escaped",
      `{"a":${entry(0, 4)},"\\u0061":${entry(0, 4)}}`,
      4,
      "bad-header",
      /twice/,
    ],
    [
      "a field given twice",
      `{"a":{"dtype":"F32","dtype":"F16","shape":[0],"data_offsets":[0,0]}}`,
      0,
      "bad-header",
      /twice/,
    ],
    ["tensors that overlap", `{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12, "bad-header", /"b" overlapping/],
    [
      "a hole between tensors",
      `{"a":${entry(0, 4)},"b":${entry(8, 12)}}`,
      12,
      "bad-header",
      /"b" after a hole/,
    ],
    ["a hole before the first", `{"a":${entry(4, 8)}}`, 8, "bad-header", /after a hole/],
    ["bytes after the last", `{"a":${entry(0, 4)}}`, 8, "bad-header", /4 bytes after the last tensor/],
    ["a tensor beyond the end", `{"a":${entry(0, 400)}}`, 8, "cut-off", /cut off/],
    ["offsets that do not fit the shape", `{"a":${entry(0, 8, "[3]")}}`, 8, "bad-header", /expected 12/],
    ["offsets in the wrong order", `{"a":${entry(8, 4, "[1]")}}`, 8, "bad-header", /of -4 bytes/],
    ["a negative size", `{"a":${entry(0, 4, "[-1]")}}`, 4, "bad-header", /shape \[-1\]/],
    ["a size that is not whole", `{"a":${entry(0, 4, "[0.5]")}}`, 4, "bad-header", /shape \[0\.5\]/],
    [
      "an unknown dtype",
      '{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}',
      1,
      "unsupported-dtype",
      /F8_E4M3/,
    ],
    ["no offsets", '{"a":{"dtype":"F32","shape":[1]}}', 4, "bad-header", /data_offsets/],
    ["an entry that is no object", '{"a":7}', 0, "bad-header", /not an object/],
    ["notes that are no texts", '{"__metadata__":{"a":1}}', 0, "bad-header", /__metadata__\.a/],
    ["a header that is no JSON", '{"a":', 0, "bad-json", /not JSON/],
    ["a header that is no object", "[]", 0, "bad-header", /not begin with \{/],
  ])("refuses %s", async (_, header, dataBytes, code, message) => {
    const outcome = open(fileOf(header, dataBytes));
    await expect(outcome).rejects.toMatchObject({ name: "CheckpointError", code, file: "m.safetensors" });
    await expect(outcome).rejects.toThrow(message);
  });

  test("refuses a header longer than the file, than the format allows, and one that is not UTF-8", async () => {
    const tooLong = fileOf("{}");
    new DataView(tooLong.buffer).setBigUint64(0, 3n, true);
    await expect(open(tooLong)).rejects.toMatchObject({ code: "cut-off" });
    new DataView(tooLong.buffer).setBigUint64(0, 2n ** 63n, true);
    await expect(open(tooLong)).rejects.toMatchObject({ code: "bad-header" });
    const latin = fileOf('{"ae":7}');
    latin[10] = 0xe9;
    await expect(open(latin)).rejects.toThrow(/not UTF-8/);
  });

  test("never takes a damaged header for another tensor's place", async () => {
    const tensors = [1, 2, 3].map((size) => ({
      name: `t${size}`,
      dtype: "F32" as const,
      shape: [size],
      data: new Float32Array(size).fill(size),
    }));
    const bytes = concatenate(encodeSafetensors(tensors));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (position, value) => {
        const damaged = bytes.slice();
        damaged[position] = value;
        const file = await open(damaged).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "CheckpointError" });
          return null;
        });
        for (const { name, shape } of file?.tensors.values() ?? []) {
          expect((await file?.readFloat32(name))?.length).toBe(elementCount(shape));
        }
      }),
    );
  });

  test("reads only the range of the tensor asked for", async () => {
    const data = new Float32Array(1000).fill(1);
    const tensors = ["a", "b", "c"].map((name) => ({ name, dtype: "F32" as const, shape: [1000], data }));
    const memory = bytesInMemory(concatenate(encodeSafetensors(tensors)), "m.safetensors");
    let readBytes = 0;
    const counting = {
      ...memory,
      read: (offset: number, length: number) => {
        readBytes += length;
        return memory.read(offset, length);
      },
    };
    const file = await openSafetensors(counting);
    const headerBytes = readBytes;
    await file.readFloat32("b");
    expect(readBytes - headerBytes).toBe(4000);
    expect(headerBytes).toBeLessThan(400);
  });
});
