import { createHash } from "node:crypto";
import type { PackageFiles, TextDocument } from "./document.ts";
import { cleanText, textFiles } from "./document.ts";

/** Synsets in a document: neighbours in WordNet's files are akin, so they are held out together. */
const SYNSETS_IN_A_DOCUMENT = 50;

/**
 * WordNet's glosses: a paragraph a synset, `word, word: definition. Example. Example.`, which is how a dictionary
 * reads. A line is `offset lexfile type count word lexid word lexid ... | gloss`.
 */
export function readWordnet(files: PackageFiles): readonly TextDocument[] {
  return textFiles(files, /^dict\/data\.(adj|adv|noun|verb)$/).flatMap(([path, text]) => {
    const part = path.replace("dict/data.", "");
    const glosses = text
      .split("\n")
      .filter((line) => /^\d/.test(line) && !isLeftOut(line))
      .map(synsetText);
    const documents: TextDocument[] = [];
    for (let first = 0; first < glosses.length; first += SYNSETS_IN_A_DOCUMENT) {
      documents.push({
        name: `wordnet/${part}-${first}`,
        paragraphs: glosses.slice(first, first + SYNSETS_IN_A_DOCUMENT),
      });
    }
    return documents;
  });
}

/**
 * The offline task `gloss` tests on definitions: of each kind the first 150 in the order of their sha256, which all lie in
 * the first eighth as long as a kind has 1,200. That eighth is left out of pretraining.
 */
function isLeftOut(line: string): boolean {
  const definition = (line.split(" | ", 2)[1] ?? "").split(/;|\s"/)[0] ?? "";
  return (createHash("sha256").update(definition.trim()).digest()[0] as number) < 256 / 8;
}

function synsetText(line: string): string {
  const [data = "", gloss = ""] = line.split(" | ", 2);
  const fields = data.split(" ");
  const count = Number.parseInt(fields[3] ?? "0", 16);
  const words = Array.from({ length: count }, (_, index) =>
    // An adjective may say where it stands: `galore(ip)`.
    (fields[4 + 2 * index] ?? "").replaceAll("_", " ").replace(/\([a-z]+\)$/, ""),
  );
  const [definition = "", ...rest] = gloss.split(/; (?=")/);
  const examples = rest.map((example) => sentence(example.replaceAll('"', "")));
  return cleanText([`${words.join(", ")}: ${sentence(definition)}`, ...examples].join(" "));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.?!]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
