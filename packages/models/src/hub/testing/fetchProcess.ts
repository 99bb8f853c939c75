import process from "node:process";
import { parseHubReference } from "../reference.ts";
import { fetchSnapshot } from "../snapshot.ts";

/** A process that fetches all of a model's repository: `fetchProcess.ts <reference> <cache folder>`; HF_ENDPOINT says from where. */
const [reference = "", cacheFolder = ""] = process.argv.slice(2);
const { folder } = await fetchSnapshot(parseHubReference("model", reference), {
  select: (paths) => paths,
  cacheFolder,
  environment: process.env,
  wait: async () => {},
});
process.stdout.write(folder);
