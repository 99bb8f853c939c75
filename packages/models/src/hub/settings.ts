import { HubError } from "./errors.ts";

/** What the environment says of the hub. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint alone, and never shown. */
  readonly token: string | null;
  /** Nothing is asked of the network. */
  readonly offline: boolean;
}

const DEFAULT_ENDPOINT = "https://huggingface.co";

/**
 * Reads `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE`, which mean what they mean to Hugging Face's own tools.
 * @throws {HubError} `bad-settings` for an endpoint that is no address
 */
export function hubSettings(environment: Readonly<Record<string, string | undefined>>): HubSettings {
  const endpoint = (environment.HF_ENDPOINT?.trim() || DEFAULT_ENDPOINT).replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new HubError({
      code: "bad-settings",
      place: "HF_ENDPOINT",
      found: JSON.stringify(endpoint),
      expected: "an address that starts with https://",
      remedy: "Correct the variable, or unset it.",
    });
  }
  const offline = environment.HF_HUB_OFFLINE?.trim().toUpperCase() ?? "";
  return {
    endpoint,
    token: environment.HF_TOKEN?.trim() || null,
    offline: ["1", "ON", "YES", "TRUE"].includes(offline),
  };
}
