/**
 * A program of its own, started by `findAdapters`: opens the adapter named by its first argument, runs a kernel on it
 * and writes one line of JSON. What it finds depends on the environment that it was started in.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { RuntimeError } from "../../../../errors.ts";
import type { OpenDeviceOptions, WebgpuDevice } from "../openDevice.ts";
import { openWebgpuDevice } from "../openDevice.ts";
import { checkDevice } from "../selfCheck.ts";
import type { ProbeResult } from "./probe.ts";

async function probe(adapter: OpenDeviceOptions["adapter"]): Promise<ProbeResult> {
  let opened: WebgpuDevice | null = null;
  try {
    opened = await openWebgpuDevice({ adapter });
    await checkDevice(opened);
    return { works: true, adapter: opened.adapter, profile: opened.profile };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { works: false, problem, remedy: error instanceof RuntimeError ? error.remedy : null };
  } finally {
    await opened?.dispose();
  }
}

const result = await probe(process.argv[2] as OpenDeviceOptions["adapter"]);
writeSync(1, `${JSON.stringify(result)}\n`);
