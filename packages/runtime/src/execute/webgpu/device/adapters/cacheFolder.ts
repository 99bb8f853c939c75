import { homedir } from "node:os";
import { join } from "node:path";

/** Where things are kept that can be made again, by the XDG convention. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment.XDG_CACHE_HOME;
  // The convention: a relative path is to be ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "peftbench");
}
