/**
 * A program for tests of how a process ends. Opens a device, computes on it, and then does what its argument says:
 * `dispose`, `leave` the device open, `throw`, or `lose` it while work is under way. A second argument `runtime` takes the
 * runtime's own WebGPU rather than npm's Dawn.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { openWebgpuDevice } from "../openDevice.ts";
import { checkDevice } from "../selfCheck.ts";

const ending = process.argv[2];
const implementation = process.argv[3] === "runtime" ? "runtime" : "dawn";
const opened = await openWebgpuDevice({ adapter: "any", implementation });
await checkDevice(opened);
if (ending === "throw") throw new RangeError("thrown on purpose");
if (ending === "lose") {
  const work = opened.health.guard(opened.device.queue.onSubmittedWorkDone().then(() => checkDevice(opened)));
  opened.device.destroy();
  await work.catch((error: Error) => writeSync(1, `${error.name}\n`));
}
if (ending === "dispose") await opened.dispose();
writeSync(1, "done\n");
