import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";

/** What the operating system shows of graphics hardware, whether or not a driver for WebGPU is installed. */
export interface VisibleGpus {
  /** Vendors of the display devices, by their PCI numbers. */
  readonly vendors: readonly string[];
  /** Device files that exist but that this user may not open. */
  readonly forbidden: readonly string[];
}

const pciVendors: Readonly<Record<string, string>> = {
  "0x1002": "AMD",
  "0x10de": "NVIDIA",
  "0x8086": "Intel",
};

/** Reads /sys and /dev of a Linux system; finds nothing on others, where drivers come with the system. */
export async function findVisibleGpus(): Promise<VisibleGpus> {
  const vendors = new Set<string>();
  const deviceFiles: string[] = [];
  for (const name of await listFolder("/dev/dri")) {
    if (!name.startsWith("renderD")) continue;
    deviceFiles.push(`/dev/dri/${name}`);
    const id = await readFile(`/sys/class/drm/${name}/device/vendor`, "utf8").catch(() => "");
    vendors.add(pciVendors[id.trim()] ?? "another vendor");
  }
  for (const name of await listFolder("/dev")) {
    if (!/^nvidia\d+$/.test(name)) continue;
    deviceFiles.push(`/dev/${name}`);
    vendors.add("NVIDIA");
  }
  const forbidden: string[] = [];
  for (const path of deviceFiles) {
    await access(path, constants.R_OK | constants.W_OK).catch(() => forbidden.push(path));
  }
  return { vendors: [...vendors], forbidden };
}

function listFolder(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
