import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { softwareAdapterEnvironment } from "./swiftShader.ts";

const runsHere = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!runsHere)("SwiftShader from npm (Linux on x64 only)", () => {
  let cacheFolder: string;
  beforeEach(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "peftbench-cache-"));
  });
  afterEach(() => rm(cacheFolder, { recursive: true }));

  const unpack = async (): Promise<string> => {
    const { VK_DRIVER_FILES } = await softwareAdapterEnvironment({ cacheFolder, environment: {} });
    return dirname(VK_DRIVER_FILES as string);
  };

  it("gives a folder with loader, driver and a file that leads to the driver", async () => {
    const folder = await unpack();
    const icd = JSON.parse(await readFile(join(folder, "vk_swiftshader_icd.json"), "utf8")) as {
      ICD: { library_path: string };
    };
    expect((await stat(join(folder, icd.ICD.library_path))).size).toBeGreaterThan(2 ** 20);
    expect((await stat(join(folder, "libvulkan.so.1"))).size).toBeGreaterThan(2 ** 16);
  });

  it("unpacks once", async () => {
    const driver = join(await unpack(), "libvk_swiftshader.so");
    const before = await stat(driver);
    await unpack();
    expect(await stat(driver)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it("replaces a driver that was damaged", async () => {
    const driver = join(await unpack(), "libvk_swiftshader.so");
    const { size } = await stat(driver);
    await writeFile(driver, "damaged");
    await unpack();
    expect((await stat(driver)).size).toBe(size);
    expect(await readdir(cacheFolder)).toHaveLength(1);
  });

  it("lets several unpack at once", async () => {
    const folders = await Promise.all([unpack(), unpack(), unpack()]);
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(cacheFolder)).toHaveLength(1);
  });

  it("keeps the library path that there was, behind its own", async () => {
    const environment = { LD_LIBRARY_PATH: "/opt/lib", XDG_CACHE_HOME: cacheFolder };
    const { LD_LIBRARY_PATH, VK_DRIVER_FILES } = await softwareAdapterEnvironment({ environment });
    expect(LD_LIBRARY_PATH).toBe(`${dirname(VK_DRIVER_FILES as string)}:/opt/lib`);
    expect(VK_DRIVER_FILES).toContain(join(cacheFolder, "peftbench"));
  });
});
