import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetError } from "../errors.ts";
import { loadTask } from "../source.ts";
import { mrpc } from "./mrpc.ts";

const HEADER = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n";
const EXAMPLES =
  `\uFEFF${HEADER}` +
  '1\t10\t11\tHe said "yes .\tHe agreed .\r\n' +
  "0\t20\t21\tA fell .\tB rose .\r\n" +
  "1\t30\t31\tC won .\tC is the winner .\r\n";

let dataFolder = "";
let folder = "";
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "peftbench-mrpc-"));
  folder = join(dataFolder, "MRPC");
  await mkdir(folder);
});
afterEach(() => rm(dataFolder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function failure(): Promise<DatasetError> {
  const outcome: unknown = await loadTask(mrpc, { dataFolder }).catch((error: unknown) => error);
  if (outcome instanceof DatasetError) return outcome;
  throw new Error(`expected a DatasetError, got ${JSON.stringify(outcome)}`);
}

describe("MRPC as Microsoft distributes it", () => {
  it("is cut into train and dev by the list of ids, as GLUE did", async () => {
    await write({ "msr_paraphrase_train.txt": EXAMPLES, "dev_ids.tsv": "20\t21\n" });
    const { train, dev, provenance } = await loadTask(mrpc, { dataFolder });
    expect(train).toEqual([
      { id: "train:0", text: 'He said "yes .', pair: "He agreed .", label: 1 },
      { id: "train:1", text: "C won .", pair: "C is the winner .", label: 1 },
    ]);
    expect(dev).toEqual([{ id: "dev:0", text: "A fell .", pair: "B rose .", label: 0 }]);
    expect(provenance.source).toBe("GLUE MRPC (msr_paraphrase_train.txt, with the dev split of dev_ids.tsv)");
    expect(provenance.files.map(({ split, name, rows }) => [split, name, rows])).toEqual([
      ["train", "msr_paraphrase_train.txt", 2],
      ["dev", "dev_ids.tsv", 1],
    ]);
    await write({ "dev_ids.tsv": "10\t11\n" });
    expect((await loadTask(mrpc, { dataFolder })).provenance.checksum).not.toBe(provenance.checksum);
  });

  it("takes the list under either of its names, and GLUE's own files before all", async () => {
    await write({ "msr_paraphrase_train.txt": EXAMPLES, "mrpc_dev_ids.tsv": "\uFEFF30\t31\r\n20\t21" });
    expect((await loadTask(mrpc, { dataFolder })).dev.map(({ text }) => text)).toEqual([
      "A fell .",
      "C won .",
    ]);
    const line = "1\t1\t2\ta\tb\r\n";
    await write({ "train.tsv": `${HEADER}${line}`, "dev.tsv": `${HEADER}${line}` });
    expect((await loadTask(mrpc, { dataFolder })).provenance.source).toBe("GLUE MRPC (TSV folder)");
  });

  it("is refused without the list: no other dev set is GLUE's", async () => {
    await write({ "msr_paraphrase_train.txt": EXAMPLES });
    expect(await failure()).toMatchObject({ code: "missing-file", file: join(folder, "dev_ids.tsv") });
  });

  it("is refused where a listed id is of no example, by the list's line", async () => {
    await write({ "msr_paraphrase_train.txt": EXAMPLES, "dev_ids.tsv": "20\t21\n10\t31\n" });
    const error = await failure();
    expect(error).toMatchObject({ code: "unknown-id", file: join(folder, "dev_ids.tsv"), line: 2 });
    expect(error.message).toContain("found the ids 10, 31");
    await write({ "dev_ids.tsv": "20\t21\n10\t1" });
    expect(await failure()).toMatchObject({ code: "unknown-id", line: 2 });
    await write({ "dev_ids.tsv": "20\n" });
    expect(await failure()).toMatchObject({ code: "wrong-field-count", line: 1 });
  });

  it("is refused where an id column or a line is broken, by file and line", async () => {
    const file = join(folder, "msr_paraphrase_train.txt");
    await write({ "msr_paraphrase_train.txt": EXAMPLES.replace("#2 ID", "ID 2"), "dev_ids.tsv": "20\t21\n" });
    expect(await failure()).toMatchObject({ code: "missing-column", file, line: 1 });
    await write({ "msr_paraphrase_train.txt": EXAMPLES.replace("A fell .\t", "A fell . ") });
    expect(await failure()).toMatchObject({ code: "wrong-field-count", file, line: 3 });
  });
});
