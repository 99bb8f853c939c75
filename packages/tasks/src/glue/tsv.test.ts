import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DatasetError } from "../errors.ts";
import type { TsvLayout } from "./tsv.ts";
import { readTsv } from "./tsv.ts";

const layout: TsvLayout = { shape: { header: true }, columns: ["label", "sentence"] };
const headless: TsvLayout = { shape: { header: false, fieldCount: 3 }, columns: [2, 0] };

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function failure(data: Uint8Array | string, use: TsvLayout = layout): DatasetError {
  try {
    readTsv(typeof data === "string" ? bytes(data) : data, "x/train.tsv", use);
  } catch (error) {
    if (error instanceof DatasetError) return error;
    throw error;
  }
  throw new Error("readTsv accepted the file");
}

describe("readTsv", () => {
  it("picks columns by name whatever their order, with line numbers of the file", () => {
    const rows = readTsv(bytes("sentence\tid\tlabel\na\t7\t1\nb\t8\t0\n"), "f", layout);
    expect(rows).toEqual([
      { line: 2, values: ["1", "a"] },
      { line: 3, values: ["0", "b"] },
    ]);
  });

  it("picks columns by position where there is no header, so the first line is data", () => {
    expect(readTsv(bytes("a\tb\tc\nd\te\tf\n"), "f", headless)).toEqual([
      { line: 1, values: ["c", "a"] },
      { line: 2, values: ["f", "d"] },
    ]);
  });

  it("takes quotes, backslashes and outer spaces as they stand", () => {
    const rows = readTsv(bytes('sentence\tlabel\n "he said \\"\t1\n"\t0\n'), "f", layout);
    expect(rows.map((row) => row.values[1])).toEqual([' "he said \\"', '"']);
  });

  it("does not break lines at the separators of other standards", () => {
    const text = "a\u2028b\u0085c\u000bd\u000ce\rf";
    expect(readTsv(bytes(`sentence\tlabel\n${text}\t1\n`), "f", layout)[0]?.values[1]).toBe(text);
  });

  it("gives the same rows with a byte order mark or CRLF line ends", () => {
    const plain = "sentence\tlabel\na café \t1\nb\t0\n";
    const rows = readTsv(bytes(plain), "f", layout);
    expect(readTsv(bytes(`\uFEFF${plain}`), "f", layout)).toEqual(rows);
    expect(readTsv(bytes(plain.replaceAll("\n", "\r\n")), "f", layout)).toEqual(rows);
  });

  it("takes a last line without its end where the last field shows that it is whole, and refuses it elsewhere", () => {
    const plain = "sentence\tlabel\na\t1\nb\t0\n";
    const labelled = { ...layout, selfDelimiting: "label" };
    expect(readTsv(bytes(plain.slice(0, -1)), "f", labelled)).toEqual(readTsv(bytes(plain), "f", layout));
    expect(failure(plain.slice(0, -1))).toMatchObject({ code: "cut-off", line: 3 });
    const textLast = "label\tsentence\n1\ta long sentence that was cu";
    expect(failure(textLast, labelled)).toMatchObject({ code: "cut-off", line: 2 });
  });

  it("returns every field of every line that was written", () => {
    const field = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\t\r\n\0\uFEFF]/g, " "));
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field), { minLength: 1 }), (table) => {
        const text = table.map((fields) => `${fields.join("\t")}\n`).join("");
        const rows = readTsv(bytes(text), "f", {
          shape: { header: false, fieldCount: 3 },
          columns: [0, 1, 2],
        });
        expect(rows.map((row) => row.values)).toEqual(table);
      }),
    );
  });

  it("refuses every cut inside a line that takes away a field, naming the line", () => {
    const whole = "sentence\tlabel\nfirst\t1\nsecond one\t0\n";
    for (let end = whole.indexOf("second") + 1; end <= whole.indexOf("one") + 3; end++) {
      const error = failure(whole.slice(0, end));
      expect(error.code).toBe("wrong-field-count");
      expect(error.line).toBe(3);
      expect(error.message).toMatch(/^x\/train\.tsv:3: found 1 field in "s.*expected 2 tab.*cut off/);
    }
  });

  it("refuses a line with too many fields and a blank line in the midst or at the end", () => {
    expect(failure("sentence\tlabel\na\tb\t1\n")).toMatchObject({ code: "wrong-field-count", line: 2 });
    expect(failure("sentence\tlabel\n\na\t1\n")).toMatchObject({ line: 2, found: "a blank line" });
    expect(failure("sentence\tlabel\na\t1\n\n")).toMatchObject({ line: 3, found: "a blank line" });
  });

  it("refuses a missing or doubled column, showing the columns there are", () => {
    const missing = failure("Sentence\tlabel\na\t1\n");
    expect(missing).toMatchObject({ code: "missing-column", line: 1 });
    expect(missing.message).toContain(
      'found the columns "Sentence", "label"; expected a column named "sentence"',
    );
    expect(failure("sentence\tlabel\tlabel\na\t1\t1\n").code).toBe("missing-column");
    expect(failure("a\tb\tc\n", { ...headless, columns: [3] }).code).toBe("missing-column");
    expect(failure("a\tb\tc\n", { ...headless, columns: ["label"] }).code).toBe("missing-column");
  });

  it("refuses a file without data", () => {
    expect(failure("")).toMatchObject({ code: "empty-split", line: 1 });
    expect(failure("sentence\tlabel\n")).toMatchObject({
      code: "empty-split",
      line: 2,
      found: expect.stringContaining("nothing else"),
    });
    expect(failure("", headless).code).toBe("empty-split");
  });

  it("refuses bytes that are not UTF-8, naming the line", () => {
    const latin1 = Uint8Array.from("sentence\tlabel\nok\t1\ncaf\u00e9\t1\n", (char) => char.charCodeAt(0));
    expect(failure(latin1)).toMatchObject({ code: "wrong-encoding", line: 3 });
    const cutInCharacter = bytes("sentence\tlabel\ncaf\u00e9").subarray(0, -1);
    expect(failure(cutInCharacter)).toMatchObject({ code: "wrong-encoding", line: 2 });
  });

  it("refuses UTF-16 with and without its mark", () => {
    const utf16 = new Uint8Array(
      Uint16Array.from("\uFEFFsentence\tlabel\na\t1\n", (char) => char.charCodeAt(0)).buffer,
    );
    expect(failure(utf16)).toMatchObject({
      code: "wrong-encoding",
      found: expect.stringContaining("UTF-16"),
    });
    expect(failure(utf16.subarray(2))).toMatchObject({ code: "wrong-encoding", line: 1 });
  });
});
