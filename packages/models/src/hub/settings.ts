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
 * @throws {HubError} `bad-settings` for an endpoint that is no address or holds more than one, and for a token that cannot
 *   be one; neither is shown
 */
export function hubSettings(environment: Readonly<Record<string, string | undefined>>): HubSettings {
  const endpoint = (environment.HF_ENDPOINT?.trim() || DEFAULT_ENDPOINT).replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new HubError({
      code: "bad-settings",
      place: "HF_ENDPOINT",
      // It may hold a password, wherever it went wrong.
      found: "something else, which is not shown as it may hold a password",
      expected: "an address that starts with https://",
      remedy: "Correct the variable, or unset it.",
    });
  }
  const { username, password } = new URL(endpoint);
  if (/[?#]/.test(endpoint)) {
    throw new HubError({
      code: "bad-settings",
      place: "HF_ENDPOINT",
      found: "something behind a ? or a # in the address, which is not shown as it may hold a token",
      expected: "an address without it, to which paths can be added",
      remedy: "Take it out; set HF_TOKEN to a token, which is never shown.",
    });
  }
  if (username !== "" || password !== "") {
    throw new HubError({
      code: "bad-settings",
      place: "HF_ENDPOINT",
      found: "a user name or password in the address",
      expected: "an address without them",
      remedy: "Take them out; set HF_TOKEN to a token, which is never shown.",
    });
  }
  const token = environment.HF_TOKEN?.trim() || null;
  // What is no token would be refused by fetch in an error that shows it.
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new HubError({
      code: "bad-settings",
      place: "HF_TOKEN",
      found: "white space or other characters inside that no token has",
      expected: "one token, as the hub gave it",
      remedy: "Set the variable again.",
    });
  }
  const offline = environment.HF_HUB_OFFLINE?.trim().toUpperCase() ?? "";
  return {
    endpoint,
    token,
    offline: ["1", "ON", "YES", "TRUE"].includes(offline),
  };
}
