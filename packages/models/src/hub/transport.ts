import process from "node:process";
import { HubError } from "./errors.ts";
import type { HubSettings } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** GET requests to the hub. */
export interface Transport {
  /**
   * Follows redirects. The answer has any status but those of a redirect.
   * @throws {HubError} `unreachable` where there is no answer
   */
  readonly get: (
    url: string,
    options?: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
  ) => Promise<Response>;
}

const MOST_REDIRECTS = 5;

/**
 * Requests through the proxy that the environment names. The token goes to the endpoint's own origin alone: the hub
 * redirects to storage servers, which are others.
 */
export async function createTransport(settings: HubSettings, environment: Environment): Promise<Transport> {
  const fetchPage = await fetchThroughProxy(environment);
  const { origin } = new URL(settings.endpoint);
  return {
    get: async (url, { headers = {}, signal } = {}) => {
      let address = url;
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
        const isOwn = new URL(address).origin === origin;
        const response = await answer(url, settings.token, () =>
          fetchPage(address, {
            headers: {
              ...headers,
              "user-agent": "peftbench",
              ...(isOwn && settings.token !== null ? { authorization: `Bearer ${settings.token}` } : {}),
            },
            redirect: "manual",
            ...(signal === undefined ? {} : { signal }),
          }),
        );
        const location = response.headers.get("location");
        if (response.status < 300 || response.status >= 400 || location === null) return response;
        await response.body?.cancel();
        if (!URL.canParse(location, address)) {
          throw new HubError({
            code: "bad-answer",
            place: url,
            found: "a redirect to what is no address",
            expected: "the address of a file's content",
            remedy: "Check HF_ENDPOINT and the proxy: is a hub behind them?",
          });
        }
        address = new URL(location, address).href;
      }
      throw new HubError({
        code: "unreachable",
        place: url,
        found: `more than ${MOST_REDIRECTS} redirects`,
        expected: "an answer",
        remedy: "Check HF_ENDPOINT and the proxy.",
      });
    },
  };
}

async function answer(url: string, token: string | null, ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    throw new HubError({
      code: "unreachable",
      place: url,
      found: `no answer (${withoutToken(reasonOf(error), token)})`,
      expected: "one",
      remedy:
        "Check the connection, HTTPS_PROXY and HF_ENDPOINT; with --offline, what was downloaded before is used.",
    });
  }
}

/**
 * Deno's and Bun's own fetch reads the proxy's variables; Node's does not before version 24.
 * @throws {HubError} `bad-settings` for a variable that is no address
 */
async function fetchThroughProxy(environment: Environment): Promise<Fetch> {
  const { versions } = process;
  const setting = (name: string): string | undefined => environment[name.toLowerCase()] || environment[name];
  const [httpProxy, httpsProxy] = [setting("HTTP_PROXY"), setting("HTTPS_PROXY")];
  for (const [name, value] of Object.entries({ HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy })) {
    if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) continue;
    throw new HubError({
      code: "bad-settings",
      place: name,
      // It may hold a password.
      found: "what is no address of a proxy",
      expected: "an address that starts with http:// or https://",
      remedy: "Correct the variable, or unset it.",
    });
  }
  const isOurs = versions.deno === undefined && versions.bun === undefined;
  if (!isOurs || (httpProxy === undefined && httpsProxy === undefined)) return fetch;
  const undici = await import("undici");
  const dispatcher = new undici.EnvHttpProxyAgent({
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    noProxy: setting("NO_PROXY") ?? "",
  });
  // The same function as Node's own, but for the version.
  const fetchBy = undici.fetch as unknown as (url: string, init: object) => Promise<Response>;
  return (url, init) => fetchBy(url, { ...init, dispatcher });
}

/** An error's message with those of its causes: fetch says `fetch failed`, and why in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${reasonOf(error.cause)}`;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return `${error.message || code}${cause}`;
}

function withoutToken(text: string, token: string | null): string {
  return token === null ? text : text.replaceAll(token, "[token]");
}

/**
 * @param url as the caller asked for it, before redirects
 * @throws {HubError} for a status that is not `ok`
 */
export async function requireOk(response: Response, url: string, settings: HubSettings): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  const found = `status ${response.status}`;
  if (response.status === 401 || response.status === 403) {
    throw new HubError({
      code: "unauthorized",
      place: url,
      found,
      expected: "to be let in",
      remedy:
        settings.token === null
          ? "Check the name; if it is a private or gated repository, set HF_TOKEN to a token that may read it."
          : "HF_TOKEN was sent and is not enough: check the name, the token, and whether the repository's terms have to be accepted first.",
    });
  }
  if (response.status === 404) {
    throw new HubError({
      code: "not-found",
      place: url,
      found,
      expected: "a repository, a revision and a file that there are",
      remedy: "Check the name and the revision; a private repository needs HF_TOKEN.",
    });
  }
  throw new HubError({
    code: "unreachable",
    place: url,
    found,
    expected: "status 200",
    remedy: "Start the same command again later: it goes on with what is already there.",
  });
}
