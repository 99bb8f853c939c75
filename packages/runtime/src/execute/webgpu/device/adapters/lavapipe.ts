import { readdir } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import process from "node:process";

/** Where a Vulkan loader on Linux looks for drivers, most specific first. */
const icdFolders = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"] as const;

const lavapipeName = /^lvp_icd.*\.json$/;

/**
 * The file of the system's lavapipe, Mesa's Vulkan driver that runs on the CPU; null where none is installed. Dawn
 * works with Mesa 24 and later; with 22 it gives no adapter.
 * @param chosen drivers that the environment names (`VK_DRIVER_FILES`), as for one that is unpacked and not installed
 */
export async function findLavapipe(
  folders: readonly string[] = icdFolders,
  chosen: string | undefined = process.env.VK_DRIVER_FILES,
): Promise<string | null> {
  const named = chosen?.split(delimiter).find((file) => lavapipeName.test(basename(file)));
  if (named !== undefined) return named;
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const [name] = names.filter((candidate) => lavapipeName.test(candidate)).sort();
    if (name !== undefined) return join(folder, name);
  }
  return null;
}
