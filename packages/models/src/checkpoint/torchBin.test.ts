import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "./byteSource.ts";
import { bitsOf, checkpointFixture, readExpected } from "./checkpointFixtures.ts";
import { CheckpointError } from "./errors.ts";
import { isContiguous, rowMajor } from "./strides.ts";
import { openTorchBin } from "./torchBin.ts";

const bytesOf = async (fixture: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(join(checkpointFixture(fixture), "pytorch_model.bin")));
const open = (bytes: Uint8Array) => openTorchBin(bytesInMemory(bytes, "pytorch_model.bin"));

/** An archive of torch's layout around a given pickle. */
async function archiveOf(
  pickle: Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { level: 0, useWebWorkers: false });
  await zip.add("archive/data.pkl", new Uint8ArrayReader(pickle));
  for (const [name, text] of Object.entries(more)) await zip.add(name, new TextReader(text));
  return zip.close();
}

/** Instructions and texts as the bytes of a pickle. */
function pickleOf(...parts: readonly (string | number)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part, "latin1"))),
    ),
  );
}

describe("a pickle that wants something executed", () => {
  test("is refused by the name of what it would call, and not executed", async () => {
    const error = await open(await bytesOf("malicious")).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ code: "refused-pickle" });
    expect(String(error)).toMatch(/the name "posix\.system" in its pickle.*Nothing in it was executed/);
    expect(existsSync("executed.txt")).toBe(false);
  });

  test.each([
    [
      "a function of builtins",
      pickleOf(0x80, 2, "c__builtin__\neval\n", "X", "\x01\0\0\0", "1", 0x85, "R."),
      "eval",
    ],
    ["one named by strings", pickleOf(0x80, 4, 0x8c, "\x02os", 0x8c, "\x06system", 0x93, "."), "os.system"],
    ["a dotted name", pickleOf(0x80, 2, "ccollections\nOrderedDict.__init__\n."), "OrderedDict.__init__"],
    ["an instance (INST)", pickleOf("(ios\nsystem\n."), "0x69"],
    ["an object (OBJ)", pickleOf("(cos\nsystem\no."), "os.system"],
    ["a new object (NEWOBJ)", pickleOf(0x80, 2, "ccollections\nOrderedDict\n", ")", 0x81, "."), "0x81"],
    ["a registered extension (EXT1)", pickleOf(0x80, 2, 0x82, 1, "."), "0x82"],
    ["a call of a storage type", pickleOf(0x80, 2, "ctorch\nFloatStorage\n", ")", "R."), "cannot be called"],
    ["a call of a dictionary", pickleOf(0x80, 2, "}", ")", "R."), "cannot be called"],
    ["attributes of a list", pickleOf(0x80, 2, "]", "}", "b."), "attributes"],
    ["a name of JavaScript", pickleOf(0x80, 2, "cconstructor\nconstructor\n."), "constructor.constructor"],
  ])("%s", async (_, pickle, message) => {
    const outcome = open(await archiveOf(pickle));
    await expect(outcome).rejects.toMatchObject({ name: "CheckpointError", code: "refused-pickle" });
    await expect(outcome).rejects.toThrow(message);
  });

  test("whatever its bytes, is read or refused, and never anything else", async () => {
    const zip = new ZipReader(new Uint8ArrayReader(await bytesOf("torch-windows")));
    const entry = (await zip.getEntries()).find(({ filename }) => filename.endsWith("/data.pkl"));
    if (entry === undefined || entry.directory) throw new Error("The fixture has no data.pkl.");
    const whole = new Uint8Array(await entry.arrayBuffer({ useWebWorkers: false }));
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const check = async (pickle: Uint8Array): Promise<void> => {
      const error = await open(await archiveOf(pickle)).catch((found: unknown) => found);
      if (error instanceof Error) expect(error).toBeInstanceOf(CheckpointError);
    };
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), check));
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const damaged = whole.slice();
        for (const [position, value] of list) damaged[position] = value;
        await check(damaged);
      }),
    );
  });
});

