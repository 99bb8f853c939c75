import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../byteSource.ts";
import { bitsOf } from "../checkpointFixtures.ts";
import type { CheckpointErrorCode } from "../errors.ts";
import { CheckpointError } from "../errors.ts";
import { openFile } from "../files.ts";
import { openSafetensors } from "../safetensors.ts";
import { openGguf } from "./file.ts";
import type { GgufContent } from "./ggufBytes.ts";
import { ggufBytes, ggufFixture } from "./ggufBytes.ts";

const open = (bytes: Uint8Array) => openGguf(bytesInMemory(bytes, "m.gguf"));

describe("a GGUF file", () => {
  test("of every type of elements is read as gguf itself dequantizes it, to the bit", async () => {
    const file = await open(await readFile(ggufFixture("types.gguf")));
    const source = await openFile(ggufFixture("types.safetensors"));
    const expected = await openSafetensors(source);
    expect([...file.tensors.keys()].toSorted()).toEqual([...expected.tensors.keys()].toSorted());
    for (const [name, { shape }] of expected.tensors) {
      expect(file.tensors.get(name)?.shape).toEqual(shape);
      expect(bitsOf(await file.readFloat32(name)), name).toEqual(bitsOf(await expected.readFloat32(name)));
    }
    await source.close();
  });

  test("has metadata of every type", async () => {
    const { metadata } = await open(await readFile(ggufFixture("types.gguf")));
    expect(Object.fromEntries(metadata)).toEqual({
      "general.architecture": "fixture",
      "general.alignment": 64,
      "fixture.u8": 255,
      "fixture.i8": -128,
      "fixture.u16": 65535,
      "fixture.i16": -32768,
      "fixture.u32": 4294967295,
      "fixture.i32": -2147483648,
      "fixture.f32": 0.5,
      "fixture.true": true,
      "fixture.false": false,
      "fixture.text": "caf\u00e9 \u{1f600}",
      "fixture.u64": Number.MAX_SAFE_INTEGER,
      "fixture.u64.large": 2n ** 64n - 1n,
      "fixture.i64": Number.MIN_SAFE_INTEGER,
      "fixture.i64.large": -(2n ** 63n),
      "fixture.f64": 0.1,
      "fixture.texts": ["", "a"],
      "fixture.floats": [1.5, -2.25],
      "fixture.nested": [[1, 2], [3]],
    });
  });

  test("may be of version 2, and longer than what is read at first", async () => {
    const long = "x".repeat(5_000_000);
    const content = { version: 2, metadata: { long, "general.alignment": 32 } };
    const tensor = { name: "t", sizes: [2], type: 0, offset: 0 };
    const bytes = ggufBytes({ ...content, tensors: [tensor], dataBytes: 8 });
    bytes.writeFloatLE(1.5, bytes.length - 4);
    const file = await open(bytes);
    expect(file.version).toBe(2);
    expect(file.metadata.get("long")).toBe(long);
    expect([...(await file.readFloat32("t"))]).toEqual([0, 1.5]);
  });

  test.each(["types.gguf", "pieces.gguf"])("%s cut off anywhere is called so", async (name) => {
    const bytes = await readFile(ggufFixture(name));
    const { tensors } = await open(bytes);
    // Without tensors, the padding after the header may be missing.
    const needed = tensors.size === 0 ? bytes.length - 32 : bytes.length - 64;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: needed }), async (length) => {
        await expect(open(bytes.subarray(0, length))).rejects.toMatchObject({ code: "cut-off" });
      }),
    );
  });

  test("with any byte changed is read or refused, and never anything else", async () => {
    const bytes = await readFile(ggufFixture("types.gguf"));
    const place = fc.integer({ min: 0, max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 0, max: 255 }), async (at, value) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        try {
          const file = await open(changed);
          for (const name of file.tensors.keys()) await file.readFloat32(name);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
      { numRuns: 400 },
    );
  });

  const tensor = { name: "t", sizes: [32], type: 0, offset: 0 };
  test.each<[string, GgufContent, CheckpointErrorCode, RegExp]>([
    ["of version 1", { version: 1 }, "legacy-format", /version 1; expected GGUF version 2 or 3/],
    ["in big-endian order", { version: 3 << 24 }, "legacy-format", /big-endian/],
    ["of a later version", { version: 4 }, "bad-header", /version 4/],
    ["with an odd alignment", { metadata: { "general.alignment": 12 } }, "bad-header", /alignment = 12/],
    [
      "with a type of elements that is not read",
      { tensors: [{ ...tensor, type: 11 }], dataBytes: 128 },
      "unsupported-dtype",
      /t of the type Q3_K; expected F32, F16, .*Q8_0 or Q4_K_M/,
    ],
    [
      "with rows that blocks do not fill",
      { tensors: [{ ...tensor, sizes: [16, 2], type: 8 }], dataBytes: 64 },
      "bad-header",
      /rows of 16; expected a multiple of 32, as it is Q8_0/,
    ],
    [
      "with a tensor at an odd place",
      { tensors: [{ ...tensor, offset: 8 }], dataBytes: 256 },
      "bad-header",
      /t at 8; expected a multiple of the alignment 32/,
    ],
    ["with a tensor twice", { tensors: [tensor, tensor], dataBytes: 256 }, "bad-header", /t twice/],
    [
      "with tensors in one place",
      { tensors: [tensor, { ...tensor, name: "u" }], dataBytes: 256 },
      "bad-header",
      /u overlapping/,
    ],
    ["without a tensor's bytes", { tensors: [tensor], dataBytes: 100 }, "cut-off", /for t/],
  ])("%s is refused", async (_, content, code, message) => {
    const refused = expect(open(ggufBytes(content))).rejects;
    await refused.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("of another kind, or a git LFS pointer, is refused", async () => {
    await expect(open(Buffer.from("PK\x03\x04 and so on, for as long as it takes"))).rejects.toMatchObject({
      code: "bad-header",
    });
    const pointer = Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    await expect(open(pointer)).rejects.toMatchObject({ code: "git-lfs-pointer" });
  });
});
