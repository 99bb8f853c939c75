import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DeviceProfile } from "../../../../plan/deviceProfile.ts";
import type { AdapterDescription } from "../adapterDescription.ts";
import type { OpenDeviceOptions } from "../openDevice.ts";
import { runtimeCommand } from "./runtimeCommand.ts";

export type ProbeResult =
  | { readonly works: true; readonly adapter: AdapterDescription; readonly profile: DeviceProfile }
  | { readonly works: false; readonly problem: string; readonly remedy: string | null };

/** A driver that hangs must not hang the caller. */
const patienceMs = 120_000;

/**
 * Opens an adapter in a child process and runs a kernel on it: a driver may need another environment than this
 * process has, and may crash.
 * @param environment what the child gets beside this process's environment
 */
export function probeAdapter(
  adapter: OpenDeviceOptions["adapter"],
  environment: Readonly<Record<string, string>>,
): Promise<ProbeResult> {
  const { program, parameters } = runtimeCommand();
  return new Promise((done) => {
    execFile(
      program,
      [...parameters, fileURLToPath(new URL("./probeMain.ts", import.meta.url)), adapter],
      {
        // Node looks for tsx from here.
        cwd: import.meta.dirname,
        env: { ...process.env, ...environment },
        timeout: patienceMs,
        killSignal: "SIGKILL",
      },
      (error, stdout, stderr) => done(readResult(stdout) ?? describeCrash(error, stderr)),
    );
  });
}

function readResult(stdout: string): ProbeResult | null {
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  return line.startsWith("{") ? (JSON.parse(line) as ProbeResult) : null;
}

function describeCrash(
  error: { readonly signal?: string | null; readonly code?: unknown; readonly killed?: boolean } | null,
  stderr: string,
): ProbeResult {
  const end = error?.killed
    ? `did not end within ${patienceMs / 1000} s`
    : error?.signal
      ? `was ended by ${error.signal}`
      : `ended with status ${String(error?.code ?? 0)} and no result`;
  const lastWords = stderr.trim().split("\n").slice(-3).join("\n");
  return {
    works: false,
    problem: `The probe ${end}.${lastWords === "" ? "" : ` Its last words:\n${lastWords}`}`,
    remedy: "The driver is broken or too old: update it.",
  };
}
