import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Where a Vulkan loader on Linux looks for drivers, most specific first. */
const icdFolders = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"] as const;

/**
 * The file of the system's lavapipe, Mesa's Vulkan driver that runs on the CPU; null where none is installed. Dawn
 * works with Mesa 24 and later; with 22 it gives no adapter.
 */
export async function findLavapipe(folders: readonly string[] = icdFolders): Promise<string | null> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const [name] = names.filter((candidate) => /^lvp_icd.*\.json$/.test(candidate)).sort();
    if (name !== undefined) return join(folder, name);
  }
  return null;
}
