import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { parseTar } from "nanotar";
import { RuntimeError } from "../../../../errors.ts";
import { cacheFolder } from "./cacheFolder.ts";

/** SwiftShader from npm does not run on this system, or its package is missing or broken. */
export class SwiftShaderUnavailableError extends RuntimeError {}

const icdFile = "vk_swiftshader_icd.json";
/** The Vulkan loader, the driver and the file that leads the one to the other. */
const neededFiles = ["libvulkan.so.1", "libvk_swiftshader.so", icdFile] as const;
const manifestFile = "sha256.json";

export interface SoftwareAdapterOptions {
  /** Where to unpack the driver; by default in the user's cache. */
  readonly cacheFolder?: string;
  /** The environment that the child will have besides; by default this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Environment variables under which a CHILD process finds SwiftShader, a Vulkan driver that runs on the CPU; no root
 * needed. They have no effect on a process that runs already: the system's loader reads them at its start.
 * The driver comes with npm's `@sparticuz/chromium` and is unpacked once.
 * @throws SwiftShaderUnavailableError on anything but Linux on x64, or without the package
 */
export async function softwareAdapterEnvironment(
  options: SoftwareAdapterOptions = {},
): Promise<Record<string, string>> {
  const environment = options.environment ?? process.env;
  const folder = await unpackSwiftShader(options.cacheFolder ?? cacheFolder(environment));
  const libraries = environment.LD_LIBRARY_PATH;
  const icdPath = join(folder, icdFile);
  return {
    LD_LIBRARY_PATH: libraries ? `${folder}:${libraries}` : folder,
    VK_DRIVER_FILES: icdPath,
    // The name that loaders before 1.3.207 know.
    VK_ICD_FILENAMES: icdPath,
  };
}

/** Unpacks the driver into a folder of its own below `parentFolder`, unless it is there whole; gives that folder. */
async function unpackSwiftShader(parentFolder: string): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new SwiftShaderUnavailableError(
      `npm's SwiftShader runs on Linux on x64, this is ${process.platform} on ${process.arch}.`,
      "Use the system's own adapter; `doctor` says which there is.",
    );
  const archive = await readArchive();
  const folder = join(parentFolder, `swiftshader-${sha256(archive).slice(0, 16)}`);
  if (await isWhole(folder)) return folder;

  const tar = await promisify(brotliDecompress)(archive);
  const entries = new Map(parseTar(tar).map(({ name, data }) => [name, data]));
  // Under a name of its own until it is whole: several processes may unpack at once.
  const unfinished = `${folder}.${randomUUID()}`;
  await mkdir(unfinished, { recursive: true });
  const checksums: Record<string, string> = {};
  for (const name of neededFiles) {
    const data = entries.get(name);
    if (data === undefined)
      throw new SwiftShaderUnavailableError(
        `The SwiftShader archive of @sparticuz/chromium holds no ${name}, but ${[...entries.keys()].join(", ")}.`,
        "Pin the version of the package that the project's catalog names.",
      );
    await writeFile(join(unfinished, name), data, { mode: 0o755 });
    checksums[name] = sha256(data);
  }
  await writeFile(join(unfinished, manifestFile), JSON.stringify(checksums, null, 2));
  await replaceFolder(unfinished, folder);
  return folder;
}

async function replaceFolder(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch {
    // Something is there: another process was faster, or it is damaged.
    if (!(await isWhole(folder))) {
      const damaged = `${unfinished}.damaged`;
      await rename(folder, damaged);
      await rm(damaged, { recursive: true, force: true });
      await rename(unfinished, folder);
    }
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function readArchive(): Promise<Buffer> {
  const require = createRequire(import.meta.url);
  try {
    // The package exports its code alone, which lies two folders below its root.
    const root = join(dirname(require.resolve("@sparticuz/chromium")), "../..");
    return await readFile(join(root, "bin/swiftshader.tar.br"));
  } catch (error) {
    throw new SwiftShaderUnavailableError(
      `The npm package @sparticuz/chromium, which brings SwiftShader, is missing: ${String(error)}.`,
      "Run `pnpm install`.",
    );
  }
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const text = await readFile(join(folder, manifestFile), "utf8");
    const checksums = JSON.parse(text) as Partial<Record<string, string>>;
    for (const name of neededFiles) {
      if (sha256(await readFile(join(folder, name))) !== checksums[name]) return false;
    }
    return true;
  } catch {
    return false;
  }
}

function sha256(data: Uint8Array | undefined): string {
  return createHash("sha256")
    .update(data ?? new Uint8Array())
    .digest("hex");
}