describe("a torch file", () => {
  test("of the format before PyTorch 1.6 is refused with the way to convert it", async () => {
    const outcome = open(await bytesOf("torch-legacy"));
    await expect(outcome).rejects.toMatchObject({ code: "legacy-format" });
    await expect(outcome).rejects.toThrow(/before PyTorch 1\.6.*torch\.save\(torch\.load/);
  });

  test("with more than tensors is refused by the entry's name", async () => {
    await expect(open(await bytesOf("torch-training-state"))).rejects.toThrow(
      /"epoch" that is no tensor.*state_dict/,
    );
  });

  test("that was unpacked and zipped again with compression reads the same", async () => {
    const expected = await readExpected("torch-windows");
    const original = new ZipReader(new Uint8ArrayReader(await bytesOf("torch-windows")));
    const zip = new ZipWriter(new Uint8ArrayWriter(), { level: 9, useWebWorkers: false });
    for (const entry of await original.getEntries()) {
      if (entry.directory) continue;
      const content = new Uint8Array(await entry.arrayBuffer({ useWebWorkers: false }));
      await zip.add(entry.filename, new Uint8ArrayReader(content));
    }
    const file = await open(await zip.close());
    for (const [name, { bits }] of expected) expect(bitsOf(await file.readFloat32(name))).toEqual(bits);
  });

  test("that is big-endian, a program, or has no storage for a tensor is refused", async () => {
    const empty = pickleOf(0x80, 2, "}.");
    await expect(open(await archiveOf(empty, { "archive/byteorder": "big" }))).rejects.toThrow(
      /byte order "big"/,
    );
    await expect(open(await archiveOf(empty, { "archive/code/a.py": "" }))).rejects.toThrow(/TorchScript/);
    const zip = new ZipReader(new Uint8ArrayReader(await bytesOf("torch-windows")));
    const entry = (await zip.getEntries()).find(({ filename }) => filename.endsWith("/data.pkl"));
    if (entry === undefined || entry.directory) throw new Error("The fixture has no data.pkl.");
    const pickle = new Uint8Array(await entry.arrayBuffer({ useWebWorkers: false }));
    await expect(open(await archiveOf(pickle))).rejects.toThrow(/no data\/0 for tensor "matrix"/);
    const tooShort = { "archive/data/0": "x".repeat(239), "archive/data/1": "x".repeat(48) };
    await expect(open(await archiveOf(pickle, tooShort))).rejects.toThrow(
      /239 bytes in data\/0.*expected 240/,
    );
  });
});

describe("strides", () => {
  /** A shape, and the strides of a dense storage whose dimensions lie in a shuffled order. */
  const layout = fc
    .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
      ),
    )
    .map(([shape, order]) => {
      const strides = shape.map(() => 0);
      let stride = 1;
      for (const dimension of order) {
        strides[dimension] = stride;
        stride *= shape[dimension] as number;
      }
      return { shape, strides };
    });

  test("row-major copying finds every element where its index says", () => {
    fc.assert(
      fc.property(layout, ({ shape, strides }) => {
        const count = shape.reduce((product, size) => product * size, 1);
        const values = Float32Array.from({ length: count }, (_, index) => index);
        const expected: number[] = [];
        const visit = (dimension: number, offset: number): void => {
          if (dimension === shape.length) expected.push(offset);
          else {
            for (let index = 0; index < (shape[dimension] as number); index++) {
              visit(dimension + 1, offset + index * (strides[dimension] as number));
            }
          }
        };
        visit(0, 0);
        expect([...rowMajor(values, shape, strides)]).toEqual(expected);
        const isSorted = expected.every((offset, index) => offset === index);
        expect(isContiguous(shape, strides)).toBe(isSorted);
      }),
    );
  });
});
