/**
 * One client for the page: queries and mutations by POST, subscriptions over one websocket, which comes back by itself.
 * The API key, where the server wants one, and the tenant go with every call.
 */
import {
  type Client,
  createClient,
  fetchExchange,
  type SubscriptionForwarder,
  subscriptionExchange,
} from "@urql/core";
import { createClient as createSocket, type Client as SocketClient } from "graphql-ws";
import { apiUrl } from "@/lib/base";
import { remembered } from "@/lib/store";
import { connected, connection, lost } from "./connection";
import { apiKey, refused } from "./key";

/** The tenant that is looked at; "" until one is known. */
export const tenantId = remembered<string>("tenant", "");

/** The headers that say who asks. */
export function identity(key: string = apiKey.get()): Record<string, string> {
  return key ? { authorization: `Bearer ${key}` } : {};
}

/** What every call carries: the tenant, and the key where there is one. */
export function headers(): Record<string, string> {
  const tenant = tenantId.get();
  return { ...identity(), "x-lictor-scope": "tenant", ...(tenant ? { "x-prefect-tenant-id": tenant } : {}) };
}

/** For what is asked about all tenants. */
export const everywhere = { fetchOptions: () => ({ headers: identity() }) };

// What graphql-transport-ws closes with where a key is wrong or missing; the server says the same.
const UNAUTHORIZED = 4401;

function closed(event: unknown, key: string): void {
  const { code, reason } = event as CloseEvent;
  if (code === UNAUTHORIZED) refused(key, reason.replace(/^4401: Unauthorized: /, ""));
  else if (code !== 1000) lost();
}

function openSocket(): SocketClient {
  const key = apiKey.get();
  return createSocket({
    url: apiUrl(true),
    lazy: true,
    lazyCloseTimeout: 30_000,
    keepAlive: 12_000,
    connectionParams: () => ({ headers: headers() }),
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    // Spread out: many pages meet the same restart.
    retryWait: (attempts) =>
      new Promise((done) =>
        setTimeout(done, Math.min(500 * 2 ** attempts, 10_000) * (0.5 + Math.random() / 2)),
      ),
    on: { connected, closed: (event) => closed(event, key) },
  });
}

let socket = openSocket();

type Request = Parameters<SubscriptionForwarder>[0];
type Sink = Parameters<ReturnType<SubscriptionForwarder>["subscribe"]>[0];

/** A subscription of the page, on whichever socket there is: one that is closed for another does not end it. */
class Forwarded {
  private end: (() => void) | undefined;

  constructor(
    private request: Request,
    private sink: Sink,
  ) {}

  start(): void {
    let current = true;
    const { query, variables } = this.request;
    const leave = socket.subscribe<unknown>(
      { query: query ?? "", variables: variables as Record<string, unknown> },
      {
        next: (value) => current && this.sink.next(value as Parameters<Sink["next"]>[0]),
        error: (error) => current && this.sink.error(error),
        complete: () => current && this.sink.complete(),
      },
    );
    this.end = () => {
      current = false;
      leave();
    };
  }

  stop(): void {
    this.end?.();
  }
}

const forwarded = new Set<Forwarded>();

/** A server that wants another key says so with 401, and with 403 where the key does not open the team. */
async function noticeRefusal(response: Response, init?: RequestInit): Promise<void> {
  const sent = new Headers(init?.headers).get("authorization") ?? "";
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as
    | { errors?: { message: string; extensions?: { code?: string } }[] }
    | undefined;
  const error = body?.errors?.[0];
  if (error?.extensions?.code === "UNAUTHENTICATED") refused(sent.replace(/^Bearer /, ""), error.message);
}

/** fetch, which tells the page of a network that fails (the first answer takes it back) and of a key that is refused. */
export async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, init);
    if (response.status === 401 || response.status === 403) await noticeRefusal(response, init);
    if (response.status < 502) {
      if (connection.get().state !== "connected") connected();
    } else lost();
    return response;
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) lost();
    throw error;
  }
}

export const client: Client = createClient({
  url: apiUrl(),
  preferGetMethod: false,
  requestPolicy: "network-only",
  fetch: watchedFetch,
  fetchOptions: () => ({ headers: headers() }),
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => {
          const one = new Forwarded(request, sink);
          forwarded.add(one);
          one.start();
          return {
            unsubscribe: () => {
              forwarded.delete(one);
              one.stop();
            },
          };
        },
      }),
    }),
  ],
});

/** Starts the connection anew, so that another key or tenant counts for what is already open. */
export function reconnect(): void {
  const old = socket;
  for (const one of forwarded) one.stop();
  socket = openSocket();
  for (const one of forwarded) one.start();
  void old.dispose();
}
